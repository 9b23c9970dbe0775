//! The ledger of a run: its completed actions, for resuming, cleaning up, undoing, and the numbers
//! at its end. No other file writes records into the journal.

use std::path::Path;

use crate::error::{Error, Result};
use crate::journal::{Journal, RecipeSource, Record, Transcript};
use crate::machine::{Fact, Lifetime};
use crate::run::performed::PerformedAction;
use crate::run::reporter::Reporter;

/// The numbers shown at the end of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number of actions that changed something.
    pub changed: u64,
    /// The number of actions that needed no change.
    pub already: u64,
    /// The number of values that the plan had to assume.
    pub guesses: u64,
}

/// The completed actions of a run.
pub(crate) struct Ledger {
    /// The journal, in which every action is recorded before it runs.
    journal: Option<Journal>,
    /// Facts to release when cleaning up, in the order in which they were made.
    releasable: Vec<Fact>,
    /// Facts that outlive a reboot, to report them after a failure.
    lasting: Vec<Fact>,
    tally: Tally,
    /// Actions that can be undone, if they are remembered.
    performed: Option<Vec<PerformedAction>>,
}

/// The journal and the facts to release, set aside during a simulation.
pub(crate) struct SuspendedLedger {
    journal: Option<Journal>,
    releasable: Vec<Fact>,
}

/// The journal.
impl Ledger {
    pub(crate) fn new(journal: Option<Journal>) -> Self {
        let (made, lasting, tally) = (Vec::new(), Vec::new(), Tally::default());
        Self { journal, releasable: made, lasting, tally, performed: None }
    }

    /// Returns whether there is a journal.
    pub(crate) fn has_journal(&self) -> bool {
        self.journal.is_some()
    }

    /// Returns the path of the journal.
    pub(crate) fn journal_path(&self) -> Option<&Path> {
        self.journal.as_ref().map(Journal::path)
    }

    /// Writes a record into the journal, if there is one; `sync` flushes the journal to the disk.
    pub(crate) fn record(
        &mut self,
        reporter: &mut Reporter,
        sync: bool,
        record: impl FnOnce() -> Record,
    ) -> Result<()> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let written = journal.write(&record(), sync);
        for text in journal.write_warnings() {
            reporter.warn(text);
        }
        written
    }

    /// Writes a record that no later step depends on; an error is only a warning.
    pub(crate) fn record_or_warn(&mut self, reporter: &mut Reporter, record: Record) {
        if let Err(error) = self.record(reporter, true, || record) {
            reporter.warn(error.to_string());
        }
    }

    /// Reads the present journal.
    pub(crate) fn transcript(&self) -> Result<Transcript> {
        match &self.journal {
            Some(journal) => Ok(Transcript::read(journal.path())?),
            // Without a journal, the run cannot continue.
            None => Err(Error::Interrupted),
        }
    }

    /// Records that the run was resumed.
    pub(crate) fn resumed(
        &mut self,
        at: String,
        texts: Option<RecipeSource>,
        renamed: Vec<(String, String)>,
    ) -> Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.resumed(at, texts, renamed))
    }

    /// From now on, keeps a copy of the journal in a directory.
    pub(crate) fn add_copy_in(&mut self, directory: &Path) -> Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.add_copy_in(directory).map(drop))
    }

    /// Continues the copy of the journal in a directory, if it exists.
    pub(crate) fn continue_copy_in(&mut self, directory: &Path) -> Result<()> {
        match &self.journal {
            Some(journal) if journal.has_copy_in(directory) => self.add_copy_in(directory),
            _ => Ok(()),
        }
    }

    /// Closes files on a filesystem that is about to be unmounted.
    pub(crate) fn close_copies_on(&mut self, at: &str) -> Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.close_copies_on(at))
    }

    /// Sets the journal aside, because the next actions are already recorded or must not be.
    pub(crate) fn close(&mut self) -> Option<Journal> {
        self.journal.take()
    }

    /// Continues with a journal that was set aside.
    pub(crate) fn open(&mut self, journal: Option<Journal>) {
        self.journal = journal;
    }
}

