//! The parts of a run, borrowed for a call.

use crate::run::environment::Environment;
use crate::run::gate::Gate;
use crate::run::ledger::Ledger;
use crate::run::plan_log::PlanLog;
use crate::run::reporter::Reporter;
use crate::run::resume::Replay;

/// The parts that a call may need. A function that needs fewer parts takes only these.
pub(crate) struct Parts<'a> {
    /// The system, the machine and the identifiers.
    pub(crate) environment: &'a mut Environment,
    /// The completed actions: journal, facts and numbers.
    pub(crate) ledger: &'a mut Ledger,
    /// The approved effects.
    pub(crate) gate: &'a mut Gate,
    /// The completed calls of a resumed run.
    pub(crate) replay: &'a mut Replay,
    /// The planned calls.
    pub(crate) log: &'a mut PlanLog,
    /// The output of events.
    pub(crate) reporter: &'a mut Reporter,
}
