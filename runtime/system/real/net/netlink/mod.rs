//! Requests of rtnetlink(7) and their responses, one at a time, in the network namespace of the
//! calling thread. Only this module uses the types of the netlink crates, because their names
//! change with every release.

mod read;

use std::io;
use std::net::IpAddr;
use std::os::fd::RawFd;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoMacVlan, InfoVeth, InfoVlan, LinkAttribute, LinkExtentMask, LinkFlags,
    LinkInfo, LinkMessage, MacVlanMode,
};
use netlink_packet_route::route::{
    RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;

use super::raw::{RawAddress, RawLink, RawRoute, RouteOrigin};
use crate::machine::net::{LinkKind, MacvlanMode, Route};
use crate::types::IpPrefix;

use read::{read_address, read_link, read_route};

/// The sequence number of our messages: there is one request per socket.
const SEQUENCE: u32 = 1;

/// Returns the links; `None` on a kernel without a network.
pub(super) fn links() -> io::Result<Option<Vec<RawLink>>> {
    let request = RouteNetlinkMessage::GetLink(without_statistics(LinkMessage::default()));
    let Some(answers) = dump(request)? else { return Ok(None) };
    let links = answers.into_iter().filter_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(message) => read_link(&message),
        _ => None,
    });
    Ok(Some(links.collect()))
}

/// Returns the link with this name, if it exists.
pub(super) fn link_named(name: &str) -> io::Result<Option<RawLink>> {
    // The kernel also finds a link by its alternative names.
    Ok(one_link(named(name))?.filter(|raw| raw.name == name))
}

/// Returns the link with this number, if it exists.
pub(super) fn link_numbered(index: u32) -> io::Result<Option<RawLink>> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    one_link(message)
}

fn one_link(message: LinkMessage) -> io::Result<Option<RawLink>> {
    let request = RouteNetlinkMessage::GetLink(without_statistics(message));
    let answers = match ask(&connected()?.ok_or_else(no_network)?, request, NLM_F_ACK) {
        Err(error) if error.raw_os_error() == Some(Errno::ENODEV as i32) => return Ok(None),
        answers => answers?,
    };
    Ok(answers.iter().find_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(message) => read_link(message),
        _ => None,
    }))
}

/// Asks for no counters, which are most of what the kernel would send.
fn without_statistics(mut message: LinkMessage) -> LinkMessage {
    message.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    message
}

/// Returns the addresses of all links, except IPv6 link-local addresses.
pub(super) fn addresses() -> io::Result<Vec<RawAddress>> {
    let answers = dump(RouteNetlinkMessage::GetAddress(AddressMessage::default()))?;
    Ok(read_addresses(answers.into_iter().flatten()))
}

/// Returns the addresses of one link, as [`addresses`] does.
pub(super) fn addresses_of(index: u32) -> io::Result<Vec<RawAddress>> {
    let socket = connected()?.ok_or_else(no_network)?;
    // Linux before 4.20 cannot select, and lists the addresses of all links.
    let _ = socket.set_netlink_get_strict_chk(true);
    let mut message = AddressMessage::default();
    message.header.index = index;
    let answers = match ask(&socket, RouteNetlinkMessage::GetAddress(message), NLM_F_DUMP) {
        // The link was removed since its number was read.
        Err(error) if error.raw_os_error() == Some(Errno::ENODEV as i32) => return Ok(Vec::new()),
        answers => answers?,
    };
    let mut found = read_addresses(answers.into_iter());
    found.retain(|address| address.index == index);
    Ok(found)
}

fn read_addresses(answers: impl Iterator<Item = RouteNetlinkMessage>) -> Vec<RawAddress> {
    let addresses = answers.filter_map(|answer| match answer {
        RouteNetlinkMessage::NewAddress(message) => read_address(&message),
        _ => None,
    });
    addresses.collect()
}

/// Returns the unicast routes of the main table that the kernel has not made for addresses.
pub(super) fn routes() -> io::Result<Vec<RawRoute>> {
    let answers = dump(RouteNetlinkMessage::GetRoute(RouteMessage::default()))?;
    let routes = answers.into_iter().flatten().flat_map(|answer| match answer {
        RouteNetlinkMessage::NewRoute(message) => read_route(&message),
        _ => Vec::new(),
    });
    Ok(routes.collect())
}

/// Sets a link up or down.
pub(super) fn set_link(link: &str, up: bool) -> io::Result<()> {
    let mut message = named(link);
    message.header.flags = if up { LinkFlags::Up } else { LinkFlags::empty() };
    message.header.change_mask = LinkFlags::Up;
    change(RouteNetlinkMessage::SetLink(message), 0)
}

