//! A call of a resumed run: what the journal has of it, or what was begun.

use super::current::Call;
use super::record::{Well, ended_well};
use crate::error::Result;
use crate::event::Event;
use crate::machine::files::Look;
use crate::machine::{Fact, FilesFact, Lifetime, is_below};
use crate::operation::spec::{ArgError, Arguments, Given};
use crate::operation::{
    AnyAction, AnyQuery, Effect, FilesEffect, ProgramEffect, Returns, StorageEffect,
};
use crate::plan::call::{PlannedStep, UndoPlan};
use crate::primitives::journal::KeepOn;
use crate::run::ground::Ground;
use crate::run::ledger::Ledger;
use crate::run::parts::Parts;
use crate::run::release::release_each;
use crate::run::resume::{Begun, Names, Replay, still_answers};
use crate::run::voice::Voice;
use crate::system::{FilesStep, Step};
use crate::types::{Map, Value};

/// The answer that the journal has, if it is still the answer. In a run that goes on by itself, a user may
/// have changed what was asked about.
pub(super) fn past_answer(
    replay: &Replay,
    ground: &mut Ground,
    call: &Call,
    query: &dyn AnyQuery,
    value: Value,
) -> Result<Value> {
    if replay.asks_again(ground.only_plans()) {
        still_answers(replay, ground, call, query, &value)?;
    }
    Ok(value)
}

/// Shows an action that was done before.
pub(super) fn play(parts: &mut Parts<'_>, call: &Call) {
    if !call.called().action {
        return;
    }
    if call.name() == KeepOn::SPEC.name {
        keep_again(parts.ledger, parts.voice, call);
    }
    if parts.replay.was_seen() {
        return;
    }
    parts.ledger.count_already();
    parts.voice.tell(&call.began());
    let already = Some("completed earlier".to_owned());
    parts.voice.tell(&Event::Done { call: call.number(), millis: 0, already });
}

/// The copy of the journal follows again, where its filesystem is there.
fn keep_again(ledger: &mut Ledger, voice: &mut Voice, call: &Call) {
    let path = call.args().iter().find(|(name, _)| name == "path");
    let Some(path) = path.and_then(|(_, value)| value.as_text()) else { return };
    if let Err(error) = ledger.keep_again_in(&KeepOn::directory(path)) {
        // The journal itself goes on.
        voice.warn(error.to_string());
    }
}

/// Arguments with the names that devices have now, where some have moved.
pub(super) fn by_names_of_now(
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

/// An action was cut off: whether it had come to its end all the same.
///
/// What it overwrites is done again as long as nothing uses it: a tool that was killed may have
/// left the signature of a filesystem without the filesystem. Of what is not whole, everything
/// that would be in the way of a second time is given back.
pub(super) fn was_done(
    parts: &mut Parts<'_>,
    call: &mut Call,
    action: &dyn AnyAction,
    effects: &[Effect],
    begun: &Begun,
) -> Result<Option<Value>> {
    let wanted = &begun.makes[..];
    let all = !wanted.is_empty() && parts.ground.all_hold(wanted);
    let mut lost = effects.iter().filter_map(|effect| match effect {
        Effect::Storage(StorageEffect::Destroys { device }) => Some(device),
        _ => None,
    });
    let args = action.arguments();
    let given = given(&args);
    let partly: Vec<Fact> = wanted
        .iter()
        .filter(|fact| fact.lifetime() == Lifetime::UntilReboot && parts.ground.holds(fact))
        .filter(|fact| fact.is_about(&given))
        .cloned()
        .collect();
    let first = lost.next();
    let free = |device: &String| parts.ground.machine().uses(device).is_empty();
    let again = first.is_some_and(free) && lost.all(free);
    if all && !again {
        // Some refuse what is there already; then it is made anew.
        let plan = action.plan(&mut parts.ground.view());
        if let Ok(plan) = plan
            && let (Returns::Known(value), false) = (&plan.returns, plan.always)
        {
            let Parts { ledger, replay, voice, .. } = parts;
            ledger.adopt(wanted);
            ledger.count_already();
            voice.tell(&call.began());
            let well = Well { makes: wanted, already: None, value, millis: 0 };
            ended_well(ledger, replay.names(), voice, call, &well)?;
            let already = Some("it was complete when the run was interrupted".to_owned());
            voice.tell(&Event::Done { call: call.number(), millis: 0, already });
            return Ok(Some(replay.names().value_then(value)));
        }
    }
    remove_begun(parts.ground, parts.voice, call, begun, effects)?;
    for release in partly.iter().rev().filter_map(Fact::release) {
        if parts.ground.only_plans() {
            let text = release.to_string().into();
            call.plans(PlannedStep { text, diff: None });
        }
        release_each(parts, &[release]);
    }
    parts.voice.warn(once_more(call, effects));
    Ok(None)
}

/// Removes files that were not there before an action that did not end: a tool may have written half
/// of them, and the action itself would take them for somebody else's.
///
/// What a journal says of them is not enough: the call itself has to write there.
fn remove_begun(
    ground: &mut Ground,
    voice: &mut Voice,
    call: &mut Call,
    begun: &Begun,
    effects: &[Effect],
) -> Result<()> {
    let UndoPlan::Commands { commands } = &begun.undo else { return Ok(()) };
    for fact in &begun.makes {
        let Fact::Files(FilesFact::File { place, .. }) = fact else { continue };
        let remove = Step::Files(FilesStep::Remove { place: place.clone() });
        let is_file = matches!(ground.files().look(place), Ok(Look::File { .. }));
        let path = place.to_string();
        let own = effects.iter().any(|effect| match effect {
            Effect::Files(FilesEffect::Writes { path: top }) => is_below(&path, top),
            _ => false,
        });
        if is_file && own && commands.contains(&remove.to_string()) {
            if ground.only_plans() {
                call.plans(PlannedStep::of(&remove, ground.files()));
            }
            ground.perform_quietly(&remove)?;
            voice.tell(&Event::Released { text: remove.to_string(), error: None });
        }
    }
    Ok(())
}

/// The texts in what a call was given.
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

/// What a person has to know before something that did not end is done a second time.
fn once_more(call: &Call, effects: &[Effect]) -> String {
    let what = call.called();
    let runs =
        effects.iter().any(|effect| matches!(effect, Effect::Program(ProgramEffect::Runs { .. })));
    let half = match runs {
        true => "; changes the program made the first time are kept",
        false => "",
    };
    format!("{what} had begun and not ended: it is done again from its beginning{half}")
}
