//! The network of the real machine, by messages to the kernel (rtnetlink(7)).

mod dump;
mod namespace;
mod netlink;
mod partial;
mod raw;
mod rollback;
mod send;
mod session;
mod tap;

pub use netlink::read_datagram;

use std::time::{Duration, Instant};

use super::Real;
use crate::machine::net::{LinkAt, Namespace, NetStep};
use crate::machine::{Machine, Scope};
use crate::system::{FailureKind, Outcome, StepError, Watch};

use dump::{Dump, Dumps};
use namespace::inside;
use send::send;

pub use rollback::{
    ChangeStatus, ConfirmError, changes, confirm_change, keep_rollback, roll_back_change,
};

/// Performs a step on the network.
pub(super) fn perform(
    real: &mut Real,
    step: &NetStep,
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let done = match step {
        NetStep::AwaitLink { at, address, limit } => wait(real, at, *address, *limit),
        NetStep::ArmRollback { change, links, seconds } => rollback::arm(change, links, *seconds),
        NetStep::AwaitConfirmation { change, .. } => {
            rollback::await_confirmation(change, &real.interrupts, watch)
        }
        NetStep::RollBack { change } => {
            rollback::roll_back(change, "the run failed or was released")
        }
        _ => rollback::guarded(|| send(step)),
    };
    done.map(|()| Outcome::default()).map_err(|broken| StepError::new(step, broken))
}

/// Waits until a link is up with a carrier.
fn wait(real: &Real, at: &LinkAt, address: bool, limit: Duration) -> Result<(), FailureKind> {
    let start = Instant::now();
    loop {
        let dump = inside(at.netns.as_deref(), Dump::read);
        let dump = dump.map_err(|error| FailureKind::Kernel(error.to_string()))?;
        let (running, addressed) = dump.unwrap_or_default().readiness(&at.link);
        if running && (addressed || !address) {
            return Ok(());
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
    real: &mut Real,
    machine: &mut Machine,
    scope: Option<&Scope>,
) -> Result<(), StepError> {
    let scope = scope.map(|scope| &scope.net);
    if scope.is_some_and(crate::machine::net::NetScope::is_empty) {
        return Ok(());
    }
    if let Some(scope) = scope
        && partial::look(real, &mut machine.net, scope)
    {
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
    let now = Instant::now();
    real.links_read.extend(dumps.0.keys().map(|netns| (netns.clone(), now)));
    if let Some(Namespace { links, routes }) = dumps.namespace(None, &known) {
        machine.net.links = links;
        machine.net.routes = routes;
        machine.net.session = session::address();
    }
    if scope.is_none_or(|scope| scope.rollbacks) {
        let failed = |error| StepError::kernel(rollback::LISTING, error);
        machine.net.rollbacks = rollback::states().map_err(failed)?;
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
