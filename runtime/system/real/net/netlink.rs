//! Requests of rtnetlink(7) and their responses, one at a time. This is the only file that uses the
//! types of the netlink crates, because their names change with every release.

use std::collections::BTreeMap;
use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use crate::machine::net::Link;

/// The sequence number of our messages: there is one request per socket.
const SEQUENCE: u32 = 1;

/// Returns the links by name; `None` on a kernel without a network.
pub(super) fn links() -> io::Result<Option<BTreeMap<String, Link>>> {
    let Some(socket) = connected()? else { return Ok(None) };
    let request = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let answers = ask(&socket, request, NLM_F_DUMP)?;
    let mut found = Vec::new();
    for answer in answers {
        if let RouteNetlinkMessage::NewLink(message) = answer {
            found.extend(read(&message));
        }
    }
    let names: BTreeMap<u32, String> =
        found.iter().map(|(index, name, ..)| (*index, name.clone())).collect();
    let links = found.into_iter().map(|(_, name, master, link)| {
        // A master in another network namespace has no name here.
        let master = master.and_then(|index| names.get(&index).cloned());
        (name, Link { master, ..link })
    });
    Ok(Some(links.collect()))
}

/// Sets a link up or down.
pub(super) fn set_link(link: &str, up: bool) -> io::Result<()> {
    let Some(socket) = connected()? else {
        return Err(io::Error::other("the kernel was built without networking"));
    };
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::IfName(link.to_owned()));
    message.header.flags = if up { LinkFlags::Up } else { LinkFlags::empty() };
    message.header.change_mask = LinkFlags::Up;
    ask(&socket, RouteNetlinkMessage::SetLink(message), NLM_F_ACK).map(drop)
}

/// Returns the index, the name, the index of the master, and the other properties of a link.
fn read(message: &LinkMessage) -> Option<(u32, String, Option<u32>, Link)> {
    let mut link = Link { up: message.header.flags.contains(LinkFlags::Up), ..Link::default() };
    let (mut name, mut master) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(text) => name = Some(text.clone()),
            LinkAttribute::Mtu(bytes) => link.mtu = *bytes,
            LinkAttribute::Controller(index) => master = Some(*index).filter(|index| *index != 0),
            LinkAttribute::LinkInfo(infos) => {
                link.kind = infos.iter().find_map(|info| match info {
                    LinkInfo::Kind(kind) => Some(kind.to_string()),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    Some((message.header.index, name?, master, link))
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
    use nix::errno::Errno::{EAFNOSUPPORT, EPROTONOSUPPORT};
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
