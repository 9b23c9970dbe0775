//! The approval of an action: approved with the plan, approved during the run, or skipped.

use super::current::Call;
use super::places::Places;
use crate::error::{Exit, Result, Rule};
use crate::event::Event;
use crate::journal::Record;
use crate::operation::{Answer, AnyAction, AnyQuery, Effect, Plan, Returns};
use crate::plan::approval::Decision;
use crate::plan::bound::BoundEffect;
use crate::plan::call::PlannedStep;
use crate::run::parts::Parts;
use crate::system::{Program, Step};
use crate::types::{Map, Value};

/// An action without an effect, which could neither be approved nor checked against `[needs]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{primitive}: the action declares no effect")]
pub(super) struct NoEffect {
    pub(super) primitive: &'static str,
}

impl Rule for NoEffect {
    fn remedy(&self) -> Option<String> {
        Some("give it a target; if it has one, report this as a bug in gscript".into())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// Decides whether an action may run. A user who reviews every action is shown the action; its
/// effects need no further approval.
pub(super) fn approve(
    parts: &mut Parts<'_>,
    call: &Call,
    plan: &Plan<Value>,
    effects: &[Effect],
) -> Result<Decision> {
    if !parts.gate.reviews_every_action() {
        return admit(parts, effects).map(|()| Decision::Run);
    }
    let Parts { environment, gate, reporter, .. } = parts;
    gate.must_be_declared(effects, environment.machine())?;
    let files = environment.files();
    let steps = plan.steps.iter().map(|step| PlannedStep::of(step, files)).collect();
    let shown = call.planned(plan, steps, effects.to_vec());
    gate.show(&shown, environment.machine(), reporter)
}

/// Collects the effects of an action that cannot be planned yet.
pub(crate) fn approve_unopened(
    parts: &mut Parts<'_>,
    effects: Vec<Effect>,
    args: &Map,
) -> Result<Vec<Effect>> {
    let effects = Places::of(parts.environment, parts.ledger).canonical(effects, args)?;
    admit(parts, &effects).map(|()| effects)
}

/// Approves the reads of a query. They are approved with the plan, but not listed as an entry of
/// it.
pub(super) fn approve_read(parts: &mut Parts<'_>, query: &dyn AnyQuery) -> Result<()> {
    let mut effects = query.effects();
    effects.retain(Effect::is_read);
    if effects.is_empty() {
        return Ok(());
    }
    let effects =
        Places::of(parts.environment, parts.ledger).canonical(effects, &query.arguments())?;
    match parts.gate.reviews_every_action() {
        true => parts.gate.must_be_declared(&effects, parts.environment.machine()),
        false => admit(parts, &effects),
    }
}

/// Approves a query that runs a program in a root. It is approved like an action and has an entry
/// in the plan. Returns the assumed value if the user skips it.
pub(super) fn approve_query(
    parts: &mut Parts<'_>,
    call: &Call,
    query: &dyn AnyQuery,
    answer: &Answer<Value>,
) -> Result<Option<Value>> {
    let (cmd, value) = match answer {
        Answer::Ask { cmd, assumed, .. } => (Some(cmd), assumed),
        Answer::Known(value) | Answer::Assumed(value) => (None, value),
    };
    let mut effects = query.effects();
    // The command decides which program runs, whatever effects the query declares.
    // A confined one can change nothing.
    let cmd = cmd.filter(|cmd| cmd.reading.is_none());
    if let Some(Program::Inside { root, path }) = cmd.map(|cmd| &cmd.program) {
        for effect in Effect::runs(path, &root.to_string_lossy()) {
            if !effects.contains(&effect) {
                effects.push(effect);
            }
        }
    }
    effects.retain(|effect| !effect.is_read());
    let planning = parts.environment.only_plans();
    if effects.is_empty() || (cmd.is_none() && !planning) {
        return Ok(None);
    }
    let effects =
        Places::of(parts.environment, parts.ledger).canonical(effects, &query.arguments())?;
    let steps = cmd.map(|cmd| Step::Run((**cmd).clone())).into_iter().collect();
    let plan = Plan::steps(steps).returns(value.clone());
    let decision = approve(parts, call, &plan, &effects)?;
    if planning {
        let files = parts.environment.files();
        let steps = plan.steps.iter().map(|step| PlannedStep::of(step, files)).collect();
        parts.log.note(call.planned(&plan, steps, effects));
    }
    Ok((decision == Decision::Skip).then(|| value.clone()))
}

/// Admits effects that are approved, or that the user approves now.
fn admit(parts: &mut Parts<'_>, effects: &[Effect]) -> Result<()> {
    let machine = parts.environment.machine();
    parts.gate.must_be_declared(effects, machine)?;
    let (allowed, result) = parts.gate.admit(effects, machine, parts.reporter);
    for effect in allowed {
        record(parts, &effect)?;
    }
    result
}

/// Adds effects that were approved during the run.
pub(super) fn add_approved(parts: &mut Parts<'_>, effects: Vec<BoundEffect>) -> Result<()> {
    for effect in effects {
        parts.gate.extend(effect.clone());
        record(parts, &effect)?;
    }
    Ok(())
}

/// Records an effect that was approved during the run.
fn record(parts: &mut Parts<'_>, effect: &BoundEffect) -> Result<()> {
    let effect = parts.replay.names().data_then(effect);
    parts.ledger.record(parts.reporter, true, || Record::Approved { effect })
}

/// Skips an action that failed, as chosen by the user.
pub(super) fn skip(parts: &mut Parts<'_>, call: &Call, action: &dyn AnyAction) -> Result<Value> {
    // The failure may be that the action cannot be planned.
    match action.plan(&mut parts.environment.view()) {
        Ok(plan) => skip_action(parts, call, &plan),
        Err(_) => skipped_value(parts, call, &Value::Unit),
    }
}

/// Skips an action. The script receives the value that the action would return, as far as it is
/// known.
pub(super) fn skip_action(parts: &mut Parts<'_>, call: &Call, plan: &Plan<Value>) -> Result<Value> {
    let (Returns::Known(value) | Returns::Read { assumed: value, .. }) = &plan.returns;
    skipped_value(parts, call, value)
}

fn skipped_value(parts: &mut Parts<'_>, call: &Call, value: &Value) -> Result<Value> {
    let Parts { ledger, replay, log, reporter, .. } = parts;
    log.tracing_mut().may_branch();
    let value = replay.names().value_then(value);
    ledger.record(reporter, true, || Record::Skipped {
        call: call.number(),
        name: call.name().to_owned(),
        args: call.recorded_args(),
        digest: call.digest().to_owned(),
        output: value.recorded(),
        site: call.site().clone(),
    })?;
    reporter.emit(&call.began_event());
    reporter.emit(&Event::Skipped { call: call.number() });
    Ok(value)
}
