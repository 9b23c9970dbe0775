//! The ground that a run stands on: the system that performs its steps, the machine as it is known by
//! now, and the identifiers that it hands out.
//!
//! Only this file changes the model: by a fact that has become true, or by a look at the machine.

use std::mem;

use crate::error::Result;
use crate::machine::files::Files;
use crate::machine::{Contradiction, Difference, Fact, Machine, Scope, compare};
use crate::operation::{Ids, Planning};
use crate::system::Interrupts;
use crate::system::{NoopWatch, Outcome, Real, Sim, Step, StepError, System, Watch};

/// Performs steps, and knows the machine.
pub(crate) struct Ground {
    system: Box<dyn System>,
    machine: Machine,
    ids: Ids,
    /// Whether a person sits at a terminal that a program could take over. Plans depend on it.
    terminal: bool,
}

/// The real system and its machine, while a simulation is in their place.
pub(crate) struct Displaced {
    system: Box<dyn System>,
    machine: Machine,
}

impl Ground {
    /// Stands on a system with this machine; identifiers are derived from the seed.
    pub(crate) fn new(
        system: Box<dyn System>,
        machine: Machine,
        seed: [u8; 32],
        terminal: bool,
    ) -> Self {
        Self { system, machine, ids: Ids::new(seed), terminal }
    }

    /// Returns the machine as it is known by now.
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Returns the files as the system shows them.
    pub(crate) fn files(&self) -> &dyn Files {
        self.system.files()
    }

    /// Whether this is a plan only.
    pub(crate) fn only_plans(&self) -> bool {
        self.system.only_plans()
    }

    /// Whether steps change anything outside this process.
    pub(crate) fn is_real(&self) -> bool {
        self.system.is_real()
    }

    /// Begins the identifiers of a call.
    pub(crate) fn enter(&mut self, call: u64) {
        self.ids.enter(call);
    }

    /// Returns what an operation may look at while it plans.
    pub(crate) fn view(&mut self) -> Planning<'_> {
        Planning {
            machine: &self.machine,
            files: self.system.files(),
            ids: &mut self.ids,
            terminal: self.terminal,
        }
    }

    /// Whether a fact is known to hold.
    pub(crate) fn holds(&self, fact: &Fact) -> bool {
        fact.holds(&self.machine, self.system.files()) == Some(true)
    }

    /// Whether all facts are known to hold.
    pub(crate) fn all_hold(&self, facts: &[Fact]) -> bool {
        facts.iter().all(|fact| self.holds(fact))
    }

    /// Whether a fact is known not to hold.
    pub(crate) fn refutes(&self, fact: &Fact) -> bool {
        fact.holds(&self.machine, self.system.files()) == Some(false)
    }

    /// Returns the facts that hold, and those that don't.
    pub(crate) fn sort(&self, facts: Vec<Fact>) -> (Vec<Fact>, Vec<Fact>) {
        facts.into_iter().partition(|fact| self.holds(fact))
    }

    /// Performs a step.
    pub(crate) fn perform(
        &mut self,
        step: &Step,
        watch: &mut dyn Watch,
    ) -> std::result::Result<Outcome, StepError> {
        self.system.perform(step, watch)
    }

    /// Performs a step that nobody watches.
    pub(crate) fn perform_quietly(&mut self, step: &Step) -> std::result::Result<(), StepError> {
        self.system.perform(step, &mut NoopWatch).map(drop)
    }

    /// Tells the system that an action failed after some of its steps.
    pub(crate) fn broken_off(&mut self, facts: &[Fact], done: &[Step], left: &[Step]) {
        self.system.broken_off(facts, done, left);
    }

    /// Takes a fact that has become true into the model.
    pub(crate) fn learn(&mut self, fact: &Fact) -> std::result::Result<(), Contradiction> {
        self.machine.learn(fact)?;
        self.system.learned(fact, &self.machine);
        Ok(())
    }

    /// Takes a fact into the model that would be true if the rest of the plan could be made.
    pub(crate) fn suppose(&mut self, fact: &Fact) -> std::result::Result<(), Contradiction> {
        self.machine.learn(fact)
    }

    /// Looks at the whole machine.
    pub(crate) fn look(&mut self) -> std::result::Result<(), StepError> {
        if let Some(machine) = self.system.probe(&self.machine, None)? {
            self.machine = machine;
        }
        Ok(())
    }

    /// Looks at a part of the machine. Returns what differs from the model, which is replaced.
    pub(crate) fn look_at(&mut self, scope: &Scope) -> Result<Vec<Difference>> {
        if scope.is_empty() {
            return Ok(Vec::new());
        }
        let Some(found) = self.system.probe(&self.machine, Some(scope))? else {
            return Ok(Vec::new());
        };
        let differences = compare(&self.machine, &found, Some(scope));
        self.machine = found;
        Ok(differences)
    }

    /// Goes on as a simulation above the machine as it is.
    pub(crate) fn simulate(&mut self) -> Displaced {
        let below = Box::new(Real::new(Interrupts::default()));
        let system = mem::replace(&mut self.system, Box::new(Sim::above(below)));
        Displaced { system, machine: self.machine.clone() }
    }

    /// Goes on with the system that was there before the simulation.
    pub(crate) fn put_back(&mut self, displaced: Displaced) {
        let Displaced { system, machine } = displaced;
        self.system = system;
        self.machine = machine;
    }

    /// Returns the system and the machine at the end of a run.
    pub(crate) fn into_parts(self) -> (Box<dyn System>, Machine) {
        (self.system, self.machine)
    }
}
