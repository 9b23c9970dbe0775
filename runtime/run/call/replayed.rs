//! A call of a resumed run that the journal has a result of, or that was interrupted.

use super::current::Call;
use super::record::{Success, record_success};
use crate::error::Result;
use crate::event::Event;
use crate::machine::files::FileStatus;
use crate::machine::{Fact, FilesFact, Lifetime, StorageFact, is_below};
use crate::operation::spec::{ArgError, Arguments, Given};
use crate::operation::{
    AnyAction, AnyQuery, Effect, FilesEffect, ProgramEffect, Returns, StorageEffect,
};
use crate::plan::call::{PlannedStep, UndoPlan};
use crate::primitives::journal::KeepOn;
use crate::run::environment::Environment;
use crate::run::ledger::Ledger;
use crate::run::parts::Parts;
use crate::run::release::release_each;
use crate::run::reporter::Reporter;
use crate::run::resume::{Names, Replay, UnfinishedAction, check_recorded_answer};
use crate::system::{FilesStep, Step};
use crate::types::{Map, Value};

/// Returns the recorded answer, if it is still correct. A user may have changed the queried object
/// since, even if the run continues in the same process.
pub(super) fn recorded_answer(
    replay: &Replay,
    environment: &mut Environment,
    call: &Call,
    query: &dyn AnyQuery,
    value: Value,
) -> Result<Value> {
    if replay.repeats_queries(environment.only_plans()) {
        check_recorded_answer(replay, environment, call, query, &value)?;
    }
    Ok(value)
}

/// Reports an action that was completed earlier.
pub(super) fn report_completed(parts: &mut Parts<'_>, call: &Call) {
    if !call.info().action {
        return;
    }
    if call.name() == KeepOn::SPEC.name {
        continue_journal_copy(parts.ledger, parts.reporter, call);
    }
    if parts.replay.was_seen() {
        return;
    }
    parts.ledger.count_already();
    parts.reporter.emit(&call.began_event());
    let already = Some("completed earlier".to_owned());
    parts.reporter.emit(&Event::Done { call: call.number(), millis: 0, already });
}

/// Continues the copy of the journal, if its filesystem is mounted.
fn continue_journal_copy(ledger: &mut Ledger, reporter: &mut Reporter, call: &Call) {
    let path = call.args().iter().find(|(name, _)| name == "path");
    let Some(path) = path.and_then(|(_, value)| value.as_text()) else { return };
    if let Err(error) = ledger.continue_copy_in(&KeepOn::directory(path)) {
        // The journal itself is not affected.
        reporter.warn(error.to_string());
    }
}

/// Returns the arguments with the present device names, if any were renamed.
pub(super) fn with_present_names(
    names: &Names,
    call: &Call,
) -> Option<std::result::Result<Given, ArgError>> {
    if names.is_empty() {
        return None;
    }
    let args = names.args_now(call.args());
    let args = args.into_iter().filter(|(_, value)| *value != Value::Unit).collect();
    Some(Given::by_name(call.spec().params, args))
}

/// Checks whether an interrupted action was completed nevertheless, and returns its value if so.
///
/// An action that overwrites a device runs again as long as the device is not in use: a killed tool
/// may have written the signature of a filesystem without the filesystem. Partial results that
/// would prevent a second run are released.
pub(super) fn check_interrupted(
    parts: &mut Parts<'_>,
    call: &mut Call,
    action: &dyn AnyAction,
    effects: &[Effect],
    begun: &UnfinishedAction,
) -> Result<Option<Value>> {
    let wanted = &begun.makes[..];
    let mut lost = effects.iter().filter_map(|effect| match effect {
        Effect::Storage(StorageEffect::Destroys { device }) => Some(device),
        _ => None,
    });
    let args = action.arguments();
    let given = given(&args);
    let partly: Vec<Fact> = wanted
        .iter()
        .filter(|fact| fact.lifetime() == Lifetime::UntilReboot)
        .filter(|fact| parts.environment.holds(fact) || is_array(fact, parts.environment))
        .filter(|fact| fact.is_about(&given))
        .cloned()
        .collect();
    let first = lost.next();
    let free = |device: &String| parts.environment.machine().uses(device).is_empty();
    let again = first.is_some_and(free) && lost.all(free);
    if !again && let Some((makes, value)) = completed(parts, action, wanted) {
        let Parts { ledger, replay, reporter, .. } = parts;
        ledger.adopt(&makes);
        ledger.count_already();
        reporter.emit(&call.began_event());
        let well = Success { makes: &makes, already: None, value: &value, millis: 0 };
        record_success(ledger, replay.names(), reporter, call, &well)?;
        let already = Some("it was complete when the run was interrupted".to_owned());
        reporter.emit(&Event::Done { call: call.number(), millis: 0, already });
        return Ok(Some(replay.names().value_then(&value)));
    }
    remove_partial_files(parts.environment, parts.reporter, call, begun, effects)?;
    for release in partly.iter().rev().filter_map(Fact::release) {
        if parts.environment.only_plans() {
            let text = release.to_string().into();
            call.add_step(PlannedStep { text, diff: None });
        }
        release_each(parts, &[release]);
    }
    parts.reporter.warn(rerun_warning(call, effects));
    Ok(None)
}

