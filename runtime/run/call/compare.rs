//! Compares the calls of a run with the planned ones.

use super::approve::add_approved;
use super::current::Call;
use crate::error::{Exit, Result, Rule};
use crate::event::Site;
use crate::operation::{Effect, Plan};
use crate::plan::call::PlannedStep;
use crate::plan::{CallWork, Deviation, Position, ResultDifference};
use crate::run::environment::Environment;
use crate::run::ledger::{Ledger, Tally};
use crate::run::parts::Parts;
use crate::run::plan_log::PlanLog;
use crate::system::Step;
use crate::types::Value;

/// A difference between a run and its plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanDeviation {
    /// An action that is not in the plan and was not approved.
    #[error("{site}: {call} is not in the approved plan: {why}")]
    New {
        /// The position of the call.
        site: Site,
        /// The primitive and its object.
        call: String,
        /// The difference.
        why: Deviation,
    },
    /// A query that is not in the plan.
    #[error(
        "{site}: the recipe diverges from the approved plan: the plan has no {call} at this point"
    )]
    Query {
        /// The position of the call.
        site: Site,
        /// The primitive and its object.
        call: String,
    },
    /// A query or action returned another value.
    #[error("{site}: the result of {call} differs from the plan{different}")]
    Answer {
        /// The position of the call.
        site: Site,
        /// The primitive and its object.
        call: String,
        /// The two results.
        different: ResultDifference,
    },
}

impl Rule for PlanDeviation {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::New { .. } => {
                "review the action on a terminal, or plan again: run the recipe once more".into()
            }
            Self::Query { .. } | Self::Answer { .. } => {
                "the machine or the recipe has changed: run the recipe again to see its new plan"
                    .into()
            }
        })
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn ends_the_run(&self) -> bool {
        true
    }
}

/// Refuses a query that is not in the plan, unless the recipe may have branched differently.
pub(super) fn check_expected(log: &PlanLog, call: &Call) -> Result<()> {
    if log.tracing().expects(call.position()) {
        return Ok(());
    }
    Err(PlanDeviation::Query { site: call.site().clone(), call: call.info().to_string() }.into())
}

/// Compares the answer of a call with the planned one.
pub(super) fn compare_answer(
    log: &mut PlanLog,
    ledger: &Ledger,
    call: &Call,
    before: Tally,
    answer: Result<Value>,
) -> Result<Value> {
    if call.position() == Position::Untraced
        || answer.as_ref().is_err_and(crate::error::Error::ends_the_run)
    {
        return answer;
    }
    let assumed = ledger.tally().guesses > before.guesses;
    let idle = ledger.tally().already > before.already;
    match log.tracing_mut().answer(call.position(), call.args(), &answer, assumed, idle) {
        None => answer,
        Some(different) => {
            let (site, call) = (call.site().clone(), call.info().to_string());
            Err(PlanDeviation::Answer { site, call, different }.into())
        }
    }
}

/// Records or compares an action that needs no change.
pub(super) fn note_idle(log: &mut PlanLog, environment: &Environment, call: &Call, steps: &[Step]) {
    let (args, machine) = (call.args(), environment.machine());
    let work = CallWork { args, steps, machine, declares: &[], covered: false };
    log.tracing_mut().record_unchanged(call.site(), call.name(), call.position(), &work);
}

/// Compares an action with the planned one. An action that is not in the plan has to be approved
/// first.
pub(super) fn compare_with_plan(
    parts: &mut Parts<'_>,
    call: &Call,
    plan: &Plan<Value>,
    named: &[Step],
    effects: &[Effect],
) -> Result<()> {
    let Parts { environment, gate, log, reporter, .. } = parts;
    let machine = environment.machine();
    let covered = gate.covers(effects, machine);
    let (args, declares) = (call.args(), &plan.declares[..]);
    let work = CallWork { args, steps: named, machine, declares, covered };
    let tracing = log.tracing_mut();
    let deviation = tracing.admit_action(call.site(), call.name(), call.position(), &work);
    let Some(why) = deviation else { return Ok(()) };
    // An action that only releases what this run made needs no entry in the plan once the recipe
    // may have branched differently.
    if effects.is_empty() && tracing.may_have_branched() {
        return Ok(());
    }
    let files = environment.files();
    let steps = plan.steps.iter().map(|step| PlannedStep::of(step, files)).collect();
    let shown = call.planned(plan, steps, effects.to_vec());
    match gate.approve_new(&shown, &why.to_string(), machine, reporter) {
        Some(more) => add_approved(parts, more),
        None => {
            let (site, call) = (call.site().clone(), call.info().to_string());
            Err(PlanDeviation::New { site, call, why }.into())
        }
    }
}
