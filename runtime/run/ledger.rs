//! The ledger of a run: what it has done, for resuming, for cleaning up, for undoing, and for the
//! numbers at its end. Nothing else writes records into the journal.

use std::path::Path;

use crate::error::{Error, Result};
use crate::journal::{Journal, RecipeTexts, Record, Transcript};
use crate::machine::{Fact, Lifetime};
use crate::run::manual::ManualAction;
use crate::run::voice::Voice;

/// Numbers for the end of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Actions that changed something.
    pub changed: u64,
    /// Actions that had nothing to do.
    pub already: u64,
    /// Values that the plan had to guess.
    pub guesses: u64,
}

/// What a run has done so far.
pub(crate) struct Ledger {
    /// Where every step is written down before it runs.
    journal: Option<Journal>,
    /// What a clean-up may have to release, in the order in which it was made.
    made: Vec<Fact>,
    /// What outlives a reboot, for telling it after a failure.
    lasting: Vec<Fact>,
    tally: Tally,
    /// What a person did by hand, where one works here.
    deeds: Option<Vec<ManualAction>>,
}

/// The journal and what was made, while nothing real happens.
pub(crate) struct Pages {
    journal: Option<Journal>,
    made: Vec<Fact>,
}

/// The journal.
impl Ledger {
    /// Begins with nothing done.
    pub(crate) fn new(journal: Option<Journal>) -> Self {
        let (made, lasting, tally) = (Vec::new(), Vec::new(), Tally::default());
        Self { journal, made, lasting, tally, deeds: None }
    }

    /// Whether there is a journal.
    pub(crate) fn has_journal(&self) -> bool {
        self.journal.is_some()
    }

    /// Returns where the journal is.
    pub(crate) fn journal_path(&self) -> Option<&Path> {
        self.journal.as_ref().map(Journal::path)
    }

    /// Writes a line into the journal, where there is one; `sync` brings all of it to the disk.
    pub(crate) fn record(
        &mut self,
        voice: &mut Voice,
        sync: bool,
        record: impl FnOnce() -> Record,
    ) -> Result<()> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let written = journal.write(&record(), sync);
        for text in journal.given_up() {
            voice.warn(text);
        }
        written
    }

    /// Writes a record that nothing depends on.
    pub(crate) fn written(&mut self, voice: &mut Voice, record: Record) {
        if let Err(error) = self.record(voice, true, || record) {
            voice.warn(error.to_string());
        }
    }

    /// Returns what the journal says by now.
    pub(crate) fn transcript(&self) -> Result<Transcript> {
        match &self.journal {
            Some(journal) => Ok(Transcript::read(journal.path())?),
            // Without a record there is nothing to go on from.
            None => Err(Error::Interrupted),
        }
    }

    /// Records that the run goes on.
    pub(crate) fn resumed(
        &mut self,
        at: String,
        texts: Option<RecipeTexts>,
        renamed: Vec<(String, String)>,
    ) -> Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.resumed(at, texts, renamed))
    }

    /// Keeps a copy of the journal in a directory from now on.
    pub(crate) fn keep_in(&mut self, directory: &Path) -> Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.keep_in(directory).map(drop))
    }

    /// Goes on with the copy of the journal in a directory, if it is there.
    pub(crate) fn keep_again_in(&mut self, directory: &Path) -> Result<()> {
        match &self.journal {
            Some(journal) if journal.is_kept_in(directory) => self.keep_in(directory),
            _ => Ok(()),
        }
    }

    /// Closes what lies on a filesystem that is about to be unmounted.
    pub(crate) fn leave(&mut self, at: &str) -> Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.leave(at))
    }

    /// Puts the journal aside: what is done next has its place in it already, or gets none.
    pub(crate) fn close(&mut self) -> Option<Journal> {
        self.journal.take()
    }

    /// Goes on with a journal that was put aside.
    pub(crate) fn open(&mut self, journal: Option<Journal>) {
        self.journal = journal;
    }
}

/// What was made.
impl Ledger {
    /// Returns what a clean-up may have to release, in the order in which it was made.
    pub(crate) fn made(&self) -> &[Fact] {
        &self.made
    }

    /// Remembers something that a clean-up may have to release.
    pub(crate) fn make(&mut self, fact: Fact) {
        self.made.push(fact);
    }

    /// Takes over what an earlier process of the same run has made.
    pub(crate) fn adopt(&mut self, facts: &[Fact]) {
        for fact in facts {
            if fact.release().is_some() && !self.made.contains(fact) {
                self.made.push(fact.clone());
            }
        }
    }

    /// Takes over what another ledger has as made, for planning above it.
    pub(crate) fn adopt_all(&mut self, other: &Self) {
        self.made.clone_from(&other.made);
    }

    /// Forgets things that are not to be released at the end.
    pub(crate) fn disown(&mut self, facts: &[Fact]) {
        self.made.retain(|fact| !facts.contains(fact));
    }

    /// Returns what has to be released, once.
    pub(crate) fn take_made(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.made)
    }

    /// Remembers those facts that outlive a reboot.
    pub(crate) fn lasts(&mut self, facts: &[Fact]) {
        let lasting = facts.iter().filter(|fact| fact.lifetime() == Lifetime::Lasting);
        self.lasting.extend(lasting.cloned());
    }

    /// Returns what outlives a reboot, once.
    pub(crate) fn take_lasting(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.lasting)
    }

    /// Puts aside what must not change while nothing real happens.
    pub(crate) fn put_aside(&mut self) -> Pages {
        Pages { journal: self.journal.take(), made: self.made.clone() }
    }

    /// Goes on with what was put aside.
    pub(crate) fn put_back(&mut self, pages: Pages) {
        let Pages { journal, made } = pages;
        self.journal = journal;
        self.made = made;
    }
}

/// What is counted.
impl Ledger {
    /// Returns the numbers so far.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// Counts an action that changed something.
    pub(crate) fn count_changed(&mut self) {
        self.tally.changed += 1;
    }

    /// Counts an action that had nothing to do.
    pub(crate) fn count_already(&mut self) {
        self.tally.already += 1;
    }

    /// Counts a value that only the run will know.
    pub(crate) fn count_guess(&mut self) {
        self.tally.guesses += 1;
    }
}

/// What a person did by hand.
impl Ledger {
    /// Remembers from here on what is done, for undoing it.
    pub(crate) fn remember_deeds(&mut self) {
        self.deeds.get_or_insert_default();
    }

    /// Replaces the list of what was done, which may be none at all.
    pub(crate) fn replace_deeds(
        &mut self,
        deeds: Option<Vec<ManualAction>>,
    ) -> Option<Vec<ManualAction>> {
        std::mem::replace(&mut self.deeds, deeds)
    }

    /// Returns what was done, in its order.
    pub(crate) fn deeds(&self) -> &[ManualAction] {
        self.deeds.as_deref().unwrap_or_default()
    }

    /// Adds something that was done, where that is remembered.
    pub(crate) fn did(&mut self, deed: impl FnOnce() -> ManualAction) {
        if let Some(deeds) = &mut self.deeds {
            deeds.push(deed());
        }
    }

    /// Forgets what was done last: it is undone.
    pub(crate) fn undone(&mut self, voice: &mut Voice, deed: &ManualAction) {
        self.disown(&deed.makes);
        self.lasting.retain(|fact| !deed.makes.contains(fact));
        if let Some(deeds) = &mut self.deeds {
            deeds.pop();
        }
        self.written(voice, Record::Undone { call: deed.call.number });
    }
}
