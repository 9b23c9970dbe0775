//! One run of a recipe, planned or for real: the machine as it is by now, what was agreed to, and
//! what has been made so far.

use crate::error::Result;
use crate::event::{Event, Listener};
use crate::failure::Failure;
use crate::journal::{Journal, Record};
use crate::machine::{Fact, Machine};
use crate::operation::{Ids, Planning};
use crate::plan::approval::{Approval, Consent};
use crate::plan::call::{PlannedCall, PlannedStep};
use crate::plan::report::Entry;
use crate::plan::{Trace, Tracing};
use crate::run::deed::Deed;
use crate::run::resume::Replay;
use crate::system::{Interrupts, System};

/// Whether effects are collected or checked.
pub enum Gate {
    /// Planning: whatever is needed is written down.
    Collect(Approval),
    /// Running: what was not approved is asked for, or refused.
    Enforce(Approval, Box<dyn Consent>),
}

impl Gate {
    /// Returns how calls are traced: recorded for a plan, compared with it in a run.
    pub(crate) fn tracing(&self) -> Tracing {
        match self {
            Self::Collect(_) => Tracing::Record(Trace::default()),
            Self::Enforce(approval, _) => approval.tracing(),
        }
    }
}

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

/// What a session is made from.
pub struct Setup {
    /// Where steps are performed.
    pub system: Box<dyn System>,
    /// The machine at the beginning.
    pub machine: Machine,
    /// From which identifiers are derived; the same for planning and running.
    pub seed: [u8; 32],
    /// Collect or enforce.
    pub gate: Gate,
    /// Who hears what happens.
    pub listener: Box<dyn Listener>,
    /// Ctrl-C.
    pub interrupts: Interrupts,
    /// Where every step is written down before it runs.
    pub journal: Option<Journal>,
    /// Whether a person sits at a terminal that a program could take over.
    pub terminal: bool,
}

/// See the module.
pub struct Session {
    pub(crate) system: Box<dyn System>,
    pub(crate) machine: Machine,
    pub(crate) ids: Ids,
    pub(crate) gate: Gate,
    pub(crate) listener: Box<dyn Listener>,
    pub(crate) interrupts: Interrupts,
    pub(crate) journal: Option<Journal>,
    pub(crate) terminal: bool,
    pub(crate) calls: u64,
    /// What a resumed run has done before.
    pub(crate) replay: Replay,
    /// What a clean-up may have to release, in the order in which it was made.
    pub(crate) made: Vec<Fact>,
    /// What outlives a reboot, for telling it after a failure.
    pub(crate) lasting: Vec<Fact>,
    pub(crate) tally: Tally,
    /// The last step that was performed, for the message when it did not do what it said.
    pub(crate) tried: Option<String>,
    /// The steps of the action that is being planned.
    pub(crate) planned: Vec<PlannedStep>,
    /// What a person did by hand, where one works here.
    pub(crate) deeds: Option<Vec<Deed>>,
    /// The number of the last call by hand.
    pub(crate) by_hand: u64,
    /// The calls of the plan: recorded, or compared with.
    pub(crate) tracing: Tracing,
    entries: Vec<Entry>,
    failure: Option<Failure>,
}

impl Session {
    /// Begins a run.
    pub fn new(setup: Setup) -> Self {
        let tracing = setup.gate.tracing();
        Self {
            system: setup.system,
            machine: setup.machine,
            ids: Ids::new(setup.seed),
            gate: setup.gate,
            listener: setup.listener,
            interrupts: setup.interrupts,
            journal: setup.journal,
            terminal: setup.terminal,
            calls: 0,
            replay: Replay::default(),
            made: Vec::new(),
            lasting: Vec::new(),
            tally: Tally::default(),
            tried: None,
            planned: Vec::new(),
            deeds: None,
            by_hand: 0,
            tracing,
            entries: Vec::new(),
            failure: None,
        }
    }

    /// The machine as it is by now.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The numbers so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The failure that ended the run, if one did.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Whether this is a plan only.
    pub fn planning(&self) -> bool {
        self.system.only_plans()
    }

    /// A chapter of the recipe begins.
    pub fn chapter(&mut self, title: &str) {
        if self.planning() {
            self.replay.chapter = None;
            match self.seen() {
                true => self.replay.chapter = Some(title.to_owned()),
                false => self.entries.push(Entry::Chapter { title: title.to_owned() }),
            }
        }
        if self.replay.played.is_empty() {
            // The next action writes to the same file, and fails if this does.
            let _ = self.record(false, || Record::Chapter { title: title.to_owned() });
        }
        if !self.seen() {
            self.tell(&Event::Chapter { title: title.to_owned() });
        }
    }

    /// The recipe prints something.
    pub fn say(&mut self, text: &str) {
        if self.planning() && !self.seen() {
            self.entries.push(Entry::Said { text: text.to_owned() });
        }
        if !self.seen() {
            self.tell(&Event::Said { text: text.to_owned() });
        }
    }

    /// Whether the script is where the person has seen it already.
    fn seen(&self) -> bool {
        self.replay.seen && !self.replay.played.is_empty()
    }

    /// What was planned so far.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What was planned, and the effects that it needs.
    pub fn into_plan(self) -> (Vec<Entry>, Approval, Machine) {
        let (Gate::Collect(mut approval) | Gate::Enforce(mut approval, _)) = self.gate;
        if let Tracing::Record(trace) = self.tracing {
            approval.bind(trace);
        }
        (self.entries, approval, self.machine)
    }

    /// Where it was performed, and what had been agreed to.
    pub(crate) fn into_system(self) -> (Box<dyn System>, Approval) {
        let (Gate::Collect(approval) | Gate::Enforce(approval, _)) = self.gate;
        (self.system, approval)
    }

    /// Writes a line into the journal, where there is one; `sync` brings all of it to the disk.
    pub(crate) fn record(&mut self, sync: bool, record: impl FnOnce() -> Record) -> Result<()> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let written = journal.write(&record(), sync);
        for text in journal.given_up() {
            self.listener.hear(&Event::Warning { text });
        }
        written
    }

    pub(crate) fn tell(&mut self, event: &Event) {
        self.listener.hear(event);
    }

    pub(crate) fn note(&mut self, call: PlannedCall) {
        if self.planning() {
            let chapter = self.replay.chapter.take().map(|title| Entry::Chapter { title });
            self.entries.extend(chapter);
            self.entries.push(Entry::Call(Box::new(call)));
        }
    }

    /// Begins anew what was called so far: from here on calls come as the script makes them.
    pub(crate) fn begin_anew(&mut self, replay: Replay) {
        self.interrupts.clear();
        self.failure = None;
        self.calls = 0;
        self.planned.clear();
        self.tracing.restart();
        self.replay = replay;
    }

    /// Forgets the failure: it ended only what a person typed.
    pub(crate) fn forget_failure(&mut self) {
        self.failure = None;
    }

    /// Remembers the failure that ends the run.
    pub(crate) fn end_with(&mut self, failure: Failure) -> Failure {
        self.failure.get_or_insert(failure).clone()
    }

    pub(crate) fn planning_view(&mut self) -> Planning<'_> {
        Planning {
            machine: &self.machine,
            files: self.system.files(),
            ids: &mut self.ids,
            terminal: self.terminal,
        }
    }
}
