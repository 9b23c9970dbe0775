//! The network of the real machine, by messages to the kernel (rtnetlink(7)).

mod netlink;

use super::Real;
use crate::machine::net::NetStep;
use crate::machine::{Machine, Scope};
use crate::system::{Outcome, StepError, Watch};

/// Performs a step on the network.
pub(super) fn perform(
    _real: &mut Real,
    step: &NetStep,
    _watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let NetStep::SetLink { link, up } = step;
    netlink::set_link(link, *up).map_err(|error| StepError::kernel(step, error))?;
    Ok(Outcome::default())
}

/// Lists the links, if the kernel supports networking.
pub(super) fn look(
    _real: &mut Real,
    machine: &mut Machine,
    scope: Option<&Scope>,
) -> Result<(), StepError> {
    if scope.is_some_and(|scope| scope.net.links.is_empty()) {
        return Ok(());
    }
    machine.net.links =
        netlink::links().map_err(|error| StepError::kernel("ip link show", error))?;
    Ok(())
}
