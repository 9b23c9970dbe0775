//! What a session begins with. There are two kinds, and each is written down once: a plan, in which nothing
//! real happens, and a run on this machine.

use crate::event::{Listener, NoopListener};
use crate::journal::Journal;
use crate::machine::Machine;
use crate::plan::approval::Approval;
use crate::run::gate::Gate;
use crate::system::{Interrupts, Real, System};

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

impl Setup {
    /// Collects what a recipe needs, silently and without a journal.
    pub fn plan(system: Box<dyn System>, machine: Machine) -> Self {
        Self {
            system,
            machine,
            seed: [0; 32],
            gate: Gate::Collect(Approval::default()),
            listener: Box::new(NoopListener),
            interrupts: Interrupts::default(),
            journal: None,
            terminal: false,
        }
    }
}

/// This machine, for a run or a clean-up.
pub struct ManualAccess {
    /// The machine.
    pub machine: Machine,
    /// Where steps are performed.
    pub real: Real,
    /// Who hears what happens.
    pub listener: Box<dyn Listener>,
    /// Ctrl-C.
    pub interrupts: Interrupts,
}

impl ManualAccess {
    /// Does what this gate lets through, and writes it into the journal.
    pub fn setup(self, gate: Gate, journal: Option<Journal>) -> Setup {
        let Self { machine, real, listener, interrupts } = self;
        let plan = Setup::plan(Box::new(real), machine);
        Setup { gate, listener, interrupts, journal, ..plan }
    }
}
