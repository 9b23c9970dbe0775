//! The steps that are messages to the kernel.

use std::io;
use std::os::fd::AsRawFd;

use nix::errno::Errno;

use super::namespace::{self, inside};
use super::raw::{RawLink, RouteOrigin};
use super::{netlink, tap};
use crate::machine::net::{LinkAt, LinkKind, NetStep};

/// Sends the messages of a step to the kernel.
pub(super) fn send(step: &NetStep) -> io::Result<()> {
    match step {
        NetStep::SetLink { at, up } => on(at, |link| netlink::set_link(link, *up)),
        NetStep::AddLink { at, new: LinkKind::Tap { owner }, group } => {
            on(at, |link| tap::create(link, *owner, *group))
        }
        NetStep::AddLink { at, new, group } => add(at, new, *group),
        NetStep::RemoveLink { at } => on(at, netlink::remove_link),
        NetStep::RemoveGroup { netns, group, links } => {
            inside(netns.as_deref(), || remove_group(*group, links))
        }
        NetStep::SetBridge { at, bridge } => {
            on(at, |link| netlink::set_master(link, bridge.as_deref()))
        }
        NetStep::SetAddress { at, address, add } => {
            on(at, |link| netlink::set_address(link, *address, *add))
        }
        NetStep::SetRoute { netns, route, add } => {
            inside(netns.as_deref(), || netlink::set_route(route, &RouteOrigin::default(), *add))
        }
        NetStep::SetNamespace { netns, create: true } => namespace::create(netns),
        NetStep::SetNamespace { netns, create: false } => namespace::remove(netns),
        NetStep::SetMtu { at, mtu } => on(at, |link| netlink::set_mtu(link, *mtu)),
        NetStep::AwaitLink { .. }
        | NetStep::ArmRollback { .. }
        | NetStep::AwaitConfirmation { .. }
        | NetStep::RollBack { .. } => Ok(()),
    }
}

fn on(at: &LinkAt, f: impl FnOnce(&str) -> io::Result<()> + Send) -> io::Result<()> {
    inside(at.netns.as_deref(), || f(&at.link))
}

/// Removes the links of a group. If another link has the group by now, each link is removed by its
/// name.
fn remove_group(group: u32, links: &[String]) -> io::Result<()> {
    let found = netlink::links()?.unwrap_or_default();
    let ours: Vec<&RawLink> = found.iter().filter(|raw| links.contains(&raw.name)).collect();
    let is_with = |raw: &RawLink| {
        let index = Some(raw.index);
        let pair = |own: &&RawLink| own.below == index && raw.below == Some(own.index);
        links.contains(&raw.name) || ours.iter().any(pair)
    };
    if found.iter().filter(|raw| raw.link.group == group).all(is_with) {
        return netlink::remove_group(group);
    }
    for link in ours {
        match netlink::remove_link(&link.name) {
            // A link may have been removed with another one.
            Err(error) if error.raw_os_error() == Some(Errno::ENODEV as i32) => {}
            removed => removed?,
        }
    }
    Ok(())
}

/// Creates a link; the other end of a pair may be in another namespace.
fn add(at: &LinkAt, new: &LinkKind, group: u32) -> io::Result<()> {
    let other = match new {
        LinkKind::Veth { peer } if peer.netns != at.netns => Some(match &peer.netns {
            Some(netns) => namespace::open(netns)?,
            None => std::fs::File::open("/proc/self/ns/net")?,
        }),
        _ => None,
    };
    let descriptor = other.as_ref().map(AsRawFd::as_raw_fd);
    on(at, |link| netlink::add_link(link, new, group, descriptor))
}
