//! The interface to the operating system.
//!
//! A [`System`] performs [`Step`]s and gives access to files. There are two implementations:
//! [`Real`] is the only code that starts programs or calls the kernel; [`Sim`] keeps a machine in
//! memory and follows the same rules. The implementation is chosen once, where a session is
//! created.

mod outcome;
pub mod real;
pub mod sim;
mod tail;

use std::any::Any;

use crate::event::BuildStatus;
use crate::machine::files::Files;
use crate::machine::{Fact, Machine, Scope};

pub use crate::machine::{
    Cmd, FilesStep, MissingProgram, MountCall, PROGRAMS, Program, ProgramInfo, Reading, Stdin,
    Step, StorageStep, program_info,
};
pub use outcome::{FailureKind, Outcome, StepError};
/// The suggested fix if a link in a target leads to a part of the running system that is visible in
/// the chroot.
pub(crate) const LINK_REMEDY: &str =
    "replace the link with a file, or run this action before chroot::prepare";

pub(crate) use real::read_below;
pub use real::{
    ChangeStatus, ConfirmError, changes, confirm_change, keep_rollback, roll_back_change,
};
pub use real::{
    GrowingFile, Input, Interrupts, MOUNT_FLAGS, Private, Real, find_program, hide_records,
    on_large_stack, re_exec, read_input, read_input_text, read_private,
};
pub use sim::Sim;
pub(crate) use tail::Tail;

/// The progress of a long step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The number of bytes processed so far.
    pub done: u64,
    /// The total number of bytes, if known.
    pub total: Option<u64>,
}

/// An observer of running steps.
pub trait Watch {
    /// Handles a line that a program printed on either stream, without its newline.
    fn line(&mut self, line: &str);

    /// Handles progress of a long step.
    fn progress(&mut self, progress: Progress);

    /// Handles the state of the packages that emerge builds.
    fn builds(&mut self, _status: &BuildStatus) {}

    /// Handles a notice that the user should see immediately.
    fn notice(&mut self, _text: &str) {}
}

/// An observer that ignores everything.
pub struct NoopWatch;

impl Watch for NoopWatch {
    fn line(&mut self, _line: &str) {}
    fn progress(&mut self, _progress: Progress) {}
}

/// A machine on which steps are performed.
pub trait System {
    /// Returns read access to files.
    fn files(&self) -> &dyn Files;

    /// Performs one step, atomically as far as the step allows.
    fn perform(&mut self, step: &Step, watch: &mut dyn Watch) -> Result<Outcome, StepError>;

    /// Runs a command that only reads although this is a planning pass. Returns `None` if it cannot
    /// run here, or would read what the simulation has changed.
    fn ask(&mut self, _cmd: &Cmd) -> Option<Outcome> {
        None
    }

    /// Probes the machine again, all of it or only the parts in `scope`, and updates the model.
    /// After an error, the model only contains what was read before it.
    ///
    /// Returns false if there is no state other than the model itself.
    fn probe(&mut self, machine: &mut Machine, scope: Option<&Scope>) -> Result<bool, StepError>;

    /// Handles a new fact; `machine` already includes it.
    fn on_fact(&mut self, fact: &Fact, machine: &Machine);

    /// Handles the failure of an action after some of its steps: `done` were performed, `left` were
    /// not. The complete action would have established `facts`.
    fn action_failed(&mut self, _facts: &[Fact], _done: &[Step], _left: &[Step]) {}

    /// Returns the simulation, if this is one.
    fn into_simulation(self: Box<Self>) -> Option<Box<dyn Any>> {
        None
    }

    /// Returns whether steps change anything outside of this process.
    fn is_real(&self) -> bool;

    /// Returns whether this is a planning pass, in which nothing is prompted for and nothing can
    /// fail.
    fn only_plans(&self) -> bool {
        !self.is_real()
    }
}
