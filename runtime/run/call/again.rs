//! A call of a resumed run: from the journal, or now.

use super::current::Call;
use crate::error::Result;
use crate::event::Event;
use crate::machine::files::Look;
use crate::machine::{Fact, FilesFact, Lifetime, is_below};
use crate::operation::spec::{ArgError, Arguments, Given};
use crate::operation::{
    AnyAction, AnyQuery, Effect, FilesEffect, ProgramEffect, Returns, StorageEffect,
};
use crate::plan::call::{PlannedStep, TakeBack};
use crate::primitives::journal::KeepOn;
use crate::primitives::plan::MayCall;
use crate::primitives::registry::Read;
use crate::primitives::stage3::{Unpack, Verify};
use crate::run::resume::{Begun, Diverged, Ending, NoAnswer, Played, Retrace, Retraced};
use crate::run::session::Session;
use crate::system::{FilesStep, Step};
use crate::types::{Map, Value};

/// Whose turn it is.
pub(super) enum Turn {
    /// The journal has the result.
    Past(Value),
    /// It is done now; perhaps it was begun before, to make these facts.
    Now(Option<Begun>),
    /// It is left out.
    Skip,
}

impl Session {
    /// What the journal says to a call: its arguments must be what they were.
    pub(super) fn turn(&mut self, call: &Call) -> Result<Turn> {
        if self.replay.skip.remove(&call.number) {
            self.replay.played.remove(&call.number);
            return Ok(Turn::Skip);
        }
        let played = self.replay.played.get(&call.number);
        let open = played.is_none_or(|played| matches!(played.result, Ending::Open(_)));
        if self.replay.retrace == Retrace::On && open {
            self.replay.retrace = Retrace::Ended;
            return Err(Retraced.into());
        }
        let Some(played) = self.replay.played.remove(&call.number) else {
            return Ok(Turn::Now(None));
        };
        // What it announces belongs to the plan of what is left.
        if call.spec.name == MayCall::SPEC.name {
            return Ok(Turn::Now(None));
        }
        let same_name = played.name == call.spec.name;
        if !same_name || played.digest != call.digest {
            // What went wrong may have been set right in the recipe.
            if self.replay.changed && matches!(played.result, Ending::Open(_)) {
                return Ok(Turn::Now(None));
            }
            let now = format!("{} {}", call.spec.name, call.about);
            let now = now.trim_end().to_owned();
            let site = call.site.clone();
            return Err(Diverged { site, now, then: played.name, args: same_name }.into());
        }
        match played.result {
            Ending::Open(begun) => {
                let makes = self.replay.names.data_now(&begun.makes);
                Ok(Turn::Now(Some(Begun { makes, ..begun })))
            }
            Ending::Error(error) => Err(NoAnswer(error).into()),
            Ending::Value(_) if self.replay.again.remove(&call.number) => Ok(Turn::Now(None)),
            Ending::Value(_) if self.verifies_what_is_left(call) => Ok(Turn::Now(None)),
            Ending::Value(value) => {
                self.play(call);
                Ok(Turn::Past(value))
            }
        }
    }

    /// The answer that the journal has, if it is still the answer. In a run that goes on by itself, a user may
    /// have changed what was asked about.
    pub(super) fn past_answer(
        &mut self,
        call: &Call,
        query: &dyn AnyQuery,
        value: Value,
    ) -> Result<Value> {
        let asks = self.replay.retrace == Retrace::Off && (self.planning() || !self.replay.seen);
        if asks {
            self.still_answers(call.number, &call.site, call.spec.name, query, &value)?;
        }
        Ok(value)
    }

    /// Whether an archive was verified that is still to be unpacked: only this process knows that it is the
    /// same one.
    fn verifies_what_is_left(&self, call: &Call) -> bool {
        let unpacked = |(number, played): (&u64, &Played)| {
            *number > call.number
                && played.name == Unpack::SPEC.name
                && matches!(played.result, Ending::Value(_))
        };
        call.spec.name == Verify::SPEC.name
            && self.replay.retrace == Retrace::Off
            && !self.replay.played.iter().any(unpacked)
    }

    /// Shows an action that was done before.
    fn play(&mut self, call: &Call) {
        let primitive = crate::primitives::registry::primitive(call.spec.name);
        if primitive.is_some_and(|primitive| matches!(primitive.read, Read::Action(_))) {
            if call.spec.name == "journal.keep_on" {
                self.keep_again(call);
            }
            if self.replay.seen {
                return;
            }
            self.tally.already += 1;
            self.tell_began(call);
            let already = Some("done before".to_owned());
            self.tell(&Event::Done { call: call.number, millis: 0, already });
        }
    }

