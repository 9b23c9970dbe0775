//! A machine in memory.
//!
//! It obeys the same rules as the real one because the rules live in the primitives' plans and in
//! the model; what is simulated here is the rest: files that come and go, on filesystems that are
//! made, mounted and unmounted.

pub mod faults;
mod tree;

use std::any::Any;
use std::collections::BTreeMap;
use std::path::Path;

use super::{Cmd, Outcome, Program, Step, StepError, System, Watch};
use crate::machine::files::{Anchor, FileError, Files, Look, Reach, Text};
use crate::machine::{Fact, FilesFact, Machine, Scope, StorageFact};
use crate::types::{Mode, Place};

use faults::Faults;
use tree::{Node, Trees};

/// The simulated system.
#[derive(Clone)]
pub struct Sim {
    trees: Trees,
    /// Only in a rehearsal.
    rehearsal: Option<Rehearsal>,
}

/// A simulation that behaves like the real thing: what goes wrong goes wrong, and an action that is
/// broken off leaves half of its work.
#[derive(Clone, Default)]
struct Rehearsal {
    faults: Faults,
    /// What an action that was broken off did make.
    half_done: Vec<Fact>,
    /// What was written to files, by the path at that time: they may be out of sight by now.
    written: BTreeMap<String, Option<Text>>,
}

impl Sim {
    /// A simulation above `below`, which shows the files that are there before it begins.
    pub fn above(below: Box<dyn Files>) -> Self {
        Self { trees: Trees::new(below), rehearsal: None }
    }

    /// A simulation of a machine whose files nobody knows.
    pub fn new() -> Self {
        Self::above(Box::new(Nobody))
    }

    /// The same machine, where things go wrong as they do for real.
    #[must_use]
    pub fn rehearsal(self, faults: Faults) -> Self {
        Self { rehearsal: Some(Rehearsal { faults, ..Rehearsal::default() }), ..self }
    }

    /// The same machine, for planning what comes next.
    #[must_use]
    pub fn planning(&self) -> Self {
        Self { trees: self.trees.clone(), rehearsal: None }
    }

    /// What a rehearsal wrote at this path, wherever that is by now; `None` inside for what it removed.
    pub fn written(&self, path: &str) -> Option<&Option<Text>> {
        self.rehearsal.as_ref()?.written.get(path)
    }

