//! Links, addresses and routes as rtnetlink(7) reports them.

use std::net::{IpAddr, Ipv6Addr};

use netlink_packet_core::Nla;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressScope,
};
use netlink_packet_route::link::{
    InfoData, InfoMacVlan, InfoTun, InfoVlan, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
    MacVlanMode,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteType,
};

use crate::machine::net::{Link, LinkKind, MacvlanMode};
use crate::system::real::net::raw::{RawAddress, RawLink, RawRoute, RouteOrigin};
use crate::types::{IpAddress, IpPrefix};

/// Attributes of a tap device (`IFLA_TUN_*` in linux/if_link.h).
const TUN_OWNER: u16 = 1;
const TUN_TYPE: u16 = 3;
/// `IFF_TAP` of linux/if_tun.h.
const TYPE_TAP: u8 = 2;

pub(super) fn read_link(message: &LinkMessage) -> Option<RawLink> {
    let flags = message.header.flags;
    let mut raw = RawLink {
        index: message.header.index,
        running: flags.contains(LinkFlags::Up | LinkFlags::Running),
        link: Link { up: flags.contains(LinkFlags::Up), ..Link::default() },
        ..RawLink::default()
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(text) => raw.name.clone_from(text),
            LinkAttribute::Mtu(bytes) => raw.link.mtu = *bytes,
            LinkAttribute::Group(group) => raw.link.group = *group,
            LinkAttribute::Controller(index) => {
                raw.master = Some(*index).filter(|index| *index != 0);
            }
            LinkAttribute::Link(index) => raw.below = Some(*index).filter(|index| *index != 0),
            LinkAttribute::LinkNetNsId(_) => raw.below_is_foreign = true,
            // The kernel clears the flag some time after the carrier is lost.
            LinkAttribute::Carrier(0) => raw.running = false,
            LinkAttribute::LinkInfo(infos) => {
                for info in infos {
                    read_info(info, &mut raw.link);
                }
            }
            _ => {}
        }
    }
    (!raw.name.is_empty()).then_some(raw)
}

fn read_info(info: &LinkInfo, link: &mut Link) {
    match info {
        LinkInfo::Kind(kind) => link.kind = Some(kind.to_string()),
        LinkInfo::Data(InfoData::Vlan(infos)) => {
            link.vlan = infos.iter().find_map(|info| match info {
                InfoVlan::Id(id) => Some((*id).into()),
                _ => None,
            });
        }
        LinkInfo::Data(InfoData::MacVlan(infos)) => {
            link.mode = infos.iter().find_map(|info| match info {
                InfoMacVlan::Mode(MacVlanMode::Bridge) => Some(MacvlanMode::Bridge),
                InfoMacVlan::Mode(MacVlanMode::Private) => Some(MacvlanMode::Private),
                InfoMacVlan::Mode(MacVlanMode::Vepa) => Some(MacvlanMode::Vepa),
                InfoMacVlan::Mode(MacVlanMode::Passthrough) => Some(MacvlanMode::Passthru),
                _ => None,
            });
        }
        LinkInfo::Data(InfoData::Tun(infos)) => {
            for info in infos {
                read_tun(info, link);
            }
        }
        _ => {}
    }
}

/// Reads the owner of a tap device, whose kind is that of a tun device in the kernel.
fn read_tun(info: &InfoTun, link: &mut Link) {
    let mut bytes = vec![0; info.value_len()];
    info.emit_value(&mut bytes);
    match (info.kind(), bytes.as_slice()) {
        (TUN_OWNER, [a, b, c, d]) => link.owner = Some(u32::from_ne_bytes([*a, *b, *c, *d])),
        (TUN_TYPE, [TYPE_TAP]) => link.kind = Some(LinkKind::Tap { owner: None }.name().to_owned()),
        _ => {}
    }
}

pub(super) fn read_address(message: &AddressMessage) -> Option<RawAddress> {
    let (mut address, mut local) = (None, None);
    let mut flags = AddressFlags::from_bits_retain(message.header.flags.bits().into());
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Address(found) => address = Some(*found),
            AddressAttribute::Local(found) => local = Some(*found),
            AddressAttribute::Flags(found) => flags = *found,
            _ => {}
        }
    }
    let address = local.or(address)?;
    // The kernel adds these by itself when a link is set up: link-local addresses of IPv6, and those
    // of the loopback link.
    let length = message.header.prefix_len;
    let loopback = [(IpAddr::from([127, 0, 0, 1]), 8), (Ipv6Addr::LOCALHOST.into(), 128)];
    let link_local = address.is_ipv6() && message.header.scope == AddressScope::Link;
    if link_local || loopback.contains(&(address, length)) {
        return None;
    }
    Some(RawAddress {
        index: message.header.index,
        prefix: IpPrefix { address: IpAddress::new(address), length },
        dynamic: !flags.contains(AddressFlags::Permanent),
        tentative: flags.contains(AddressFlags::Tentative)
            || message.header.flags.contains(AddressHeaderFlags::Tentative),
    })
}

pub(super) fn read_route(message: &RouteMessage) -> Vec<RawRoute> {
    let header = &message.header;
    let (mut to, mut via, mut indices) = (None, None, Vec::new());
    let mut table = u32::from(header.table);
    let protocol = u8::from(header.protocol);
    let mut origin = RouteOrigin { protocol, metric: None, source: None };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(address) => to = plain(address),
            RouteAttribute::Gateway(address) => via = plain(address),
            RouteAttribute::Oif(index) => indices.push((*index, None)),
            RouteAttribute::Table(number) => table = *number,
            RouteAttribute::Priority(metric) => origin.metric = Some(*metric),
            RouteAttribute::PrefSource(address) => {
                origin.source = plain(address).map(IpAddress::new);
            }
            RouteAttribute::MultiPath(hops) => indices.extend(hops.iter().map(|hop| {
                let via = hop.attributes.iter().find_map(|attribute| match attribute {
                    RouteAttribute::Gateway(address) => plain(address),
                    _ => None,
                });
                (hop.interface_index, via)
            })),
            _ => {}
        }
    }
    let any = match header.address_family {
        AddressFamily::Inet => IpAddr::from([0; 4]),
        AddressFamily::Inet6 => IpAddr::from([0_u8; 16]),
        _ => return Vec::new(),
    };
    let ours = table == u32::from(RouteHeader::RT_TABLE_MAIN)
        && header.kind == RouteType::Unicast
        && header.protocol != RouteProtocol::Kernel;
    let length = header.destination_prefix_length;
    let to = IpPrefix { address: IpAddress::new(to.unwrap_or(any)), length };
    let indices = if ours { indices } else { Vec::new() };
    let routes = indices.into_iter().map(|(index, hop)| RawRoute {
        index,
        to,
        via: hop.or(via).map(IpAddress::new),
        origin,
    });
    routes.collect()
}

fn plain(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_without_a_carrier_does_not_run() {
        let running = |carrier| {
            let mut message = LinkMessage::default();
            message.header.flags = LinkFlags::Up | LinkFlags::Running;
            message.attributes =
                vec![LinkAttribute::IfName("tap0".into()), LinkAttribute::Carrier(carrier)];
            read_link(&message).expect("a link").running
        };
        assert!(running(1));
        assert!(!running(0));
    }
}
