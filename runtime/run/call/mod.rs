//! The phases of a call: decode → plan → guard → approval → journal → execute → learn and compare.
//!
//! This file contains the sequence; the files beside it contain the phases, each of which takes the
//! parts of the run that it needs.

mod approve;
mod cached_files;
mod compare;
mod current;
mod lost_files;
mod places;
mod record;
mod replayed;
mod verify;

use std::time::Instant;

use approve::{NoEffect, approve, approve_query, approve_read, skip, skip_action};
use compare::{check_expected, compare_answer, compare_with_plan, note_idle};
use lost_files::{boot_warnings, check_files};
use places::Places;
use record::{begin, finish, record_answer, set_up_call};
use replayed::{check_interrupted, recorded_answer, report_completed, with_present_names};
use verify::{claim, flush, learn};

pub(crate) use approve::approve_unopened;
pub(crate) use current::{Call, about};

use crate::error::{Error, Result};
use crate::event::Event;
use crate::failure::Failure;
use crate::operation::guard::{check_destroyable, check_restored};
use crate::operation::spec::{ArgError, Given};
use crate::operation::{Answer, AnyAction, AnyQuery, Effect, Plan, Returns, StorageEffect};
use crate::plan::CallReach;
use crate::plan::approval::Decision;
use crate::plan::call::PlannedStep;
use crate::primitives::registry::{Primitive, Read};
use crate::run::environment::Environment;
use crate::run::parts::Parts;
use crate::run::release::track_releasable;
use crate::run::resume::{Recall, UnfinishedAction};
use crate::system::{Cmd, MissingProgram, Outcome, Stdin, Step, StepError, StorageStep};
use crate::types::{Value, placeholder};

/// Executes a call. Returns the value for the script, or the failure.
pub(crate) fn make(
    parts: &mut Parts<'_>,
    mut call: Call,
    primitive: &Primitive,
    given: std::result::Result<Given, ArgError>,
) -> std::result::Result<Value, Failure> {
    if !parts.environment.only_plans() && parts.reporter.is_interrupted() {
        return Err(call.failure(Error::Interrupted));
    }
    parts.environment.start_call(call.number());
    let result = match primitive.read {
        Read::Action(read) => action(parts, &mut call, read, given),
        Read::Query(read) => query(parts, &mut call, read, given),
    };
    parts.environment.end_call();
    result.map_err(|error| call.failure(error))
}

/// A function that decodes the arguments of a primitive.
type Decode<T> = fn(Given) -> std::result::Result<Box<T>, ArgError>;

fn action(
    parts: &mut Parts<'_>,
    call: &mut Call,
    read: Decode<dyn AnyAction>,
    given: std::result::Result<Given, ArgError>,
) -> Result<Value> {
    let before = parts.ledger.tally();
    let spec = call.spec();
    let wrong = |error: ArgError| spec.bad_call(&error);
    let action = given.and_then(read).map_err(wrong)?;
    set_up_call(parts, call, action.arguments());
    let value = match parts.replay.recall(call)? {
        Recall::Past(value) => {
            report_completed(parts, call);
            value
        }
        Recall::Skip => skip(parts, call, action.as_ref())?,
        Recall::Now(open) => match with_present_names(parts.replay.names(), call) {
            None => act(parts, call, action.as_ref(), open)?,
            Some(given) => {
                let action = given.and_then(read).map_err(wrong)?;
                act(parts, call, action.as_ref(), open)?
            }
        },
    };
    compare_answer(parts.log, parts.ledger, call, before, Ok(value))
}

fn query(
    parts: &mut Parts<'_>,
    call: &mut Call,
    read: Decode<dyn AnyQuery>,
    given: std::result::Result<Given, ArgError>,
) -> Result<Value> {
    let before = parts.ledger.tally();
    let spec = call.spec();
    let wrong = |error: ArgError| spec.bad_call(&error);
    let query = given.and_then(read).map_err(wrong)?;
    set_up_call(parts, call, query.arguments());
    check_expected(parts.log, call)?;
    if let Recall::Past(value) = parts.replay.recall(call)? {
        let answer = recorded_answer(parts.replay, parts.environment, call, query.as_ref(), value);
        return compare_answer(parts.log, parts.ledger, call, before, answer);
    }
    let answer = match with_present_names(parts.replay.names(), call) {
        None => ask(parts, call, query.as_ref()),
        Some(given) => {
            let query = given.and_then(read).map_err(wrong)?;
            ask(parts, call, query.as_ref())
        }
    };
    let answer = compare_answer(parts.log, parts.ledger, call, before, answer);
    record_answer(parts, call, answer)
}