/// The facts that were made.
impl Ledger {
    /// Returns the facts to release when cleaning up, in the order in which they were made.
    pub(crate) fn releasable(&self) -> &[Fact] {
        &self.releasable
    }

    /// Adds a fact to release when cleaning up.
    pub(crate) fn add_releasable(&mut self, fact: Fact) {
        self.releasable.push(fact);
    }

    /// Adds the facts that an earlier process of the same run made.
    pub(crate) fn adopt(&mut self, facts: &[Fact]) {
        for fact in facts {
            if fact.release().is_some() && !self.releasable.contains(fact) {
                self.releasable.push(fact.clone());
            }
        }
    }

    /// Copies the facts to release from another ledger, for a plan on top of it.
    pub(crate) fn adopt_all(&mut self, other: &Self) {
        self.releasable.clone_from(&other.releasable);
    }

    /// Removes facts that must not be released at the end.
    pub(crate) fn remove_releasable(&mut self, facts: &[Fact]) {
        self.releasable.retain(|fact| !facts.contains(fact));
    }

    /// Returns the facts to release, and clears them.
    pub(crate) fn take_releasable(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.releasable)
    }

    /// Adds the facts that outlive a reboot.
    pub(crate) fn add_lasting(&mut self, facts: &[Fact]) {
        let lasting = facts.iter().filter(|fact| fact.lifetime() == Lifetime::Lasting);
        self.lasting.extend(lasting.cloned());
    }

    /// Returns the facts that outlive a reboot, and clears them.
    pub(crate) fn take_lasting(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.lasting)
    }

    /// Sets aside the data that must not change during a simulation.
    pub(crate) fn suspend(&mut self) -> SuspendedLedger {
        SuspendedLedger { journal: self.journal.take(), releasable: self.releasable.clone() }
    }

    /// Continues with the data that was set aside.
    pub(crate) fn restore(&mut self, pages: SuspendedLedger) {
        let SuspendedLedger { journal, releasable: made } = pages;
        self.journal = journal;
        self.releasable = made;
    }
}

/// The numbers.
impl Ledger {
    /// Returns the numbers so far.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// Counts an action that changed something.
    pub(crate) fn count_changed(&mut self) {
        self.tally.changed += 1;
    }

    /// Counts an action that needed no change.
    pub(crate) fn count_already(&mut self) {
        self.tally.already += 1;
    }

    /// Counts an assumed value.
    pub(crate) fn count_assumed(&mut self) {
        self.tally.guesses += 1;
    }
}

/// The actions that can be undone.
impl Ledger {
    /// From here on, remembers actions so that they can be undone.
    pub(crate) fn track_performed(&mut self) {
        self.performed.get_or_insert_default();
    }

    /// Replaces the list of actions; `None` stops remembering them.
    pub(crate) fn replace_performed(
        &mut self,
        performed: Option<Vec<PerformedAction>>,
    ) -> Option<Vec<PerformedAction>> {
        std::mem::replace(&mut self.performed, performed)
    }

    /// Returns the actions, oldest first.
    pub(crate) fn performed(&self) -> &[PerformedAction] {
        self.performed.as_deref().unwrap_or_default()
    }

    /// Adds an action, if actions are remembered.
    pub(crate) fn push_performed(&mut self, action: impl FnOnce() -> PerformedAction) {
        if let Some(deeds) = &mut self.performed {
            deeds.push(action());
        }
    }

    /// Removes the last action after it was undone.
    pub(crate) fn remove_undone(&mut self, reporter: &mut Reporter, action: &PerformedAction) {
        self.remove_releasable(&action.makes);
        self.lasting.retain(|fact| !action.makes.contains(fact));
        if let Some(deeds) = &mut self.performed {
            deeds.pop();
        }
        self.record_or_warn(reporter, Record::Undone { call: action.call.number });
    }
}
