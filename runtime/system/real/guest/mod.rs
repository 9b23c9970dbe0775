//! The guests of the real machine. How guests of a kind are found is in the file of the kind.

mod log;
mod lxc;
mod qemu;
mod qmp;
mod uml;

pub use qmp::Monitor;
pub use uml::read_answer;

use std::collections::BTreeSet;

use super::Real;
use crate::machine::guest::GuestStep;
use crate::machine::{Machine, Scope};
use crate::system::{Outcome, StepError, Watch};

/// Performs a step on guests.
pub(super) fn perform(
    real: &mut Real,
    step: &GuestStep,
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    match step {
        GuestStep::Qemu(step) => qemu::perform(real, step, watch),
        GuestStep::Uml(step) => uml::perform(real, step, watch),
    }
}

/// Finds the guests of every kind: those in the directories of the kind, those that a fact or the model names, and those that run.
pub(super) fn look(
    real: &mut Real,
    machine: &mut Machine,
    scope: Option<&Scope>,
) -> Result<(), StepError> {
    let wanted = scope.map(|scope| &scope.guest.guests);
    if wanted.is_some_and(BTreeSet::is_empty) {
        return Ok(());
    }
    let known = machine.guest.found.iter().flatten().map(|(guest, _)| guest);
    let named: BTreeSet<String> = wanted.into_iter().flatten().chain(known).cloned().collect();
    let mut found = lxc::found(real, &named)?;
    found.extend(qemu::found(&named));
    found.extend(uml::found(&named));
    machine.guest.found = Some(found);
    Ok(())
}