fn ask(parts: &mut Parts<'_>, call: &Call, query: &dyn AnyQuery) -> Result<Value> {
    approve_read(parts, query)?;
    let answer = query.answer(&mut parts.environment.view())?;
    for text in query.warnings(&mut parts.environment.view())? {
        match parts.environment.only_plans() {
            true => parts.log.add_message(&format!("warning: {text}")),
            false => parts.reporter.warn(text),
        }
    }
    if let Some(value) = approve_query(parts, call, query, &answer)? {
        return Ok(value);
    }
    let Parts { environment, ledger, reporter, .. } = parts;
    match answer {
        Answer::Known(value)
            if !asks_about_unseen(environment, query)
                && !has_placeholder(environment, query, &value) =>
        {
            Ok(value)
        }
        Answer::Known(value) | Answer::Assumed(value) => {
            ledger.count_assumed();
            Ok(value)
        }
        Answer::Ask { cmd, assumed, read } if environment.only_plans() => {
            // The answer may be another one when the run reaches this call.
            ledger.count_assumed();
            match environment.ask(&cmd) {
                Some(outcome) => read(&outcome),
                None => Ok(assumed),
            }
        }
        Answer::Ask { cmd, read, assumed } => {
            let outcome =
                environment.perform(&Step::Run(*cmd), &mut reporter.watch(call.number()))?;
            if outcome.unknown {
                ledger.count_assumed();
                return Ok(assumed);
            }
            read(&outcome)
        }
    }
}

/// Returns whether a query concerns a device whose contents are only known at run time.
fn asks_about_unseen(environment: &Environment, query: &dyn AnyQuery) -> bool {
    let machine = environment.machine();
    environment.only_plans() && CallReach::of(&query.arguments(), &[], machine).has_unseen(machine)
}

/// Returns whether a query concerns what only the run knows, or its answer contains it, such as a
/// file in which a plan has written it.
fn has_placeholder(environment: &Environment, query: &dyn AnyQuery, answer: &Value) -> bool {
    let in_value = |value: &Value| placeholder(&value.recorded().to_string()).is_some();
    environment.only_plans() && (in_value(answer) || in_value(&Value::Map(query.arguments())))
}

fn act(
    parts: &mut Parts<'_>,
    call: &mut Call,
    action: &dyn AnyAction,
    open: Option<UnfinishedAction>,
) -> Result<Value> {
    let start = Instant::now();
    let places = Places::of(parts.environment, parts.ledger);
    let mut effects = places.canonical(action.effects(), &action.arguments())?;
    if let Some(wanted) = open {
        if let Some(value) = check_interrupted(parts, call, action, &effects, &wanted)? {
            return Ok(value);
        }
        parts.environment.start_call(call.number());
    }
    let mut plan = action.plan(&mut parts.environment.view())?;
    // Unresolved steps are compared with the plan, which may not know yet where a symbolic link
    // leads. The effects contain the resolved places.
    let named = plan.steps.clone();
    Places::of(parts.environment, parts.ledger).follow_links(&mut plan, &mut effects)?;
    parts.gate.check_directories(
        &plan.steps,
        parts.ledger.releasable(),
        parts.environment.files(),
    )?;
    if effects.is_empty() && !plan.steps.is_empty() && action.effects().is_empty() {
        return Err(NoEffect { primitive: call.name() }.into());
    }
    require_programs(parts.environment, &plan.steps)?;
    plan.already = plan.already.take().or_else(|| already(parts.environment, &plan, &effects));
    if plan.already.is_none() {
        // A device that is already in the planned state may be in use.
        for effect in &effects {
            if let Effect::Storage(StorageEffect::Destroys { device }) = effect {
                check_destroyable(parts.environment.machine(), device)?;
            }
            check_restored(parts.environment.machine(), effect)?;
        }
        check_files(parts.environment, &plan.steps)?;
        plan.warnings.extend(boot_warnings(parts.environment, &plan.steps, &effects));
        // Effects that the recipe does not declare are refused before the user is asked.
        parts.gate.must_be_declared(&effects, parts.environment.machine())?;
        compare_with_plan(parts, call, &plan, &named, &effects)?;
        if approve(parts, call, &plan, &effects)? == Decision::Skip {
            return skip_action(parts, call, &plan);
        }
    } else {
        note_idle(parts.log, parts.environment, call, &named);
    }
    describe(parts, call, &plan)?;
    for text in &plan.warnings {
        parts.reporter.warn(text);
    }
    begin(parts.ledger, parts.replay.names(), parts.reporter, call, &plan)?;
    let result = match plan.already {
        Some(_) => Ok(match &plan.returns {
            Returns::Known(value) | Returns::Read { assumed: value, .. } => value.clone(),
        }),
        None => execute(parts, call, &plan, &effects),
    };
    finish(parts, call, &plan, effects, start.elapsed(), result)
}

