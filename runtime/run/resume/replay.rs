//! Calls that a journal knows the results of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Names;
use super::traces::Traces;
use crate::error::{Error, Exit, Rule};
use crate::event::Site;
use crate::journal::{BY_HAND, Record, Transcript, standing};
use crate::machine::Fact;
use crate::operation::spec::Arguments;
use crate::plan::call::UndoPlan;
use crate::primitives::plan::MayCall;
use crate::primitives::stage3::{Unpack, Verify};
use crate::run::call::Call;
use crate::types::{Map, Value};

/// A call of the run that is resumed.
#[derive(Debug, Clone, PartialEq)]
struct Played {
    /// The primitive.
    name: String,
    /// SHA-256 of its arguments.
    digest: String,
    /// How it ended.
    result: Ending,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
enum Ending {
    /// Well: the script gets this.
    Value(Value),
    /// A question without an answer.
    Error(String),
    /// Not at all, or badly.
    Open(Begun),
}

/// An action that was begun.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Begun {
    /// The facts that were wanted.
    pub(crate) makes: Vec<Fact>,
    /// How it would have been taken back, as things were before it.
    pub(crate) undo: UndoPlan,
}

/// What a call of a resumed run gets.
pub(crate) enum Recall {
    /// The journal has the result.
    Past(Value),
    /// It is done now; perhaps it was begun before, to make these facts.
    Now(Option<Begun>),
    /// It is left out.
    Skip,
}

/// Whether a script is only followed as far as its journal goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Retrace {
    /// It goes on behind that place.
    #[default]
    Off,
    /// It ends there.
    On,
    /// It has ended there.
    Ended,
}

/// What a resumed run is given. Results are handed out one by one, as the script asks for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Replay {
    /// Calls by number.
    played: BTreeMap<u64, Played>,
    /// Devices that have other names now.
    names: Names,
    /// Whether the recipe has another text: then what had failed may be called otherwise.
    changed: bool,
    /// Actions that a person chose to leave out.
    skip: BTreeSet<u64>,
    /// Actions whose files are gone: they are done again.
    again: BTreeSet<u64>,
    /// What the run did after each of its questions.
    traces: Traces,
    /// Whether the person has seen what was done before.
    seen: bool,
    /// Whether the script ends where the journal has no more results.
    retrace: Retrace,
}

impl Replay {
    /// The results of a journal.
    pub(crate) fn of(transcript: &Transcript, names: Names, changed: bool) -> Self {
        let mut played = BTreeMap::new();
        let mut questions = Vec::new();
        let plain = |json: &serde_json::Value| Value::from(json.clone());
        // What was done by hand the recipe knows nothing of.
        let own = |record: &&Record| record.call().is_some_and(|call| call < BY_HAND);
        for record in standing(&transcript.records).filter(own) {
            match record {
                Record::Begin { call, name, digest, makes, undo, .. } => {
                    let begun = Begun { makes: makes.clone(), undo: undo.clone() };
                    let result = Ending::Open(begun);
                    let (name, digest) = (name.clone(), digest.clone());
                    played.insert(*call, Played { name, digest, result });
                }
                Record::Done { call, output, .. } => {
                    if let Some(known) = played.get_mut(call) {
                        known.result = Ending::Value(plain(output));
                    }
                }
                Record::Already { call, name, digest, output, .. }
                | Record::Skipped { call, name, digest, output, .. } => {
                    let result = Ending::Value(plain(output));
                    let (name, digest) = (name.clone(), digest.clone());
                    played.insert(*call, Played { name, digest, result });
                }
                Record::Answer { call, name, digest, output, error } => {
                    let result = match error {
                        Some(error) => Ending::Error(error.clone()),
                        None => Ending::Value(plain(output)),
                    };
                    let (name, digest) = (name.clone(), digest.clone());
                    played.insert(*call, Played { name, digest, result });
                    questions.push(*call);
                    continue;
                }
                _ => continue,
            }
            questions.clear();
        }
        // Nothing was done because of the last answers: what was missing may be there by now.
        played.retain(|call, _| !questions.contains(call));
        let traces = Traces::of(&transcript.records);
        Self { played, names, changed, traces, ..Self::default() }
    }

    /// Returns the results that a journal has by now, for the same process and the same user.
    pub(crate) fn anew(&self, transcript: &Transcript, changed: bool) -> Self {
        let again = self.again.clone();
        Self { again, seen: true, ..Self::of(transcript, self.names.clone(), changed) }
    }

    /// Nothing was done before, by devices with these names.
    pub(crate) fn named(names: Names) -> Self {
        Self { names, ..Self::default() }
    }

    /// Returns the same, for a user who has seen what was done before.
    pub(crate) fn into_seen(self) -> Self {
        Self { seen: true, ..self }
    }

    /// Returns the same, for a script that ends where there are no more results.
    pub(crate) fn retracing(self) -> Self {
        Self { retrace: Retrace::On, ..self.into_seen() }
    }

    /// Returns where the devices of the run are now.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Whether there are results that the script has not asked for yet.
    pub(crate) fn is_playing(&self) -> bool {
        !self.played.is_empty()
    }

    /// Whether the user has seen what was done before.
    pub(crate) fn was_seen(&self) -> bool {
        self.seen
    }

    /// Whether the script is where the user has seen it already.
    pub(crate) fn is_seen(&self) -> bool {
        self.seen && self.is_playing()
    }

