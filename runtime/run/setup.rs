//! The input of a session. There are two kinds: a plan, which has no effects, and a run on this
//! machine.

use crate::event::{Listener, NoopListener};
use crate::journal::Journal;
use crate::machine::Machine;
use crate::plan::approval::Approval;
use crate::run::gate::Gate;
use crate::system::{Interrupts, Real, System};

/// The input of a session.
pub struct Setup {
    /// The system that performs the steps.
    pub system: Box<dyn System>,
    /// The machine at the start.
    pub machine: Machine,
    /// The seed from which identifiers are derived; the same for planning and running.
    pub seed: [u8; 32],
    /// Collects or enforces approvals.
    pub gate: Gate,
    /// The receiver of events.
    pub listener: Box<dyn Listener>,
    /// The state of Ctrl-C.
    pub interrupts: Interrupts,
    /// The journal, in which every action is recorded before it runs.
    pub journal: Option<Journal>,
    /// Whether a user is at a terminal that a program may take over.
    pub terminal: bool,
}

impl Setup {
    /// Creates a setup that collects effects, without output or journal.
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

/// Access to this machine, for a run or a clean-up.
pub struct RealMachine {
    /// The machine at the start.
    pub machine: Machine,
    /// The system that performs the steps.
    pub real: Real,
    /// The receiver of events.
    pub listener: Box<dyn Listener>,
    /// The state of Ctrl-C.
    pub interrupts: Interrupts,
}

impl RealMachine {
    /// Creates a setup that runs the actions that the gate admits, and records them in the journal.
    pub fn setup(self, gate: Gate, journal: Option<Journal>) -> Setup {
        let Self { machine, real, listener, interrupts } = self;
        let plan = Setup::plan(Box::new(real), machine);
        Setup { gate, listener, interrupts, journal, ..plan }
    }
}
