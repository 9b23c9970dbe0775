//! What an action may do: what was agreed to, what a person is asked for, and what is passed over.

use super::current::Call;
use super::places::Places;
use crate::error::{Exit, Result, Rule};
use crate::event::Event;
use crate::journal::Record;
use crate::operation::{Answer, AnyAction, AnyQuery, Effect, FilesEffect, Plan, Returns};
use crate::plan::approval::Decision;
use crate::plan::bound::Bound;
use crate::plan::call::PlannedStep;
use crate::run::parts::Parts;
use crate::system::{Program, Step};
use crate::types::{Map, Value};

/// An action that says nothing of what it does could be neither approved nor held against `[needs]`.
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

/// Whether it may be done. Somebody who wants to see every action first gets it shown, and what
/// they approve needs no other approval.
pub(super) fn approve(
    parts: &mut Parts<'_>,
    call: &Call,
    plan: &Plan<Value>,
    effects: &[Effect],
) -> Result<Decision> {
    if !parts.gate.reviews_every_action() {
        return admit(parts, effects).map(|()| Decision::Run);
    }
    let Parts { ground, gate, voice, .. } = parts;
    gate.must_be_declared(effects, ground.machine())?;
    let files = ground.files();
    let steps = plan.steps.iter().map(|step| PlannedStep::of(step, files)).collect();
    let shown = call.planned(plan, steps, effects.to_vec());
    gate.show(&shown, ground.machine(), voice)
}

/// The effects of an action that can't be planned yet, collected.
pub(crate) fn approve_unopened(
    parts: &mut Parts<'_>,
    effects: Vec<Effect>,
    args: &Map,
) -> Result<Vec<Effect>> {
    let effects = Places::of(parts.ground, parts.ledger).canonical(effects, args)?;
    admit(parts, &effects).map(|()| effects)
}

/// What a question reads is approved with the plan, but is no line of it.
pub(super) fn approve_read(parts: &mut Parts<'_>, query: &dyn AnyQuery) -> Result<()> {
    let mut effects = query.effects();
    effects.retain(|effect| matches!(effect, Effect::Files(FilesEffect::Reads { .. })));
    if effects.is_empty() {
        return Ok(());
    }
    let effects = Places::of(parts.ground, parts.ledger).canonical(effects, &query.arguments())?;
    match parts.gate.reviews_every_action() {
        true => parts.gate.must_be_declared(&effects, parts.ground.machine()),
        false => admit(parts, &effects),
    }
}

/// A question that runs a program in a root is approved as an action is, and has its line in the plan.
/// Returns what is assumed where it is skipped.
pub(super) fn approve_query(
    parts: &mut Parts<'_>,
    call: &Call,
    query: &dyn AnyQuery,
    answer: &Answer<Value>,
) -> Result<Option<Value>> {
    let (cmd, value) = match answer {
        Answer::Ask { cmd, guess, .. } => (Some(cmd), guess),
        Answer::Known(value) | Answer::Guess(value) => (None, value),
    };
    let mut effects = query.effects();
    // Whatever a query declares, the command that is going to run says what runs.
    if let Some(Program::Inside { root, path }) = cmd.map(|cmd| &cmd.program) {
        for effect in Effect::runs(path, &root.to_string_lossy()) {
            if !effects.contains(&effect) {
                effects.push(effect);
            }
        }
    }
    effects.retain(|effect| !matches!(effect, Effect::Files(FilesEffect::Reads { .. })));
    let planning = parts.ground.only_plans();
    if effects.is_empty() || (cmd.is_none() && !planning) {
        return Ok(None);
    }
    let effects = Places::of(parts.ground, parts.ledger).canonical(effects, &query.arguments())?;
    let steps = cmd.map(|cmd| Step::Run(cmd.clone())).into_iter().collect();
    let plan = Plan::steps(steps).returns(value.clone());
    let decision = approve(parts, call, &plan, &effects)?;
    if planning {
        let files = parts.ground.files();
        let steps = plan.steps.iter().map(|step| PlannedStep::of(step, files)).collect();
        parts.log.note(call.planned(&plan, steps, effects));
    }
    Ok((decision == Decision::Skip).then(|| value.clone()))
}

/// Lets effects pass that are approved, or that the user approves now.
fn admit(parts: &mut Parts<'_>, effects: &[Effect]) -> Result<()> {
    let machine = parts.ground.machine();
    parts.gate.must_be_declared(effects, machine)?;
    let (allowed, result) = parts.gate.admit(effects, machine, parts.voice);
    for effect in allowed {
        record(parts, &effect)?;
    }
    result
}

/// Adds effects that were approved in the middle of the run.
pub(super) fn add_approved(parts: &mut Parts<'_>, effects: Vec<Bound>) -> Result<()> {
    for effect in effects {
        parts.gate.extend(effect.clone());
        record(parts, &effect)?;
    }
    Ok(())
}

/// Records an effect that was approved in the middle of the run.
fn record(parts: &mut Parts<'_>, effect: &Bound) -> Result<()> {
    let effect = parts.replay.names().data_then(effect);
    parts.ledger.record(parts.voice, true, || Record::Approved { effect })
}

/// A person chose to leave out an action that could not be done.
pub(super) fn skip(parts: &mut Parts<'_>, call: &Call, action: &dyn AnyAction) -> Result<Value> {
    // It may be its plan that can't be made.
    match action.plan(&mut parts.ground.view()) {
        Ok(plan) => skip_action(parts, call, &plan),
        Err(_) => skipped_value(parts, call, &Value::Unit),
    }
}

/// Leaves out an action: the script gets what it would get, as far as that can be known.
pub(super) fn skip_action(parts: &mut Parts<'_>, call: &Call, plan: &Plan<Value>) -> Result<Value> {
    let (Returns::Known(value) | Returns::Read { guess: value, .. }) = &plan.returns;
    skipped_value(parts, call, value)
}

fn skipped_value(parts: &mut Parts<'_>, call: &Call, value: &Value) -> Result<Value> {
    let Parts { ledger, replay, log, voice, .. } = parts;
    log.tracing_mut().may_branch();
    let value = replay.names().value_then(value);
    ledger.record(voice, true, || Record::Skipped {
        call: call.number(),
        name: call.name().to_owned(),
        args: call.recorded_args(),
        digest: call.digest().to_owned(),
        output: value.recorded(),
        site: call.site().clone(),
    })?;
    voice.tell(&call.began());
    voice.tell(&Event::Skipped { call: call.number() });
    Ok(value)
}