/// Adds to the plan what its steps will do, as far as the machine can be asked.
fn describe(parts: &mut Parts<'_>, call: &mut Call, plan: &Plan<Value>) -> Result<()> {
    let Some(preview) = plan.preview.as_ref().filter(|_| plan.already.is_none()) else {
        return Ok(());
    };
    if parts.environment.only_plans()
        && let Some(outcome) = parts.environment.ask(&preview.cmd)
    {
        call.add_preview((preview.read)(&outcome)?);
    }
    Ok(())
}

/// Fails if a program is missing, before the first step runs.
fn require_programs(environment: &Environment, steps: &[Step]) -> Result<()> {
    let Some(programs) = &environment.machine().host.programs else { return Ok(()) };
    match steps.iter().flat_map(Step::tools).find(|name| !programs.contains_key(*name)) {
        Some(name) => Err(MissingProgram::named(name).into()),
        None => Ok(()),
    }
}

/// Returns a description of the facts if all of them already hold, so that no change is needed.
fn already(environment: &Environment, plan: &Plan<Value>, effects: &[Effect]) -> Option<String> {
    let destroys = effects
        .iter()
        .any(|effect| matches!(effect, Effect::Storage(StorageEffect::Destroys { .. })));
    if destroys || plan.always || plan.makes.is_empty() {
        return None;
    }
    environment
        .all_hold(&plan.makes)
        .then(|| plan.makes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

/// Performs the steps, updates the model, and compares it with the machine.
fn execute(
    parts: &mut Parts<'_>,
    call: &mut Call,
    plan: &Plan<Value>,
    effects: &[Effect],
) -> Result<Value> {
    track_releasable(parts.ledger, parts.environment.machine(), &plan.makes);
    for effect in effects {
        // An inactive volume has no device node that could be in use.
        if let Effect::Storage(StorageEffect::Destroys { device }) = effect
            && parts.environment.machine().inactive(device).is_none()
        {
            claim(parts.environment, parts.reporter, call.number(), device)?;
        }
    }
    let mut outcomes = Vec::with_capacity(plan.steps.len());
    for (index, step) in plan.steps.iter().enumerate() {
        let outcome = perform(parts, call, step, plan.hint).inspect_err(|_| {
            let (done, left) = plan.steps.split_at(index);
            parts.environment.action_failed(&plan.makes, done, left);
        })?;
        outcomes.push(outcome);
    }
    flush(parts.environment, parts.reporter, call.number(), &plan.steps, effects)?;
    learn(parts.environment, parts.ledger, &plan.makes)?;
    if let Some(directory) = &plan.keeps_journal {
        parts.ledger.add_copy_in(directory.as_path())?;
    }
    match &plan.returns {
        Returns::Known(value) => Ok(value.clone()),
        Returns::Read { assumed, .. } if is_unknown(&outcomes, parts.environment.only_plans()) => {
            parts.ledger.count_assumed();
            Ok(assumed.clone())
        }
        Returns::Read { read, .. } => read(&outcomes),
    }
}

fn perform(
    parts: &mut Parts<'_>,
    call: &mut Call,
    step: &Step,
    hint: Option<&'static str>,
) -> Result<Outcome> {
    let Parts { environment, ledger, reporter, .. } = parts;
    let terminal =
        environment.is_real() && matches!(step, Step::Run(Cmd { stdin: Stdin::Terminal, .. }));
    if environment.only_plans() {
        call.add_step(PlannedStep::of(step, environment.files()));
    } else {
        let text = step.to_string();
        call.note_step(step, &text);
        reporter.emit(&Event::Step { call: call.number(), text });
    }
    if terminal {
        reporter.emit(&Event::Terminal { taken: true });
    }
    if let Step::Storage(StorageStep::Unmount { at }) = step {
        ledger.close_copies_on(at)?;
        reporter.close_files();
    }
    let outcome = environment.perform(step, &mut reporter.watch(call.number()));
    if terminal {
        reporter.emit(&Event::Terminal { taken: false });
    }
    Ok(outcome.map_err(|error| StepError { hint: error.hint.or(hint), ..error })?)
}

/// Returns whether no step was really performed, so that there is no output to read the value from.
fn is_unknown(outcomes: &[Outcome], planning: bool) -> bool {
    planning || (!outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.unknown))
}
