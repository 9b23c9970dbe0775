//! The system that performs the steps of a run, the present model of the machine, and the
//! identifiers for the run.
//!
//! Only this file changes the model: by a fact that has become true, or by probing the machine.

use std::mem;

use crate::error::Result;
use crate::machine::files::Files;
use crate::machine::{Contradiction, Difference, Fact, Machine, Scope, compare};
use crate::operation::{Ids, Planning};
use crate::system::Interrupts;
use crate::system::{Cmd, NoopWatch, Outcome, Real, Sim, Step, StepError, System, Watch};

/// The system that performs steps, and the model of the machine.
pub(crate) struct Environment {
    system: Box<dyn System>,
    machine: Machine,
    ids: Ids,
    /// Whether a user is at a terminal that a program may take over. Plans depend on it.
    terminal: bool,
}

/// The real system and its machine while a simulation replaces them.
pub(crate) struct ReplacedSystem {
    system: Box<dyn System>,
    machine: Machine,
}

impl Environment {
    /// Combines a system and its machine; identifiers are derived from the seed.
    pub(crate) fn new(
        system: Box<dyn System>,
        machine: Machine,
        seed: [u8; 32],
        terminal: bool,
    ) -> Self {
        Self { system, machine, ids: Ids::new(seed), terminal }
    }

    /// Returns the present model of the machine.
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Returns the files of the system.
    pub(crate) fn files(&self) -> &dyn Files {
        self.system.files()
    }

    /// Returns whether the run is only a plan.
    pub(crate) fn only_plans(&self) -> bool {
        self.system.only_plans()
    }

    /// Returns whether steps change anything outside this process.
    pub(crate) fn is_real(&self) -> bool {
        self.system.is_real()
    }

    /// Starts the identifiers of a call, and its view of the files.
    pub(crate) fn start_call(&mut self, call: u64) {
        self.ids.enter(call);
        self.system.files().begin_lookups();
    }

    /// Ends the view of the files that a call had.
    pub(crate) fn end_call(&mut self) {
        self.system.files().end_lookups();
    }

    /// Returns the input for planning an operation.
    pub(crate) fn view(&mut self) -> Planning<'_> {
        Planning {
            machine: &self.machine,
            files: self.system.files(),
            ids: &mut self.ids,
            terminal: self.terminal,
        }
    }

    /// Returns whether a fact is known to hold.
    pub(crate) fn holds(&self, fact: &Fact) -> bool {
        fact.holds(&self.machine, self.system.files()) == Some(true)
    }

    /// Returns whether all facts are known to hold.
    pub(crate) fn all_hold(&self, facts: &[Fact]) -> bool {
        facts.iter().all(|fact| self.holds(fact))
    }

    /// Returns whether a fact is known not to hold.
    pub(crate) fn refutes(&self, fact: &Fact) -> bool {
        fact.holds(&self.machine, self.system.files()) == Some(false)
    }

    /// Splits facts into those that are known to hold and the rest.
    pub(crate) fn split_by_holding(&self, facts: Vec<Fact>) -> (Vec<Fact>, Vec<Fact>) {
        self.system.files().begin_lookups();
        let split = facts.into_iter().partition(|fact| self.holds(fact));
        self.system.files().end_lookups();
        split
    }

    /// Performs a step.
    pub(crate) fn perform(
        &mut self,
        step: &Step,
        watch: &mut dyn Watch,
    ) -> std::result::Result<Outcome, StepError> {
        self.system.perform(step, watch)
    }

    /// Runs a command that only reads, while planning. Returns `None` if what it would read is not
    /// known.
    pub(crate) fn ask(&mut self, cmd: &Cmd) -> Option<Outcome> {
        self.system.ask(cmd)
    }

    /// Performs a step without reporting its output or progress.
    pub(crate) fn perform_quietly(&mut self, step: &Step) -> std::result::Result<(), StepError> {
        self.system.perform(step, &mut NoopWatch).map(drop)
    }

    /// Tells the system that an action failed after some of its steps.
    pub(crate) fn action_failed(&mut self, facts: &[Fact], done: &[Step], left: &[Step]) {
        self.system.action_failed(facts, done, left);
    }

    /// Adds a fact that has become true to the model.
    pub(crate) fn learn(&mut self, fact: &Fact) -> std::result::Result<(), Contradiction> {
        self.machine.learn(fact)?;
        self.system.on_fact(fact, &self.machine);
        Ok(())
    }

    /// Adds a fact to the model that would be true if the rest of the plan could be made.
    pub(crate) fn assume(&mut self, fact: &Fact) -> std::result::Result<(), Contradiction> {
        self.machine.learn(fact)
    }

    /// Probes the whole machine.
    pub(crate) fn probe_all(&mut self) -> std::result::Result<(), StepError> {
        self.system.probe(&mut self.machine, None).map(drop)
    }

    /// Probes a part of the machine and replaces it in the model. Returns the differences.
    pub(crate) fn look_at(&mut self, scope: &Scope) -> Result<Vec<Difference>> {
        if scope.is_empty() {
            return Ok(Vec::new());
        }
        let predicted = self.machine.excerpt(scope);
        if !self.system.probe(&mut self.machine, Some(scope))? {
            return Ok(Vec::new());
        }
        Ok(compare(&predicted, &self.machine, Some(scope)))
    }

    /// Continues with a simulation of the present machine.
    pub(crate) fn simulate(&mut self) -> ReplacedSystem {
        let below = Box::new(Real::new(Interrupts::default()));
        let system = mem::replace(&mut self.system, Box::new(Sim::on_top_of(below)));
        ReplacedSystem { system, machine: self.machine.clone() }
    }

    /// Continues with the system that the simulation replaced.
    pub(crate) fn restore(&mut self, displaced: ReplacedSystem) {
        let ReplacedSystem { system, machine } = displaced;
        self.system = system;
        self.machine = machine;
    }

    /// Returns the system and the machine at the end of a run.
    pub(crate) fn into_parts(self) -> (Box<dyn System>, Machine) {
        (self.system, self.machine)
    }
}