/// Makes a link a port of a bridge, or of none.
pub(super) fn set_master(link: &str, bridge: Option<&str>) -> io::Result<()> {
    let mut message = named(link);
    let bridge = bridge.map_or(Ok(0), index)?;
    message.attributes.push(LinkAttribute::Controller(bridge));
    change(RouteNetlinkMessage::SetLink(message), 0)
}

/// Sets the group of a link.
pub(super) fn set_group(link: &str, group: u32) -> io::Result<()> {
    let mut message = named(link);
    message.attributes.push(LinkAttribute::Group(group));
    change(RouteNetlinkMessage::SetLink(message), 0)
}

/// Sets the maximum transmission unit of a link, in bytes.
pub(super) fn set_mtu(link: &str, mtu: u32) -> io::Result<()> {
    let mut message = named(link);
    message.attributes.push(LinkAttribute::Mtu(mtu));
    change(RouteNetlinkMessage::SetLink(message), 0)
}

/// Creates a link. `peer` is the namespace of the other end of a pair, if it is another one.
pub(super) fn add_link(
    link: &str,
    kind: &LinkKind,
    group: u32,
    peer: Option<RawFd>,
) -> io::Result<()> {
    let mut message = named(link);
    message.attributes.push(LinkAttribute::Group(group));
    if let Some(parent) = kind.parent() {
        message.attributes.push(LinkAttribute::Link(index(parent)?));
    }
    let (kind, data) = match kind {
        LinkKind::Bridge => (InfoKind::Bridge, None),
        LinkKind::Tap { .. } => return Err(io::Error::from(io::ErrorKind::Unsupported)),
        LinkKind::Vlan { id, .. } => {
            let id = u16::try_from(*id).map_err(io::Error::other)?;
            (InfoKind::Vlan, Some(InfoData::Vlan(vec![InfoVlan::Id(id)])))
        }
        LinkKind::Macvlan { mode, .. } => {
            let mode = InfoMacVlan::Mode(kernel_mode(*mode));
            (InfoKind::MacVlan, Some(InfoData::MacVlan(vec![mode])))
        }
        LinkKind::Veth { peer: end } => {
            let mut other = named(&end.link);
            other.attributes.push(LinkAttribute::Group(group));
            other.attributes.extend(peer.map(LinkAttribute::NetNsFd));
            (InfoKind::Veth, Some(InfoData::Veth(InfoVeth::Peer(other))))
        }
    };
    let mut infos = vec![LinkInfo::Kind(kind)];
    infos.extend(data.map(LinkInfo::Data));
    message.attributes.push(LinkAttribute::LinkInfo(infos));
    change(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL)
}

/// Removes a link.
pub(super) fn remove_link(link: &str) -> io::Result<()> {
    change(RouteNetlinkMessage::DelLink(named(link)), 0)
}

/// Removes all links of a group.
pub(super) fn remove_group(group: u32) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::Group(group));
    change(RouteNetlinkMessage::DelLink(message), 0)
}

/// Adds an address to a link, or removes it.
pub(super) fn set_address(link: &str, prefix: IpPrefix, add: bool) -> io::Result<()> {
    let address = prefix.address.get();
    let mut message = AddressMessage::default();
    message.header.family = family(address);
    message.header.prefix_len = prefix.length;
    message.header.index = index(link)?;
    message.attributes = vec![AddressAttribute::Local(address), AddressAttribute::Address(address)];
    match add {
        true => change(RouteNetlinkMessage::NewAddress(message), NLM_F_CREATE | NLM_F_EXCL),
        false => change(RouteNetlinkMessage::DelAddress(message), 0),
    }
}

/// Adds a route, or removes it.
pub(super) fn set_route(route: &Route, origin: &RouteOrigin, add: bool) -> io::Result<()> {
    let to = route.to.address.get();
    let mut message = RouteMessage::default();
    message.header.address_family = family(to);
    message.header.destination_prefix_length = route.to.length;
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.kind = RouteType::Unicast;
    if add {
        message.header.protocol = RouteProtocol::from(origin.protocol);
        message.attributes.extend(origin.metric.map(RouteAttribute::Priority));
        let source = origin.source.map(|source| RouteAttribute::PrefSource(source.get().into()));
        message.attributes.extend(source);
    }
    message.header.scope = match (add, route.via) {
        (false, _) => RouteScope::NoWhere,
        (true, Some(_)) => RouteScope::Universe,
        (true, None) => RouteScope::Link,
    };
    message.attributes.push(RouteAttribute::Destination(to.into()));
    message.attributes.extend(route.via.map(|via| RouteAttribute::Gateway(via.get().into())));
    message.attributes.push(RouteAttribute::Oif(index(&route.link)?));
    match add {
        true => change(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_EXCL),
        false => change(RouteNetlinkMessage::DelRoute(message), 0),
    }
}

fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 }
}

fn kernel_mode(mode: MacvlanMode) -> MacVlanMode {
    match mode {
        MacvlanMode::Bridge => MacVlanMode::Bridge,
        MacvlanMode::Private => MacVlanMode::Private,
        MacvlanMode::Vepa => MacVlanMode::Vepa,
        MacvlanMode::Passthru => MacVlanMode::Passthrough,
    }
}

/// Returns a message about the link with this name.
fn named(link: &str) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::IfName(link.to_owned()));
    message
}

/// Returns the index of a link.
fn index(link: &str) -> io::Result<u32> {
    let request = RouteNetlinkMessage::GetLink(without_statistics(named(link)));
    let answers = ask(&connected()?.ok_or_else(no_network)?, request, NLM_F_ACK)?;
    let found = answers.iter().find_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(message) => Some(message.header.index),
        _ => None,
    });
    found.ok_or_else(|| Errno::ENODEV.into())
}

fn no_network() -> io::Error {
    io::Error::other("the kernel was built without networking")
}

fn change(request: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
    ask(&connected()?.ok_or_else(no_network)?, request, NLM_F_ACK | flags).map(drop)
}

/// Returns all items of a kind; `None` on a kernel without a network.
fn dump(request: RouteNetlinkMessage) -> io::Result<Option<Vec<RouteNetlinkMessage>>> {
    connected()?.map(|socket| ask(&socket, request, NLM_F_DUMP)).transpose()
}

fn connected() -> io::Result<Option<Socket>> {
    let mut socket = match Socket::new(NETLINK_ROUTE) {
        Ok(socket) => socket,
        Err(error) if lacks_network(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(Some(socket))
}

/// Returns whether the kernel was built without rtnetlink.
fn lacks_network(error: &io::Error) -> bool {
    use Errno::{EAFNOSUPPORT, EPROTONOSUPPORT};
    [EAFNOSUPPORT as i32, EPROTONOSUPPORT as i32].map(Some).contains(&error.raw_os_error())
}

/// Sends a request; returns the responses to it, up to the last one.
fn ask(
    socket: &Socket,
    request: RouteNetlinkMessage,
    flags: u16,
) -> io::Result<Vec<RouteNetlinkMessage>> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | flags;
    header.sequence_number = SEQUENCE;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    let mut answers = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        if !collect(&datagram, &mut answers)? {
            return Ok(answers);
        }
    }
}

/// Reads a datagram of an answer; returns the number of links, addresses and routes in it.
pub fn read_datagram(datagram: &[u8]) -> io::Result<usize> {
    let mut answers = Vec::new();
    collect(datagram, &mut answers)?;
    let count = answers.iter().map(|answer| match answer {
        RouteNetlinkMessage::NewLink(message) => usize::from(read_link(message).is_some()),
        RouteNetlinkMessage::NewAddress(message) => usize::from(read_address(message).is_some()),
        RouteNetlinkMessage::NewRoute(message) => read_route(message).len(),
        _ => 0,
    });
    Ok(count.sum())
}

/// Reads the messages of a datagram; returns whether more messages follow.
fn collect(datagram: &[u8], answers: &mut Vec<RouteNetlinkMessage>) -> io::Result<bool> {
    let mut rest = datagram;
    while !rest.is_empty() {
        let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        let length = message.header.length as usize;
        // Messages are aligned to four bytes.
        rest = rest.get(length.max(1).next_multiple_of(4)..).unwrap_or_default();
        if message.header.sequence_number != SEQUENCE {
            continue;
        }
        match message.payload {
            NetlinkPayload::InnerMessage(answer) => answers.push(answer),
            NetlinkPayload::Error(error) if error.code.is_some() => return Err(error.to_io()),
            NetlinkPayload::Done(_) | NetlinkPayload::Error(_) => return Ok(false),
            NetlinkPayload::Overrun(_) => {
                return Err(io::Error::other("the kernel dropped the netlink answer"));
            }
            _ => {}
        }
    }
    Ok(true)
}
