//! Replays calls with the results from a journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Names;
use super::traces::Traces;
use crate::error::{Error, Exit, Rule};
use crate::event::Site;
use crate::journal::{FIRST_MANUAL_CALL, Record, Transcript, valid_records};
use crate::machine::Fact;
use crate::operation::spec::Arguments;
use crate::plan::call::UndoPlan;
use crate::primitives::plan::MayCall;
use crate::primitives::stage3::{Fetch, Unpack, Verify};
use crate::run::call::Call;
use crate::types::{Map, Value};

/// A call in the journal.
#[derive(Debug, Clone, PartialEq)]
struct RecordedCall {
    /// The name of the primitive.
    name: String,
    /// SHA-256 of the arguments.
    digest: String,
    result: RecordedResult,
}

/// The result of a call.
#[derive(Debug, Clone, PartialEq)]
enum RecordedResult {
    /// The call succeeded with this value.
    Value(Value),
    /// A query failed with this error.
    Error(String),
    /// An action failed or was interrupted.
    Open(UnfinishedAction),
}

/// An action that began and did not succeed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UnfinishedAction {
    /// The facts that it should have made.
    pub(crate) makes: Vec<Fact>,
    /// How it would have been undone, as planned before it.
    pub(crate) undo: UndoPlan,
}

/// The recorded state of a call in a resumed run.
pub(crate) enum Recall {
    /// The call has this result in the journal.
    Past(Value),
    /// The call runs now. If it began before, this is its record.
    Now(Option<UnfinishedAction>),
    /// The call is skipped.
    Skip,
}

/// The behaviour of a script at the end of its journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Retrace {
    /// The script continues after the end of the journal.
    #[default]
    Off,
    /// The script stops at the end of the journal.
    On,
    /// The script has stopped at the end of the journal.
    Ended,
}

/// The recorded calls of a resumed run. Each is removed when the script makes the call.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Replay {
    /// The calls by number.
    recorded: BTreeMap<u64, RecordedCall>,
    /// The device names that have changed since.
    names: Names,
    /// Whether the recipe was changed since; then the failed call may differ.
    changed: bool,
    /// Actions that the user chose to skip.
    skip: BTreeSet<u64>,
    /// Actions that run again because their files were deleted.
    again: BTreeSet<u64>,
    /// The changes that the run made after each of its queries.
    traces: Traces,
    /// Whether the user has already seen the completed calls.
    seen: bool,
    /// Whether the script stops at the end of the journal.
    retrace: Retrace,
}

impl Replay {
    /// Creates the replay of a journal.
    pub(crate) fn of(transcript: &Transcript, names: Names, changed: bool) -> Self {
        let mut recorded = BTreeMap::new();
        let mut questions = Vec::new();
        let plain = |json: &serde_json::Value| Value::from(json.clone());
        // The recipe does not make the manual calls.
        let own = |record: &&Record| record.call().is_some_and(|call| call < FIRST_MANUAL_CALL);
        for record in valid_records(&transcript.records).filter(own) {
            match record {
                Record::Begin { call, name, digest, makes, undo, .. } => {
                    let begun = UnfinishedAction { makes: makes.clone(), undo: undo.clone() };
                    let result = RecordedResult::Open(begun);
                    let (name, digest) = (name.clone(), digest.clone());
                    recorded.insert(*call, RecordedCall { name, digest, result });
                }
                Record::Done { call, output, .. } => {
                    if let Some(known) = recorded.get_mut(call) {
                        known.result = RecordedResult::Value(plain(output));
                    }
                }
                Record::Already { call, name, digest, output, .. }
                | Record::Skipped { call, name, digest, output, .. } => {
                    let result = RecordedResult::Value(plain(output));
                    let (name, digest) = (name.clone(), digest.clone());
                    recorded.insert(*call, RecordedCall { name, digest, result });
                }
                Record::Answer { call, name, digest, output, error } => {
                    let result = match error {
                        Some(error) => RecordedResult::Error(error.clone()),
                        None => RecordedResult::Value(plain(output)),
                    };
                    let (name, digest) = (name.clone(), digest.clone());
                    recorded.insert(*call, RecordedCall { name, digest, result });
                    questions.push(*call);
                    continue;
                }
                _ => continue,
            }
            questions.clear();
        }
        // No action depended on the last answers: a missing device may have been connected since.
        recorded.retain(|call, _| !questions.contains(call));
        let traces = Traces::of(&transcript.records);
        Self { recorded, names, changed, traces, ..Self::default() }
    }

    /// Returns a replay of the present journal, for the same process and user.
    pub(crate) fn with_transcript(&self, transcript: &Transcript, changed: bool) -> Self {
        let again = self.again.clone();
        Self { again, seen: true, ..Self::of(transcript, self.names.clone(), changed) }
    }

    /// Creates an empty replay with these device names.
    pub(crate) fn named(names: Names) -> Self {
        Self { names, ..Self::default() }
    }

    /// Marks the completed calls as seen by the user.
    pub(crate) fn into_seen(self) -> Self {
        Self { seen: true, ..self }
    }

    /// Makes the script stop at the end of the journal.
    pub(crate) fn retracing(self) -> Self {
        Self { retrace: Retrace::On, ..self.into_seen() }
    }

    /// Returns the device names that have changed since.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Returns whether there are results that the script has not requested yet.
    pub(crate) fn has_results(&self) -> bool {
        !self.recorded.is_empty()
    }

