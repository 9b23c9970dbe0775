//! One run of a recipe, planned or for real. A session owns the parts of a run, numbers its calls, and
//! remembers the failure that ends it; each part has a file of its own and changes only itself.

use super::call::{self, Call};
use super::ground::Ground;
use super::ledger::Ledger;
use super::parts::Parts;
use super::plan_log::PlanLog;
use super::resume::Replay;
use super::voice::Voice;
use crate::event::{Event, Site};
use crate::failure::Failure;
use crate::journal::{BY_HAND, Record};
use crate::machine::Machine;
use crate::operation::spec::{ArgError, Given};
use crate::plan::Tracing;
use crate::plan::approval::Approval;
use crate::plan::report::{PlanEntry, Report};
use crate::primitives::registry::Primitive;
use crate::system::System;
use crate::types::{Map, Value};

pub use super::gate::Gate;
pub use super::ledger::Tally;
pub use super::setup::{ManualAccess, Setup};

/// See the module.
pub struct Session {
    ground: Ground,
    ledger: Ledger,
    gate: Gate,
    replay: Replay,
    log: PlanLog,
    voice: Voice,
    numbers: Numbers,
    failure: Option<Failure>,
}

/// The numbers of calls.
#[derive(Default)]
struct Numbers {
    last: u64,
    /// The number of the last call by hand.
    by_hand: u64,
}

impl Session {
    /// Begins a run.
    pub fn new(setup: Setup) -> Self {
        let Setup { system, machine, seed, gate, listener, interrupts, journal, terminal } = setup;
        Self {
            ground: Ground::new(system, machine, seed, terminal),
            ledger: Ledger::new(journal),
            log: PlanLog::new(gate.tracing()),
            gate,
            replay: Replay::default(),
            voice: Voice::new(listener, interrupts),
            numbers: Numbers::default(),
            failure: None,
        }
    }

    /// The machine as it is by now.
    pub fn machine(&self) -> &Machine {
        self.ground.machine()
    }

    /// The numbers so far.
    pub fn tally(&self) -> Tally {
        self.ledger.tally()
    }

    /// The failure that ended the run, if one did.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Whether this is a plan only.
    pub fn planning(&self) -> bool {
        self.ground.only_plans()
    }

    /// Returns what the run stands on.
    pub(crate) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Returns what the run has done.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns what the run has done before.
    pub(crate) fn replay(&self) -> &Replay {
        &self.replay
    }

    /// Returns what was planned.
    pub(crate) fn log(&self) -> &PlanLog {
        &self.log
    }

    /// Returns who hears of it.
    pub(crate) fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Lends the parts, each of which keeps its own rules.
    pub(crate) fn parts(&mut self) -> Parts<'_> {
        let Self { ground, ledger, gate, replay, log, voice, .. } = self;
        Parts { ground, ledger, gate, replay, log, voice }
    }

    /// Calls a primitive as scripts do. After the first failure of an action every further call
    /// fails the same.
    pub fn call(
        &mut self,
        primitive: &Primitive,
        site: Site,
        values: Vec<Value>,
    ) -> Result<Value, Failure> {
        self.call_with(primitive, site, primitive.arguments(values))
    }

    /// Calls a primitive with its arguments by name, as journals keep them.
    pub fn call_by_name(
        &mut self,
        primitive: &Primitive,
        site: Site,
        args: Map,
    ) -> Result<Value, Failure> {
        self.call_with(primitive, site, Given::by_name(primitive.spec.params, args))
    }

    fn call_with(
        &mut self,
        primitive: &Primitive,
        site: Site,
        given: Result<Given, ArgError>,
    ) -> Result<Value, Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.numbers.last += 1;
        let call = Call::new(self.numbers.last, primitive, site);
        let result = call::make(&mut self.parts(), call, primitive, given);
        // A question that has no answer is the script's to handle.
        if let Err(failure) = &result
            && failure.ends_the_run()
        {
            self.failure = Some(failure.clone());
        }
        result
    }

    /// A chapter of the recipe begins.
    pub fn chapter(&mut self, title: &str) {
        let seen = self.replay.is_seen();
        if self.planning() {
            self.log.chapter(title, seen);
        }
        if !self.replay.is_playing() {
            let record = || Record::Chapter { title: title.to_owned() };
            // The next action writes to the same file, and fails if this does.
            let _ = self.ledger.record(&mut self.voice, false, record);
        }
        if !seen {
            self.voice.tell(&Event::Chapter { title: title.to_owned() });
        }
    }

    /// The recipe prints something.
    pub fn say(&mut self, text: &str) {
        if self.replay.is_seen() {
            return;
        }
        if self.planning() {
            self.log.said(text);
        }
        self.voice.tell(&Event::Said { text: text.to_owned() });
    }

    /// Begins anew what was called so far: from here on calls come as the script makes them.
    pub(crate) fn begin_anew(&mut self, replay: Replay) {
        self.forget_ending();
        self.count_anew();
        self.log.restart();
        self.replay = replay;
    }

    /// Numbers the calls from the first one again.
    pub(crate) fn count_anew(&mut self) {
        self.numbers.last = 0;
    }

    /// The numbers up to this one are taken: calls by hand come after it.
    pub(crate) fn count_by_hand_from(&mut self, last: u64) {
        self.numbers.by_hand = last;
    }

    /// The next calls are a person's.
    pub(crate) fn number_manual_calls(&mut self) {
        self.ready_again();
        self.numbers.last = self.numbers.by_hand.max(BY_HAND);
    }

    /// A failure ends only the text in which it happens.
    pub(crate) fn ready_again(&mut self) {
        self.forget_ending();
        self.numbers.by_hand = self.numbers.by_hand.max(self.numbers.last);
    }

    /// Whatever ended a text or a script is over.
    pub(crate) fn forget_ending(&mut self) {
        self.voice.clear_interrupts();
        self.forget_failure();
    }

    /// Forgets the failure: it ended only what a person typed.
    pub(crate) fn forget_failure(&mut self) {
        self.failure = None;
    }

    /// What was planned, and the effects that it needs.
    pub fn into_plan(self) -> (Vec<PlanEntry>, Approval, Machine) {
        let mut approval = self.gate.into_approval();
        let (entries, tracing) = self.log.into_parts();
        if let Tracing::Record(trace) = tracing {
            approval.bind(trace);
        }
        (entries, approval, self.ground.into_parts().1)
    }

    /// Returns what was planned, for a machine that was like this before.
    pub(crate) fn into_report(self, before: Machine) -> Report {
        let guesses = self.tally().guesses;
        let (entries, approval, after) = self.into_plan();
        Report { entries, approval, before, after, guesses }
    }

    /// Where it was performed, and what had been agreed to.
    pub(crate) fn into_system(self) -> (Box<dyn System>, Approval) {
        (self.ground.into_parts().0, self.gate.into_approval())
    }
}