    /// Whether the script has been followed to where there are no more results.
    pub(crate) fn is_retraced(&self) -> bool {
        self.retrace == Retrace::Ended
    }

    /// Whether the script has not asked for the result of this call yet.
    pub(crate) fn has(&self, call: u64) -> bool {
        self.played.contains_key(&call)
    }

    /// Leaves out an action. Returns whether it was not left out before.
    pub(crate) fn skip(&mut self, call: u64) -> bool {
        self.skip.insert(call)
    }

    /// Does actions again when their turn comes.
    pub(crate) fn repeat(&mut self, calls: impl IntoIterator<Item = u64>) {
        self.again.extend(calls);
    }

    /// Whether questions whose answers the journal has are asked again all the same.
    pub(crate) fn asks_again(&self, planning: bool) -> bool {
        self.retrace == Retrace::Off && (planning || !self.seen)
    }

    /// Whether a question is about paths that nothing was done to since it was asked.
    pub(super) fn untouched(&self, call: u64, args: &Map) -> bool {
        self.traces.untouched(call, args)
    }

    /// Returns what the journal has of a call: its arguments must be what they were.
    pub(crate) fn recall(&mut self, call: &Call) -> Result<Recall, Error> {
        let number = call.number();
        if self.skip.remove(&number) {
            self.played.remove(&number);
            return Ok(Recall::Skip);
        }
        let played = self.played.get(&number);
        let open = played.is_none_or(|played| matches!(played.result, Ending::Open(_)));
        if self.retrace == Retrace::On && open {
            self.retrace = Retrace::Ended;
            return Err(Retraced.into());
        }
        let Some(played) = self.played.remove(&number) else {
            return Ok(Recall::Now(None));
        };
        // What it declares belongs to the plan of what is left.
        if call.name() == MayCall::SPEC.name {
            return Ok(Recall::Now(None));
        }
        let same_name = played.name == call.name();
        if !same_name || played.digest != call.digest() {
            // What went wrong may have been set right in the recipe.
            if self.changed && matches!(played.result, Ending::Open(_)) {
                return Ok(Recall::Now(None));
            }
            let (site, now) = (call.site().clone(), call.called().to_string());
            return Err(Diverged { site, now, then: played.name, args: same_name }.into());
        }
        match played.result {
            Ending::Open(begun) => {
                let makes = self.names.data_now(&begun.makes);
                Ok(Recall::Now(Some(Begun { makes, ..begun })))
            }
            Ending::Error(error) => Err(NoAnswer(error).into()),
            Ending::Value(_) if self.again.remove(&number) => Ok(Recall::Now(None)),
            Ending::Value(_) if self.verifies_what_is_left(call) => Ok(Recall::Now(None)),
            Ending::Value(value) => Ok(Recall::Past(value)),
        }
    }

    /// Whether an archive was verified that is still to be unpacked: only this process knows that it is the
    /// same one.
    fn verifies_what_is_left(&self, call: &Call) -> bool {
        let unpacked = |(number, played): (&u64, &Played)| {
            *number > call.number()
                && played.name == Unpack::SPEC.name
                && matches!(played.result, Ending::Value(_))
        };
        call.name() == Verify::SPEC.name
            && self.retrace == Retrace::Off
            && !self.played.iter().any(unpacked)
    }

    /// Refuses results that the recipe did not ask for: they are of another run. What failed may be called
    /// otherwise, or not at all, in a changed recipe.
    pub(crate) fn all_played(&self) -> Result<(), Error> {
        let failed = |played: &Played| self.changed && matches!(played.result, Ending::Open(_));
        match self.played.iter().find(|(_, played)| !failed(played)) {
            Some((call, played)) => {
                Err(NotCalled { call: *call, name: played.name.clone() }.into())
            }
            None => Ok(()),
        }
    }
}

/// The journal has a call that its recipe does not make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the recipe diverges from the journal: call {call}, {name}, is missing")]
struct NotCalled {
    call: u64,
    name: String,
}

impl Rule for NotCalled {
    fn remedy(&self) -> Option<String> {
        Some(BEGIN_ANEW.into())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// The journal has no more results: the script has been followed as far as it goes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal ends here")]
struct Retraced;

impl Rule for Retraced {
    fn remedy(&self) -> Option<String> {
        None
    }

    fn ends_the_run(&self) -> bool {
        true
    }
}

/// What to do where a journal does not fit its recipe.
pub(super) const BEGIN_ANEW: &str = "release what the run left and begin again: gscript release, then run the recipe; \
                          completed actions are skipped";

/// The recipe went another way than its journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Diverged {
    /// Where it is now.
    site: Site,
    /// What it calls now.
    now: String,
    /// What the journal has.
    then: String,
    /// Whether only the arguments differ.
    args: bool,
}

impl fmt::Display for Diverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the recipe diverges from the journal at {}: calls {}", self.site, self.now)?;
        match self.args {
            true => f.write_str(" with other arguments"),
            false => write!(f, ", journal has {}", self.then),
        }
    }
}

impl std::error::Error for Diverged {}

impl Rule for Diverged {
    fn remedy(&self) -> Option<String> {
        Some(BEGIN_ANEW.into())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn ends_the_run(&self) -> bool {
        true
    }
}

/// A question that had no answer before has none now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct NoAnswer(String);

impl Rule for NoAnswer {
    fn remedy(&self) -> Option<String> {
        None
    }
}
