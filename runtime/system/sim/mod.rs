//! A machine in memory.
//!
//! It follows the same rules as the real one because the rules are in the plans of the primitives
//! and in the model. Only the rest is simulated here: files that appear and disappear, on
//! filesystems that are created, mounted and unmounted.

pub mod faults;
mod files;
mod storage;

use std::any::Any;
use std::collections::BTreeMap;
use std::path::Path;

use super::real::Confinement;
use super::{Cmd, Interrupts, Outcome, Program, Real, Step, StepError, System, Watch};
use crate::machine::files::{
    DirectoryId, FileContents, FileError, FileStatus, Files, ResolvedPath,
};
use crate::machine::{Fact, FilesFact, Machine, Scope, StorageFact};
use crate::system::{FilesStep, StorageStep};
use crate::types::{Mode, Place};

use faults::Faults;
use files::{Node, Trees};

/// The simulated system.
#[derive(Clone)]
pub struct Sim {
    trees: Trees,
    /// Set only in a test run.
    with_faults: Option<FaultySim>,
}

/// The state of a simulation with faults: steps can fail, and a failed action leaves a part of its
/// work behind.
#[derive(Clone, Default)]
struct FaultySim {
    faults: Faults,
    /// The facts that a failed action has established.
    partial_facts: Vec<Fact>,
    /// The content written to files, by their path at that time: the files may no longer be
    /// visible.
    written: BTreeMap<String, Option<FileContents>>,
}

impl Sim {
    /// Creates a simulation on top of `below`, the files that exist before it begins.
    pub fn on_top_of(below: Box<dyn Files>) -> Self {
        Self { trees: Trees::new(below), with_faults: None }
    }

    /// Creates a simulation of a machine with unknown files.
    pub fn new() -> Self {
        Self::on_top_of(Box::new(UnknownFiles))
    }

