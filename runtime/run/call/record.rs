//! Records a call in the journal and reports it to the listeners.

use std::time::Duration;

use super::current::Call;
use crate::error::Result;
use crate::event::Event;
use crate::journal::{FIRST_MANUAL_CALL, Record, digest};
use crate::machine::Fact;
use crate::operation::{Effect, Plan};
use crate::plan::call::UndoPlan;
use crate::run::ledger::Ledger;
use crate::run::parts::Parts;
use crate::run::performed::PerformedAction;
use crate::run::reporter::Reporter;
use crate::run::resume::Names;
use crate::types::{Map, Value};

/// Sets the decoded arguments of a call, and its position in the plan.
pub(super) fn set_up_call(parts: &mut Parts<'_>, call: &mut Call, args: Map) {
    let wanted = parts.ledger.has_journal() || parts.replay.has_results();
    let digest = if wanted { digest(&args) } else { String::new() };
    call.set_arguments(args, digest);
    if call.number() < FIRST_MANUAL_CALL {
        let tracing = parts.log.tracing_mut();
        call.set_position(tracing.enter_call(call.site(), call.name(), call.args()));
    }
}

/// Records the start of an action, if it needs a change.
pub(super) fn begin(
    ledger: &mut Ledger,
    names: &Names,
    reporter: &mut Reporter,
    call: &Call,
    plan: &Plan<Value>,
) -> Result<()> {
    if plan.already.is_none() && ledger.has_journal() {
        let begin = Record::Begin {
            call: call.number(),
            name: call.name().to_owned(),
            args: call.recorded_args(),
            digest: call.digest().to_owned(),
            makes: names.data_then(&plan.makes),
            undo: UndoPlan::of(&plan.undo, &plan.makes),
            site: call.site().clone(),
        };
        ledger.record(reporter, true, || begin)?;
    }
    reporter.emit(&call.began_event());
    Ok(())
}

/// Records the end of an action.
pub(super) fn finish(
    parts: &mut Parts<'_>,
    call: &mut Call,
    plan: &Plan<Value>,
    effects: Vec<Effect>,
    took: Duration,
    result: Result<Value>,
) -> Result<Value> {
    let Parts { environment, ledger, replay, log, reporter, .. } = parts;
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let number = call.number();
    match &result {
        Ok(value) => {
            if plan.already.is_none() && !environment.only_plans() {
                ledger.push_performed(|| performed_action(call, plan));
            }
            match plan.already {
                Some(_) => ledger.count_already(),
                None => ledger.count_changed(),
            }
            let already = plan.already.as_deref();
            let well = Success { makes: &plan.makes, already, value, millis };
            record_success(ledger, replay.names(), reporter, call, &well)?;
            reporter.emit(&Event::Done { call: number, millis, already: plan.already.clone() });
        }
        Err(error) => {
            let error = error.to_string();
            let failed = || Record::Failed { call: number, error: error.clone(), millis };
            // The error of the action is more important than the error of the journal.
            if let Err(unwritten) = ledger.record(reporter, true, failed) {
                reporter.warn(unwritten.to_string());
            }
            reporter.emit(&Event::Failed { call: number, millis, error });
        }
    }
    if environment.only_plans() {
        let steps = call.take_steps();
        log.note(call.planned(plan, steps, effects));
    }
    result.map(|value| replay.names().value_then(&value))
}

/// Creates the entry for undoing an action, or for saving it as a recipe.
fn performed_action(call: &Call, plan: &Plan<Value>) -> PerformedAction {
    PerformedAction {
        call: call.info().clone(),
        args: call.args().clone(),
        undo: plan.undo.clone(),
        makes: plan.makes.clone(),
    }
}

/// The record of an action that succeeded.
pub(super) struct Success<'a> {
    /// The facts that the action made.
    pub(super) makes: &'a [Fact],
    /// The reason why no change was needed, if so.
    pub(super) already: Option<&'a str>,
    /// The value that the action returned.
    pub(super) value: &'a Value,
    /// The duration in milliseconds.
    pub(super) millis: u64,
}

/// Records the success of an action. Not synced, because the next `begin` syncs these records too;
/// only their order matters.
pub(super) fn record_success(
    ledger: &mut Ledger,
    names: &Names,
    reporter: &mut Reporter,
    call: &Call,
    well: &Success<'_>,
) -> Result<()> {
    if !ledger.has_journal() {
        return Ok(());
    }
    let facts = names.data_then(&well.makes.to_vec());
    let output = names.value_then(well.value).recorded();
    let record = match well.already {
        None => Record::Done { call: call.number(), facts, output, millis: well.millis },
        Some(why) => Record::Already {
            call: call.number(),
            name: call.name().to_owned(),
            args: call.recorded_args(),
            digest: call.digest().to_owned(),
            facts,
            output,
            why: why.to_owned(),
            site: call.site().clone(),
        },
    };
    ledger.record(reporter, false, || record)
}

/// Records the answer of a query, or its error.
pub(super) fn record_answer(
    parts: &mut Parts<'_>,
    call: &Call,
    answer: Result<Value>,
) -> Result<Value> {
    let answer = answer.map(|value| parts.replay.names().value_then(&value));
    parts.ledger.record(parts.reporter, false, || Record::Answer {
        call: call.number(),
        name: call.name().to_owned(),
        digest: call.digest().to_owned(),
        output: answer.as_ref().map_or(serde_json::Value::Null, Value::recorded),
        error: answer.as_ref().err().map(ToString::to_string),
    })?;
    answer
}
