//! A machine in memory.
//!
//! It obeys the same rules as the real one because the rules live in the primitives' plans and in
//! the model; what is simulated here is the rest: files that come and go, on filesystems that are
//! made, mounted and unmounted.

mod faults;
mod tree;

use super::{Outcome, Step, StepError, System, Watch};
use crate::machine::files::{FileError, Files, Look, Text};
use crate::machine::{Fact, Machine, Scope};
use crate::types::{Mode, Place};

pub use faults::{Fault, Faults};
use tree::{Node, Trees};

/// The simulated system.
pub struct Sim {
    trees: Trees,
    faults: Faults,
}

impl Sim {
    /// A simulation above `below`, which shows the files that are there before it begins.
    pub fn above(below: Box<dyn Files>) -> Self {
        Self { trees: Trees::new(below), faults: Faults::default() }
    }

    /// A simulation of a machine whose files nobody knows.
    pub fn new() -> Self {
        Self::above(Box::new(Nobody))
    }

    /// The same simulation, with things that go wrong.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }
}

impl Default for Sim {
    fn default() -> Self {
        Self::new()
    }
}

/// The files of a machine that is only described.
struct Nobody;

impl Files for Nobody {
    fn look(&self, place: &Place) -> Result<Look, FileError> {
        let root = place.path.parent().is_none();
        let dir = Look::Dir { mode: Mode::new(0o755), uid: 0, gid: 0, subvolume: false };
        Ok(if root { dir } else { Look::Unknown("the machine is only described".into()) })
    }

    fn is_empty(&self, _place: &Place) -> Result<Option<bool>, FileError> {
        Ok(None)
    }

    fn read(&self, _place: &Place) -> Result<Text, FileError> {
        Ok(Text::Unknown("the machine is only described".into()))
    }
}

impl Files for Sim {
    fn look(&self, place: &Place) -> Result<Look, FileError> {
        self.trees.look(place, false)
    }

    fn is_empty(&self, place: &Place) -> Result<Option<bool>, FileError> {
        self.trees.is_empty(place)
    }

    fn read(&self, place: &Place) -> Result<Text, FileError> {
        self.trees.read(place)
    }
}

impl System for Sim {
    fn files(&self) -> &dyn Files {
        self
    }

    fn perform(&mut self, step: &Step, _watch: &mut dyn Watch) -> Result<Outcome, StepError> {
        if let Some(error) = self.faults.strike(step) {
            return Err(error);
        }
        let file = |content: Text, mode: Option<Mode>| Node::File {
            content,
            mode: mode.unwrap_or(Mode::new(0o644)),
        };
        match step {
            Step::Write { place, content, mode } => {
                self.trees.put(place, file(content.clone(), *mode))?;
            }
            Step::Copy { from, to, mode } => {
                let content = self.trees.read(from)?;
                self.trees.put(to, file(content, *mode))?;
            }
            Step::MakeDir { place, mode } => self.trees.make_dirs(place, *mode)?,
            Step::Link { place, to } => self.trees.put(place, Node::Link { to: to.into() })?,
            Step::Remove { place } => self.trees.put(place, Node::Gone)?,
            Step::Chmod { place, mode } => {
                let content = self.trees.read(place)?;
                self.trees.put(place, file(content, Some(*mode)))?;
            }
            Step::MakeKey { place, .. } => {
                let content = Text::Unknown("random bytes".into());
                self.trees.put(place, file(content, Some(Mode::new(0o400))))?;
            }
            Step::MakeImage { place, .. } => {
                let content = Text::Unknown("a filesystem image".into());
                self.trees.put(place, file(content, Some(Mode::new(0o600))))?;
            }
            Step::Allocate { place, .. } => {
                let content = Text::Unknown("swap space".into());
                self.trees.put(place, file(content, Some(Mode::new(0o600))))?;
            }
            Step::Unpack { archive, into } => {
                self.trees.fill(into, format!("what {archive} contains"))?;
            }
            Step::Run(_)
            | Step::Chown { .. }
            | Step::Mount(_)
            | Step::Unmount { .. }
            | Step::SwapOn { .. }
            | Step::SwapOff { .. }
            | Step::Claim { .. }
            | Step::Verify { .. }
            | Step::FillRandom { .. }
            | Step::WaitFor { .. } => {}
        }
        Ok(Outcome::default())
    }

    fn probe(
        &mut self,
        _known: &Machine,
        _scope: Option<&Scope>,
    ) -> Result<Option<Machine>, StepError> {
        Ok(None)
    }

    fn learned(&mut self, fact: &Fact, machine: &Machine) {
        match fact {
            Fact::Holds { content, .. } => {
                if let Some(uuid) = content.uuid() {
                    self.trees.made(uuid);
                }
            }
            // A file that a program makes appears with the fact that says so.
            Fact::File { place, mode, .. } if self.look(place) == Ok(Look::Missing) => {
                let content = Text::Unknown("what a program wrote".into());
                let node = Node::File { content, mode: mode.unwrap_or(Mode::new(0o600)) };
                // The step would have failed if it could not be there.
                let _ = self.trees.put(place, node);
            }
            Fact::Subvolume { place } => {
                let node = Node::Dir { mode: Mode::new(0o755), subvolume: true };
                let _ = self.trees.put(place, node);
            }
            Fact::Mounted { at, origin, .. } => self.trees.mounted(at, origin, machine),
            Fact::Unmounted { at } => self.trees.unmounted(at),
            _ => {}
        }
    }

    fn is_real(&self) -> bool {
        false
    }
}