    /// Returns the same machine, with faults.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { with_faults: Some(FaultySim { faults, ..FaultySim::default() }), ..self }
    }

    /// Returns the same machine, for planning the next run.
    #[must_use]
    pub fn planning(&self) -> Self {
        Self { trees: self.trees.clone(), with_faults: None }
    }

    /// Returns the content that a test run wrote at this path, even if it is no longer visible
    /// there; the inner value is `None` if the run removed the file.
    pub fn written(&self, path: &str) -> Option<&Option<FileContents>> {
        self.with_faults.as_ref()?.written.get(path)
    }

    /// Adds a file that exists before the run.
    pub fn put(
        &mut self,
        place: &Place,
        content: FileContents,
        mode: Option<Mode>,
    ) -> Result<(), StepError> {
        if let Some(directory) = place.path.parent() {
            self.trees.ensure_dirs(&Place::here(directory))?;
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
struct UnknownFiles;

impl Files for UnknownFiles {
    fn file_status(&self, place: &Place) -> Result<FileStatus, FileError> {
        let root = place.path.parent().is_none();
        let dir = FileStatus::Dir { mode: Mode::new(0o755), uid: 0, gid: 0, subvolume: false };
        Ok(if root { dir } else { FileStatus::Unknown("the machine is simulated".into()) })
    }

    fn is_empty(&self, _place: &Place) -> Result<Option<bool>, FileError> {
        Ok(None)
    }

    fn read(&self, _place: &Place) -> Result<FileContents, FileError> {
        Ok(FileContents::Unknown("the machine is simulated".into()))
    }
}

impl Files for Sim {
    fn file_status(&self, place: &Place) -> Result<FileStatus, FileError> {
        self.trees.look(place, false)
    }

    fn is_empty(&self, place: &Place) -> Result<Option<bool>, FileError> {
        self.trees.is_empty(place)
    }

    fn names(&self, place: &Place) -> Result<Option<Vec<String>>, FileError> {
        let (names, complete) = self.trees.names(place)?;
        Ok(complete.then_some(names))
    }

    fn known_names(&self, place: &Place) -> Result<Vec<String>, FileError> {
        Ok(self.trees.names(place)?.0)
    }

    fn resolve_place(&self, place: &Place, follow: bool) -> Result<ResolvedPath, FileError> {
        self.trees.reach(place, follow)
    }

    fn nearest_directory(&self, path: &Path) -> Option<DirectoryId> {
        self.trees.anchor(path)
    }

    fn read(&self, place: &Place) -> Result<FileContents, FileError> {
        self.trees.read(place)
    }

    fn first_bytes(&self, place: &Place, len: usize) -> Result<FileContents, FileError> {
        self.trees.read_at_most(place, Some(len))
    }

    fn read_pieces(&self, place: &Place, each: &mut dyn FnMut(&[u8])) -> Result<bool, FileError> {
        self.trees.read_pieces(place, each)
    }

    fn begin_lookups(&self) {
        self.trees.underlying().begin_lookups();
    }

    fn end_lookups(&self) {
        self.trees.underlying().end_lookups();
    }
}

impl System for Sim {
    fn files(&self) -> &dyn Files {
        self
    }

    fn perform(&mut self, step: &Step, _watch: &mut dyn Watch) -> Result<Outcome, StepError> {
        if let Some(ended) = self.with_faults.as_ref().and_then(|r| r.faults.inject(step)) {
            return ended;
        }
        match step {
            Step::Run(cmd) => {
                if let Some(root) = cmd.changed_root() {
                    self.trees.mark_unknown(&Place::here(root))?;
                }
            }
            Step::Files(step) => files::perform(&mut self.trees, step)?,
            // The effects of all other steps are in their facts.
            _ => {}
        }
        self.record_written(step);
        Ok(Outcome { unknown: true, ..Outcome::default() })
    }

    fn ask(&mut self, cmd: &Cmd) -> Option<Outcome> {
        let reading = cmd.reading?;
        let root = self.trees.unchanged_root(cmd.root(), reading.unchanged)?;
        let confinement = Confinement::new(self, cmd.root(), &root, reading)?;
        let program = match &cmd.program {
            Program::Inside { path, .. } => Program::Inside { root, path: path.clone() },
            tool @ Program::Tool(_) => tool.clone(),
        };
        let cmd = Cmd { program, ..cmd.clone() };
        Real::new(Interrupts::default()).run_confined(&cmd, confinement).ok()
    }

    fn probe(&mut self, machine: &mut Machine, _scope: Option<&Scope>) -> Result<bool, StepError> {
        let Some(with_faults) = &mut self.with_faults else { return Ok(false) };
        let half_done = std::mem::take(&mut with_faults.partial_facts);
        for fact in half_done {
            // A fact that does not fit was not established.
            if machine.learn(&fact).is_ok() {
                self.on_fact(&fact, machine);
            }
        }
        Ok(true)
    }

    /// Mounts and changes of the network take effect one by one; everything else exists only when the
    /// last program has exited.
    fn action_failed(&mut self, facts: &[Fact], done: &[Step], left: &[Step]) {
        let Some(with_faults) = &mut self.with_faults else { return };
        let mounted = |at: &String| {
            done.iter().any(
                |step| matches!(step, Step::Storage(StorageStep::Mount(call)) if call.at == *at),
            )
        };
        let runs = |steps: &[Step]| steps.iter().any(|step| matches!(step, Step::Run(_)));
        let made = |fact: &&Fact| match fact {
            Fact::Storage(StorageFact::Mounted { at, .. }) => mounted(at),
            // The steps below tell which facts about the network are true.
            Fact::Net(_)
            | Fact::Files(
                FilesFact::File { .. } | FilesFact::Dir { .. } | FilesFact::Link { .. },
            ) => false,
            _ => runs(done) && !runs(left),
        };
        let ended = done.iter().filter_map(|step| match step {
            Step::Storage(StorageStep::Unmount { at }) => {
                Some(Fact::Storage(StorageFact::Unmounted { at: at.clone() }))
            }
            Step::Storage(StorageStep::SwapOff { device }) => {
                Some(Fact::Storage(StorageFact::Swapping { device: device.clone(), on: None }))
            }
            Step::Net(step) => step.fact().map(Fact::Net),
            _ => None,
        });
        with_faults.partial_facts = facts.iter().filter(made).cloned().chain(ended).collect();
    }

    #[allow(
        unreachable_patterns,
        clippy::match_wildcard_for_single_variants,
        reason = "other parts have no simulated state outside the model"
    )]
    fn on_fact(&mut self, fact: &Fact, machine: &Machine) {
        match fact {
            Fact::Storage(fact) => storage::learned(&mut self.trees, fact, machine),
            Fact::Files(fact) => files::learned(&mut self.trees, fact),
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
        self.with_faults.is_none()
    }
}

impl Sim {
    /// Records what a step wrote.
    fn record_written(&mut self, step: &Step) {
        let Step::Files(step) = step else { return };
        let (place, text) = match step {
            FilesStep::Write { place, content, .. } => (place, Some(content.clone())),
            FilesStep::Copy { to, .. } => (to, self.trees.read(to).ok()),
            FilesStep::MakeKey { place, .. }
            | FilesStep::SaveOutput { place, .. }
            | FilesStep::SaveHeader { place, .. }
            | FilesStep::MakeImage { place, .. } => (place, self.trees.read(place).ok()),
            FilesStep::Remove { place } => (place, None),
            _ => return,
        };
        if let Some(with_faults) = &mut self.with_faults {
            with_faults.written.insert(place.to_string(), text);
        }
    }
}