    /// A file that is there before anything happens.
    pub fn put(
        &mut self,
        place: &Place,
        content: Text,
        mode: Option<Mode>,
    ) -> Result<(), StepError> {
        if let Some(folder) = place.path.parent() {
            self.trees.make_dirs(&Place::here(folder), Mode::new(0o755))?;
        }
        let mode = mode.unwrap_or(Mode::new(0o644));
        Ok(self.trees.put(place, Node::File { content, mode })?)
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

    fn reach(&self, place: &Place, follow: bool) -> Result<Reach, FileError> {
        self.trees.reach(place, follow)
    }

    fn anchor(&self, path: &Path) -> Option<Anchor> {
        self.trees.anchor(path)
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
        if let Some(ended) = self.rehearsal.as_ref().and_then(|r| r.faults.strike(step)) {
            return ended;
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
            Step::MakeKey { place, .. }
            | Step::Keep { place, .. }
            | Step::SaveHeader { place, .. }
            | Step::MakeImage { place, .. }
            | Step::Allocate { place, .. } => {
                let (what, mode) = new_file(step);
                self.trees.put(place, file(Text::Unknown(what), Some(mode)))?;
            }
            Step::Unpack { archive, into } => {
                self.trees.fill(into, format!("what {archive} contains"))?;
                self.trees.doubt(into)?;
            }
            Step::CopyTree { from, to } => {
                self.trees.make_dirs(to, Mode::new(0o755))?;
                self.trees.fill(to, format!("what is in {from}"))?;
            }
            Step::Run(Cmd { program: Program::Inside { root, .. }, anything: true, .. }) => {
                self.trees.doubt(&Place::here(root))?;
            }
            Step::Run(_)
            | Step::Chown { .. }
            | Step::Mount(_)
            | Step::Unmount { .. }
            | Step::SwapOn { .. }
            | Step::SwapOff { .. }
            | Step::Claim { .. }
            | Step::Settle { .. }
            | Step::Verify { .. }
            | Step::FillRandom { .. }
            | Step::WaitFor { .. } => {}
        }
        self.remember(step);
        Ok(Outcome { unknown: true, ..Outcome::default() })
    }

    fn probe(
        &mut self,
        known: &Machine,
        _scope: Option<&Scope>,
    ) -> Result<Option<Machine>, StepError> {
        let Some(rehearsal) = &mut self.rehearsal else { return Ok(None) };
        let half_done = std::mem::take(&mut rehearsal.half_done);
        let mut machine = known.clone();
        for fact in half_done {
            // What does not fit was not made.
            if machine.learn(&fact).is_ok() {
                self.learned(&fact, &machine);
            }
        }
        Ok(Some(machine))
    }

    /// Mounts are made one by one; everything else is there when the last program has done its work.
    fn broken_off(&mut self, facts: &[Fact], done: &[Step], left: &[Step]) {
        let Some(rehearsal) = &mut self.rehearsal else { return };
        let mounted = |at: &String| {
            done.iter().any(|step| matches!(step, Step::Mount(call) if call.at == *at))
        };
        let runs = |steps: &[Step]| steps.iter().any(|step| matches!(step, Step::Run(_)));
        let made = |fact: &&Fact| match fact {
            Fact::Storage(StorageFact::Mounted { at, .. }) => mounted(at),
            Fact::Files(FilesFact::File { .. } | FilesFact::Dir { .. } | FilesFact::Link {
.. }) => false,
            _ => runs(done) && !runs(left),
        };
        let ended = done.iter().filter_map(|step| match step {
            Step::Unmount { at } => Some(Fact::Storage(StorageFact::Unmounted { at: at.clone() })),
            Step::SwapOff { device } => {
                Some(Fact::Storage(StorageFact::Swapping { device: device.clone(), on: None }))
            }
            _ => None,
        });
        rehearsal.half_done = facts.iter().filter(made).cloned().chain(ended).collect();
    }

    fn learned(&mut self, fact: &Fact, machine: &Machine) {
        match fact {
            Fact::Storage(StorageFact::Holds { content, .. }) => {
                if let Some(uuid) = content.uuid() {
                    self.trees.made(uuid);
                }
            }
            // What a program makes of a file nobody can know; it appears with the fact that says so.
            Fact::Files(FilesFact::File { place, digest: None, mode }) => {
                let found = match self.look(place) {
                    Ok(Look::File { mode, .. }) => mode,
                    Ok(Look::Missing) => Mode::new(0o600),
                    _ => return,
                };
                let content = Text::Unknown("what a program wrote".into());
                let node = Node::File { content, mode: mode.unwrap_or(found) };
                // The step would have failed if it could not be there.
                let _ = self.trees.put(place, node);
            }
            // So does a link, and a folder.
            Fact::Files(FilesFact::Link { place, to }) if self.look(place) == Ok(Look::Missing) => {
                let _ = self.trees.put(place, Node::Link { to: to.into() });
            }
            Fact::Files(FilesFact::Dir { place }) if self.look(place) == Ok(Look::Missing) => {
                let _ = self.trees.make_dirs(place, Mode::new(0o755));
            }
            Fact::Files(FilesFact::Absent { place }) => {
                let _ = self.trees.put(place, Node::Gone);
            }
            Fact::Files(FilesFact::Subvolume { place }) => {
                let node = Node::Dir { mode: Mode::new(0o755), subvolume: true };
                let _ = self.trees.put(place, node);
            }
            Fact::Storage(StorageFact::Mounted { at, origin, .. }) => {
                self.trees.mounted(at, origin, machine);
            }
            Fact::Storage(StorageFact::Unmounted { at }) => self.trees.unmounted(at),
            _ => {}
        }
    }

    fn into_simulation(self: Box<Self>) -> Option<Box<dyn Any>> {
        Some(self)
    }

    fn is_real(&self) -> bool {
        false
    }

    fn only_plans(&self) -> bool {
        self.rehearsal.is_none()
    }
}

/// What is in the new file that a step makes, and who may read it.
fn new_file(step: &Step) -> (String, Mode) {
    let (what, mode) = match step {
        Step::MakeKey { .. } => ("random bytes".into(), 0o400),
        Step::Keep { cmd, .. } => (format!("what {} printed", cmd.name()), 0o400),
        Step::SaveHeader { .. } => ("the copy of a header".into(), 0o400),
        Step::Allocate { .. } => ("swap space".into(), 0o600),
        _ => ("a filesystem image".into(), 0o600),
    };
    (what, Mode::new(mode))
}

impl Sim {
    /// Keeps what a step wrote.
    fn remember(&mut self, step: &Step) {
        let (place, text) = match step {
            Step::Write { place, content, .. } => (place, Some(content.clone())),
            Step::Copy { to, .. } => (to, self.trees.read(to).ok()),
            Step::MakeKey { place, .. }
            | Step::Keep { place, .. }
            | Step::SaveHeader { place, .. }
            | Step::MakeImage { place, .. } => (place, self.trees.read(place).ok()),
            Step::Remove { place } => (place, None),
            _ => return,
        };
        if let Some(rehearsal) = &mut self.rehearsal {
            rehearsal.written.insert(place.to_string(), text);
        }
    }
}
