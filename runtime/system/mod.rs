//! The one door to the outside.
//!
//! A [`System`] performs [`Step`]s and shows files. There are two: [`Real`] is the only code that
//! starts programs or calls the kernel, [`Sim`] keeps a machine in memory and obeys the same rules.
//! Which one is used is decided once, where a session is made.

mod outcome;
pub mod real;
pub mod sim;
mod tail;

use std::any::Any;

use crate::machine::files::Files;
use crate::machine::{Fact, Machine, Scope};

pub use crate::machine::{
    Cmd, FilesStep, MissingProgram, MountCall, PROGRAMS, Program, ProgramInfo, Stdin, Step,
    StorageStep, program_info,
};
pub use outcome::{Broken, Outcome, StepError};
/// What to do about a link in a target that leads to what a chroot shows of the running system.
pub(crate) const OWN_IT: &str =
    "replace the link with a file, or run this action before chroot::prepare";

pub(crate) use real::read_below;
pub use real::{
    Input, Interrupts, MOUNT_FLAGS, Private, Real, find_program, hide_records, on_large_stack,
    read_input, read_input_text, read_private, start_over,
};
pub use sim::Sim;
pub(crate) use tail::Tail;

/// How far a long step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, where that is known.
    pub total: Option<u64>,
}

/// Whoever wants to see a step at work.
pub trait Watch {
    /// A line that a program printed (on either stream), without its end.
    fn line(&mut self, line: &str);

    /// A long step got further.
    fn progress(&mut self, progress: Progress);

    /// The person should know this now.
    fn notice(&mut self, _text: &str) {}
}

/// A watch that ignores everything.
pub struct NoopWatch;

impl Watch for NoopWatch {
    fn line(&mut self, _line: &str) {}
    fn progress(&mut self, _progress: Progress) {}
}

/// Performs steps and shows the machine.
pub trait System {
    /// Reading access to files.
    fn files(&self) -> &dyn Files;

    /// Performs one step, to its end or not at all as far as the step allows.
    fn perform(&mut self, step: &Step, watch: &mut dyn Watch) -> Result<Outcome, StepError>;

    /// Looks at the machine again: all of it, or only what is in the scope.
    ///
    /// `None`: there is nothing to see but the model itself.
    fn probe(
        &mut self,
        known: &Machine,
        scope: Option<&Scope>,
    ) -> Result<Option<Machine>, StepError>;

    /// Hears what has become true, with the machine as it is then.
    fn learned(&mut self, fact: &Fact, machine: &Machine);

    /// An action failed after some of its steps: `done` were performed, `left` were not. What it
    /// would have made is `facts`.
    fn broken_off(&mut self, _facts: &[Fact], _done: &[Step], _left: &[Step]) {}

    /// The simulation, if this is one.
    fn into_simulation(self: Box<Self>) -> Option<Box<dyn Any>> {
        None
    }

    /// Whether steps change anything outside this process.
    fn is_real(&self) -> bool;

    /// Whether this is the pass that only plans: nothing is asked, and nothing can fail.
    fn only_plans(&self) -> bool {
        !self.is_real()
    }
}
