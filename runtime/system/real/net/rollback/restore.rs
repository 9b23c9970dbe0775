//! Restores the links of a change.

use std::io;

use super::super::dump::Dump;
use super::super::netlink::set_route;
use super::super::raw::RouteOrigin;
use super::super::send::send;
use super::record::{ArmedChange, ChangeDirectory, RollbackResult};
use crate::machine::net::{NetStep, Route};

/// The kernel removes more with a link than a step shows; a few rounds restore that, too.
const ROUNDS: usize = 5;

/// Restores the links, and records what was done.
pub(super) fn restore(directory: &ChangeDirectory) -> io::Result<()> {
    let ArmedChange { rollback, origins, .. } = directory.armed()?;
    let mut result = RollbackResult::default();
    for _ in 0..ROUNDS {
        let now = Dump::read()?.unwrap_or_default().namespace(&|_| None);
        let steps = rollback.steps(&now);
        // Errors of an earlier round do not matter if there is nothing left to do.
        result.errors.clear();
        if steps.is_empty() {
            break;
        }
        for step in steps {
            result.steps.push(step.to_string());
            if let Err(error) = perform(&step, &origins) {
                result.errors.push(format!("{step}: {error}"));
            }
        }
    }
    directory.set_result(&result)
}

/// Performs a step; a route is added with its metric and whatever else it had.
fn perform(step: &NetStep, origins: &[(Route, RouteOrigin)]) -> io::Result<()> {
    let NetStep::SetRoute { route, add: true, .. } = step else { return send(step) };
    let mut had = origins.iter().filter(|(old, _)| old == route).peekable();
    if had.peek().is_none() {
        return send(step);
    }
    for (route, origin) in had {
        set_route(route, origin, true)?;
    }
    Ok(())
}
