//! The parts of a run, lent to a call on its way.

use crate::run::gate::Gate;
use crate::run::ground::Ground;
use crate::run::ledger::Ledger;
use crate::run::plan_log::PlanLog;
use crate::run::resume::Replay;
use crate::run::voice::Voice;

/// Everything that a call may need, each part with its own rules. What needs less takes less.
pub(crate) struct Parts<'a> {
    /// The system, the machine, the identifiers.
    pub(crate) ground: &'a mut Ground,
    /// What was done: journal, things made, numbers.
    pub(crate) ledger: &'a mut Ledger,
    /// What may be done.
    pub(crate) gate: &'a mut Gate,
    /// What a resumed run has done before.
    pub(crate) replay: &'a mut Replay,
    /// What was planned.
    pub(crate) log: &'a mut PlanLog,
    /// Who hears of it.
    pub(crate) voice: &'a mut Voice,
}