    /// Returns whether the user has already seen the completed calls.
    pub(crate) fn was_seen(&self) -> bool {
        self.seen
    }

    /// Returns whether the user has already seen the present part of the script.
    pub(crate) fn is_seen(&self) -> bool {
        self.seen && self.has_results()
    }

    /// Returns whether the script has stopped at the end of the journal.
    pub(crate) fn is_retraced(&self) -> bool {
        self.retrace == Retrace::Ended
    }

    /// Returns whether the script has not requested the result of this call yet.
    pub(crate) fn has(&self, call: u64) -> bool {
        self.recorded.contains_key(&call)
    }

    /// Skips an action. Returns false if it was already skipped.
    pub(crate) fn skip(&mut self, call: u64) -> bool {
        self.skip.insert(call)
    }

    /// Runs actions again when the script makes their calls.
    pub(crate) fn repeat(&mut self, calls: impl IntoIterator<Item = u64>) {
        self.again.extend(calls);
    }

    /// Returns whether queries with recorded answers are made again for comparison.
    pub(crate) fn repeats_queries(&self, planning: bool) -> bool {
        self.retrace == Retrace::Off && (planning || !self.seen)
    }

    /// Returns whether a query concerns paths that were not changed since its answer was recorded.
    pub(super) fn unchanged_since(&self, call: u64, args: &Map) -> bool {
        self.traces.unchanged_since(call, args)
    }

    /// Returns the recorded state of a call. Fails if its primitive or arguments differ from the
    /// journal.
    pub(crate) fn recall(&mut self, call: &Call) -> Result<Recall, Error> {
        let number = call.number();
        if self.skip.remove(&number) {
            self.recorded.remove(&number);
            return Ok(Recall::Skip);
        }
        let recorded = self.recorded.get(&number);
        let open =
            recorded.is_none_or(|recorded| matches!(recorded.result, RecordedResult::Open(_)));
        if self.retrace == Retrace::On && open {
            self.retrace = Retrace::Ended;
            return Err(Retraced.into());
        }
        let Some(recorded) = self.recorded.remove(&number) else {
            return Ok(Recall::Now(None));
        };
        // The declarations of this call belong to the plan of the remaining calls.
        if call.name() == MayCall::SPEC.name {
            return Ok(Recall::Now(None));
        }
        let same_name = recorded.name == call.name();
        if !same_name || recorded.digest != call.digest() {
            // A changed recipe may have corrected the failed call.
            if self.changed && matches!(recorded.result, RecordedResult::Open(_)) {
                return Ok(Recall::Now(None));
            }
            let (site, now) = (call.site().clone(), call.info().to_string());
            return Err(Diverged { site, now, then: recorded.name, args: same_name }.into());
        }
        match recorded.result {
            RecordedResult::Open(begun) => {
                let makes = self.names.data_now(&begun.makes);
                Ok(Recall::Now(Some(UnfinishedAction { makes, ..begun })))
            }
            RecordedResult::Error(error) => Err(NoAnswer(error).into()),
            RecordedResult::Value(_) if self.again.remove(&number) => Ok(Recall::Now(None)),
            RecordedResult::Value(_) if self.must_verify_again(call) => Ok(Recall::Now(None)),
            RecordedResult::Value(value) => Ok(Recall::Past(value)),
        }
    }

    /// Returns whether the call verifies an archive that is still to be unpacked. It is verified
    /// again, because the archive may have been replaced since the run was interrupted.
    fn must_verify_again(&self, call: &Call) -> bool {
        let unpacked = |(number, recorded): (&u64, &RecordedCall)| {
            *number > call.number()
                && recorded.name == Unpack::SPEC.name
                && matches!(recorded.result, RecordedResult::Value(_))
        };
        [Verify::SPEC.name, Fetch::SPEC.name].contains(&call.name())
            && self.retrace == Retrace::Off
            && !self.recorded.iter().any(unpacked)
    }

    /// Fails if the journal has results that the recipe did not request, which belong to another
    /// recipe. In a changed recipe, the failed call may be missing.
    pub(crate) fn check_all_requested(&self) -> Result<(), Error> {
        let failed = |recorded: &RecordedCall| {
            self.changed && matches!(recorded.result, RecordedResult::Open(_))
        };
        match self.recorded.iter().find(|(_, recorded)| !failed(recorded)) {
            Some((call, recorded)) => {
                Err(NotCalled { call: *call, name: recorded.name.clone() }.into())
            }
            None => Ok(()),
        }
    }
}

/// A call in the journal that the recipe does not make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the recipe diverges from the journal: call {call}, {name}, is missing")]
struct NotCalled {
    call: u64,
    name: String,
}

impl Rule for NotCalled {
    fn remedy(&self) -> Option<String> {
        Some(START_OVER_HELP.into())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// The error that stops a script at the end of the journal.
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

/// Help for a journal that does not match its recipe.
pub(super) const START_OVER_HELP: &str = "release what the run left and begin again: gscript release, then run the recipe; \
                          completed actions are skipped";

/// A divergence of the recipe from its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Diverged {
    /// The position of the call.
    site: Site,
    /// The call that the recipe makes.
    now: String,
    /// The primitive in the journal.
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
        Some(START_OVER_HELP.into())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn ends_the_run(&self) -> bool {
        true
    }
}

/// The recorded error of a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct NoAnswer(String);

impl Rule for NoAnswer {
    fn remedy(&self) -> Option<String> {
        None
    }
}
