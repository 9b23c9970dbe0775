//! A run of a recipe, planned or real. A session owns the parts of a run, numbers its calls, and
//! keeps the failure that ended it. Each part has a file of its own and changes only itself.

use super::call::{self, Call};
use super::environment::Environment;
use super::ledger::Ledger;
use super::parts::Parts;
use super::plan_log::PlanLog;
use super::reporter::Reporter;
use super::resume::Replay;
use crate::event::{Event, Site};
use crate::failure::Failure;
use crate::journal::{FIRST_MANUAL_CALL, Record};
use crate::machine::{Machine, Unfinished};
use crate::operation::spec::{ArgError, Given};
use crate::plan::Tracing;
use crate::plan::approval::Approval;
use crate::plan::report::{PlanEntry, Report};
use crate::primitives::registry::Primitive;
use crate::system::System;
use crate::types::{Map, Value};

pub use super::gate::Gate;
pub use super::ledger::Tally;
pub use super::setup::{RealMachine, Setup};

/// A run of a recipe. See the module documentation.
pub struct Session {
    environment: Environment,
    ledger: Ledger,
    gate: Gate,
    replay: Replay,
    log: PlanLog,
    reporter: Reporter,
    numbers: Numbers,
    failure: Option<Failure>,
}

/// The numbers of calls.
#[derive(Default)]
struct Numbers {
    last: u64,
    /// The number of the last manual call.
    last_manual: u64,
}

impl Session {
    /// Starts a run.
    pub fn new(setup: Setup) -> Self {
        let Setup { system, machine, seed, gate, listener, interrupts, journal, terminal } = setup;
        Self {
            environment: Environment::new(system, machine, seed, terminal),
            ledger: Ledger::new(journal),
            log: PlanLog::new(gate.tracing()),
            gate,
            replay: Replay::default(),
            reporter: Reporter::new(listener, interrupts),
            numbers: Numbers::default(),
            failure: None,
        }
    }

    /// Returns the present model of the machine.
    pub fn machine(&self) -> &Machine {
        self.environment.machine()
    }

    /// Returns the numbers so far.
    pub fn tally(&self) -> Tally {
        self.ledger.tally()
    }

    /// Returns the failure that ended the run, if there was one.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Returns the failure of a script that has ended before it has finished what it began.
    pub(crate) fn unfinished(&self) -> Option<Failure> {
        let mut facts = self.ledger.releasable().iter();
        let Unfinished { what, remedy } = facts.find_map(|fact| fact.unfinished(self.machine()))?;
        let site = Site { file: "".into(), line: 0 };
        Some(Failure::of_script(format!("{what} at the end of the script"), site, Some(remedy)))
    }

    /// Returns whether the run is only a plan.
    pub fn planning(&self) -> bool {
        self.environment.only_plans()
    }

    /// Returns the system and the machine.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns the completed actions.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the completed calls of a resumed run.
    pub(crate) fn replay(&self) -> &Replay {
        &self.replay
    }

    /// Returns the planned calls.
    pub(crate) fn log(&self) -> &PlanLog {
        &self.log
    }

    /// Returns the output of events.
    pub(crate) fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    /// Borrows the parts, each of which enforces its own rules.
    pub(crate) fn parts(&mut self) -> Parts<'_> {
        let Self { environment, ledger, gate, replay, log, reporter, .. } = self;
        Parts { environment, ledger, gate, replay, log, reporter }
    }

    /// Calls a primitive for a script. After the first failure of an action, every further call
    /// returns the same failure.
    pub fn call(
        &mut self,
        primitive: &Primitive,
        site: Site,
        values: Vec<Value>,
    ) -> Result<Value, Failure> {
        self.call_with(primitive, site, primitive.arguments(values))
    }

    /// Calls a primitive with arguments by name, as recorded in a journal.
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
        // A script may handle a failed query.
        if let Err(failure) = &result
            && failure.ends_the_run()
        {
            self.failure = Some(failure.clone());
        }
        result
    }

    /// Starts a chapter of the recipe.
    pub fn chapter(&mut self, title: &str) {
        let seen = self.replay.is_seen();
        if self.planning() {
            self.log.chapter(title, seen);
        }
        if !self.replay.has_results() {
            let record = || Record::Chapter { title: title.to_owned() };
            // The next action writes to the same file, and fails if this does.
            let _ = self.ledger.record(&mut self.reporter, false, record);
        }
        if !seen {
            self.reporter.emit(&Event::Chapter { title: title.to_owned() });
        }
    }

    /// Prints a message of the recipe.
    pub fn print(&mut self, text: &str) {
        if self.replay.is_seen() {
            return;
        }
        if self.planning() {
            self.log.add_message(text);
        }
        self.reporter.emit(&Event::Said { text: text.to_owned() });
    }

    /// Prepares the session for a script that runs again from its beginning.
    pub(crate) fn restart(&mut self, replay: Replay) {
        self.clear_stop();
        self.reset_numbers();
        self.log.restart();
        self.replay = replay;
    }

    /// Numbers the calls from 1 again.
    pub(crate) fn reset_numbers(&mut self) {
        self.numbers.last = 0;
    }

    /// Sets the number after which manual calls are numbered.
    pub(crate) fn set_last_manual(&mut self, last: u64) {
        self.numbers.last_manual = last;
    }

    /// Prepares the session for calls that the user makes manually.
    pub(crate) fn number_manual_calls(&mut self) {
        self.finish_manual_line();
        self.numbers.last = self.numbers.last_manual.max(FIRST_MANUAL_CALL);
    }

    /// Clears the failure after a line of the user; it ended only that line.
    pub(crate) fn finish_manual_line(&mut self) {
        self.clear_stop();
        self.numbers.last_manual = self.numbers.last_manual.max(self.numbers.last);
    }

    /// Clears Ctrl-C and the failure of the previous script or line.
    pub(crate) fn clear_stop(&mut self) {
        self.reporter.clear_interrupts();
        self.clear_failure();
    }

    /// Clears the failure.
    pub(crate) fn clear_failure(&mut self) {
        self.failure = None;
    }

    /// Returns the plan, the effects that it needs, and the predicted machine.
    pub fn into_plan(self) -> (Vec<PlanEntry>, Approval, Machine) {
        let mut approval = self.gate.into_approval();
        let (entries, tracing) = self.log.into_parts();
        if let Tracing::Record(trace) = tracing {
            approval.bind(trace);
        }
        (entries, approval, self.environment.into_parts().1)
    }

    /// Returns the plan for a machine that was in the state `before`.
    pub(crate) fn into_report(self, before: Machine) -> Report {
        let guesses = self.tally().guesses;
        let (entries, approval, after) = self.into_plan();
        Report { entries, approval, before, after, guesses }
    }

    /// Returns the system and the approved effects.
    pub(crate) fn into_system(self) -> (Box<dyn System>, Approval) {
        (self.environment.into_parts().0, self.gate.into_approval())
    }
}