    /// The copy of the journal follows again, where its filesystem is there.
    fn keep_again(&mut self, call: &Call) {
        let path = call.args.iter().find(|(name, _)| name == "path");
        let path = path.and_then(|(_, value)| value.as_text());
        let (Some(path), Some(journal)) = (path, &mut self.journal) else { return };
        let folder = KeepOn::folder(path);
        if journal.is_kept_in(&folder)
            && let Err(error) = journal.keep_in(&folder)
        {
            // The journal itself goes on.
            self.tell(&Event::Warning { text: error.to_string() });
        }
    }

    /// Arguments with the names that devices have now, where some have moved.
    pub(super) fn by_names_of_now(
        &self,
        call: &Call,
    ) -> Option<std::result::Result<Given, ArgError>> {
        if self.replay.names.is_empty() {
            return None;
        }
        let args = self.replay.names.args_now(&call.args);
        let args = args.into_iter().filter(|(_, value)| *value != Value::Unit).collect();
        Some(Given::by_name(call.spec.params, args))
    }

    /// An action was cut off: whether it had come to its end all the same.
    ///
    /// What it overwrites is done again as long as nothing uses it: a tool that was killed may have
    /// left the signature of a filesystem without the filesystem. Of what is not whole, everything
    /// that would be in the way of a second time is given back.
    pub(super) fn was_done(
        &mut self,
        call: &Call,
        action: &dyn AnyAction,
        effects: &[Effect],
        begun: &Begun,
    ) -> Result<Option<Value>> {
        let wanted = &begun.makes[..];
        let files = self.system.files();
        let so = |fact: &Fact| fact.holds(&self.machine, files) == Some(true);
        let all = !wanted.is_empty() && wanted.iter().all(so);
        let mut lost = effects.iter().filter_map(|effect| match effect {
            Effect::Storage(StorageEffect::Destroys { device }) => Some(device),
            _ => None,
        });
        let args = action.arguments();
        let given = given(&args);
        let partly: Vec<Fact> = wanted
            .iter()
            .filter(|fact| fact.lifetime() == Lifetime::UntilReboot && so(fact))
            .filter(|fact| fact.is_about(&given))
            .cloned()
            .collect();
        let first = lost.next();
        let free = |device: &String| self.machine.uses(device).is_empty();
        let again = first.is_some_and(free) && lost.all(free);
        if all && !again {
            // Some refuse what is there already; then it is made anew.
            let plan = action.plan(&mut self.planning_view());
            if let Ok(plan) = plan
                && let (Returns::Known(value), false) = (&plan.returns, plan.always)
            {
                let value = value.clone();
                self.adopt(wanted);
                self.tally.already += 1;
                self.tell_began(call);
                self.ended_well(call, wanted, None, &value, 0)?;
                let already = Some("it was done when the run was cut off".to_owned());
                self.tell(&Event::Done { call: call.number, millis: 0, already });
                return Ok(Some(self.replay.names.value_then(&value)));
            }
        }
        self.remove_begun(begun, effects)?;
        for release in partly.iter().rev().filter_map(Fact::release) {
            if self.planning() {
                let text = release.to_string().into();
                self.planned.push(PlannedStep { text, diff: None });
            }
            self.release_each(&[release]);
        }
        self.tell(&Event::Warning { text: once_more(call, effects) });
        Ok(None)
    }
}

impl Session {
    /// Removes files that were not there before an action that did not end: a tool may have written half
    /// of them, and the action itself would take them for somebody else's.
    ///
    /// What a journal says of them is not enough: the call itself has to write there.
    fn remove_begun(&mut self, begun: &Begun, effects: &[Effect]) -> Result<()> {
        let TakeBack::Commands { commands } = &begun.undo else { return Ok(()) };
        for fact in &begun.makes {
            let Fact::Files(FilesFact::File { place, .. }) = fact else { continue };
            let remove = Step::Files(FilesStep::Remove { place: place.clone() });
            let is_file = matches!(self.system.files().look(place), Ok(Look::File { .. }));
            let path = place.to_string();
            let own = effects.iter().any(|effect| match effect {
                Effect::Files(FilesEffect::Writes { path: top }) => is_below(&path, top),
                _ => false,
            });
            if is_file && own && commands.contains(&remove.to_string()) {
                if self.planning() {
                    self.planned.push(PlannedStep::of(&remove, self.system.files()));
                }
                self.perform_quietly(&remove)?;
                self.tell(&Event::Released { text: remove.to_string(), error: None });
            }
        }
        Ok(())
    }
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
    let what = format!("{} {}", call.spec.name, call.about);
    let runs =
        effects.iter().any(|effect| matches!(effect, Effect::Program(ProgramEffect::Runs { .. })));
    let half = match runs {
        true => "; what the program did the first time stays as it is",
        false => "",
    };
    format!(
        "{} had begun and not ended: it is done again from its beginning{half}",
        what.trim_end()
    )
}
