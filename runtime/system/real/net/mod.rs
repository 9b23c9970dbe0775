//! The network of the real machine, by messages to the kernel (rtnetlink(7)).

mod dump;
mod namespace;
mod netlink;
mod raw;
mod session;
mod tap;

use std::io;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use super::Real;
use crate::machine::net::{LinkAt, LinkKind, Namespace, NetStep};
use crate::machine::{Machine, Scope};
use crate::system::{FailureKind, Outcome, StepError, Watch};

use dump::{Dump, Dumps};
use namespace::inside;

/// Performs a step on the network.
pub(super) fn perform(
    real: &mut Real,
    step: &NetStep,
    _watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    if let NetStep::AwaitLink { at, address, limit } = step {
        return wait(real, at, *address, *limit).map_err(|broken| StepError::new(step, broken));
    }
    send(step).map_err(|error| StepError::kernel(step, error))?;
    Ok(Outcome::default())
}

fn send(step: &NetStep) -> io::Result<()> {
    match step {
        NetStep::SetLink { at, up } => on(at, |link| netlink::set_link(link, *up)),
        NetStep::AddLink { at, new: LinkKind::Tap { owner }, group } => {
            on(at, |link| tap::create(link, *owner, *group))
        }
        NetStep::AddLink { at, new, group } => add(at, new, *group),
        NetStep::RemoveLink { at } => on(at, netlink::remove_link),
        NetStep::SetBridge { at, bridge } => {
            on(at, |link| netlink::set_master(link, bridge.as_deref()))
        }
        NetStep::SetAddress { at, address, add } => {
            on(at, |link| netlink::set_address(link, *address, *add))
        }
        NetStep::SetRoute { netns, route, add } => {
            inside(netns.as_deref(), || netlink::set_route(route, *add))
        }
        NetStep::SetNamespace { netns, create: true } => namespace::create(netns),
        NetStep::SetNamespace { netns, create: false } => namespace::remove(netns),
        NetStep::AwaitLink { .. } => Ok(()),
    }
}

fn on(at: &LinkAt, f: impl FnOnce(&str) -> io::Result<()> + Send) -> io::Result<()> {
    inside(at.netns.as_deref(), || f(&at.link))
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

/// Waits until a link is up with a carrier.
fn wait(real: &Real, at: &LinkAt, address: bool, limit: Duration) -> Result<Outcome, FailureKind> {
    let start = Instant::now();
    loop {
        let dump = inside(at.netns.as_deref(), Dump::read);
        let dump = dump.map_err(|error| FailureKind::Kernel(error.to_string()))?;
        let (running, addressed) = dump.unwrap_or_default().readiness(&at.link);
        if running && (addressed || !address) {
            return Ok(Outcome::default());
        }
        if real.interrupts.count() > 0 {
            return Err(FailureKind::Interrupted);
        }
        if start.elapsed() > limit {
            let missing = if running { "an address of" } else { "a carrier of" };
            return Err(FailureKind::Waited { what: format!("{missing} link {at}"), limit });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Lists the links, if the kernel supports networking.
pub(super) fn look(
    _real: &mut Real,
    machine: &mut Machine,
    scope: Option<&Scope>,
) -> Result<(), StepError> {
    let scope = scope.map(|scope| &scope.net);
    if scope.is_some_and(crate::machine::net::NetScope::is_empty) {
        return Ok(());
    }
    let failed = |error| StepError::kernel("ip link show", error);
    let mut names = namespace::names().map_err(failed)?;
    let known = machine.net.clone();
    if let Some(scope) = scope {
        let in_scope =
            |name: &String| known.namespaces.contains_key(name) || scope.namespaces.contains(name);
        names.retain(in_scope);
    }
    let included =
        |netns: &Option<String>| scope.is_none_or(|scope| scope.includes(netns.as_deref()));
    let mut dumps = Dumps::default();
    if included(&None) {
        match Dump::read().map_err(failed)? {
            Some(dump) => drop(dumps.0.insert(None, dump)),
            None => machine.net.links = None,
        }
    }
    for name in names.iter().cloned().map(Some).filter(included) {
        // A file that names no namespace cannot be entered.
        if let Ok(Some(dump)) = inside(name.as_deref(), Dump::read) {
            dumps.0.insert(name, dump);
        }
    }
    if let Some(Namespace { links, routes }) = dumps.namespace(None, &known) {
        machine.net.links = links;
        machine.net.routes = routes;
        machine.net.session = session::address();
    }
    let found = names.into_iter().map(|name| {
        let namespace = match scope.is_none_or(|scope| scope.includes(Some(&name))) {
            true => dumps.namespace(Some(&name), &known),
            false => known.namespaces.get(&name).cloned(),
        };
        (name, namespace.unwrap_or_default())
    });
    machine.net.namespaces = found.collect();
    Ok(())
}