/// Returns whether a fact is about an array that exists, whether it runs or not.
fn is_array(fact: &Fact, environment: &Environment) -> bool {
    matches!(fact, Fact::Storage(StorageFact::ArrayRunning { .. }))
        && fact.is_present(environment.machine())
}

/// Returns the facts and the value of an interrupted action whose results exist: those that were
/// recorded, or those of the present plan, because the kernel may have chosen another name for a
/// device.
fn completed(
    parts: &mut Parts<'_>,
    action: &dyn AnyAction,
    wanted: &[Fact],
) -> Option<(Vec<Fact>, Value)> {
    // Planning fails for some actions if their results exist; then the action runs again.
    let plan = action.plan(&mut parts.environment.view()).ok()?;
    let (Returns::Known(value), false) = (plan.returns, plan.always) else { return None };
    let mut candidates = [wanted.to_vec(), plan.makes].into_iter();
    let holds = |facts: &Vec<Fact>| !facts.is_empty() && parts.environment.all_hold(facts);
    Some((candidates.find(holds)?, value))
}

/// Removes files that did not exist before an interrupted action: a tool may have written them only
/// partially, and the action would not recognize them as its own.
///
/// The journal is not sufficient evidence: the call itself must write there.
fn remove_partial_files(
    environment: &mut Environment,
    reporter: &mut Reporter,
    call: &mut Call,
    begun: &UnfinishedAction,
    effects: &[Effect],
) -> Result<()> {
    let UndoPlan::Commands { commands } = &begun.undo else { return Ok(()) };
    for fact in &begun.makes {
        let Fact::Files(FilesFact::File { place, .. }) = fact else { continue };
        let remove = Step::Files(FilesStep::Remove { place: place.clone() });
        let is_file = matches!(environment.files().file_status(place), Ok(FileStatus::File { .. }));
        let path = place.to_string();
        let own = effects.iter().any(|effect| match effect {
            Effect::Files(FilesEffect::Writes { path: top }) => is_below(&path, top),
            _ => false,
        });
        if is_file && own && commands.contains(&remove.to_string()) {
            if environment.only_plans() {
                call.add_step(PlannedStep::of(&remove, environment.files()));
            }
            environment.perform_quietly(&remove)?;
            reporter.emit(&Event::Released { text: remove.to_string(), error: None });
        }
    }
    Ok(())
}

/// Returns the strings in the arguments of a call.
fn given(args: &Map) -> Vec<&str> {
    let mut texts = Vec::new();
    for (_, value) in args {
        collect(value, &mut texts);
    }
    texts
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::Text(text) => texts.push(text),
        Value::List(items) => {
            for item in items {
                collect(item, texts);
            }
        }
        _ => {}
    }
}

/// Returns the warning for an interrupted action that runs again.
fn rerun_warning(call: &Call, effects: &[Effect]) -> String {
    let what = call.info();
    let runs =
        effects.iter().any(|effect| matches!(effect, Effect::Program(ProgramEffect::Runs { .. })));
    let half = match runs {
        true => "; changes the program made the first time are kept",
        false => "",
    };
    format!("{what} was interrupted: it is repeated from the beginning{half}")
}
