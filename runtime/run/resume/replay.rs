//! Calls that a journal knows the results of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Names, Traces};
use crate::error::{Error, Exit, Rule};
use crate::event::Site;
use crate::journal::{BY_HAND, Record, Story, standing};
use crate::machine::Fact;
use crate::plan::call::TakeBack;
use crate::types::Value;

/// A call of the run that is resumed.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// The primitive.
    pub name: String,
    /// SHA-256 of its arguments.
    pub digest: String,
    /// How it ended.
    pub result: Ending,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// Well: the script gets this.
    Value(Value),
    /// A question without an answer.
    Error(String),
    /// Not at all, or badly.
    Open(Begun),
}

/// An action that was begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    /// The facts that were wanted.
    pub makes: Vec<Fact>,
    /// How it would have been taken back, as things were before it.
    pub undo: TakeBack,
}

/// Whether a script is only followed as far as its journal goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Retrace {
    /// It goes on behind that place.
    #[default]
    Off,
    /// It ends there.
    On,
    /// It has ended there.
    Ended,
}

/// What a resumed run is given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    /// Calls by number.
    pub played: BTreeMap<u64, Played>,
    /// Devices that have other names now.
    pub names: Names,
    /// Whether the recipe has another text: then what had failed may be called otherwise.
    pub changed: bool,
    /// Actions that a person chose to leave out.
    pub skip: BTreeSet<u64>,
    /// Actions whose files are gone: they are done again.
    pub again: BTreeSet<u64>,
    /// What the run did after each of its questions.
    pub traces: Traces,
    /// Whether the person has seen what was done before.
    pub seen: bool,
    /// Whether the script ends where the journal has no more results.
    pub retrace: Retrace,
    /// The last chapter of what was done before, while nothing is planned in it.
    pub chapter: Option<String>,
}

impl Replay {
    /// The results of a journal.
    pub fn of(story: &Story, names: Names, changed: bool) -> Self {
        let mut played = BTreeMap::new();
        let mut questions = Vec::new();
        let plain = |json: &serde_json::Value| Value::from(json.clone());
        // What was done by hand the recipe knows nothing of.
        let own = |record: &&Record| record.call().is_some_and(|call| call < BY_HAND);
        for record in standing(&story.records).filter(own) {
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
        let traces = Traces::of(&story.records);
        Self { played, names, changed, traces, ..Self::default() }
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
pub(crate) struct NotCalled {
    pub(crate) call: u64,
    pub(crate) name: String,
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
pub(crate) struct Retraced;

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
pub struct Diverged {
    /// Where it is now.
    pub site: Site,
    /// What it calls now.
    pub now: String,
    /// What the journal has.
    pub then: String,
    /// Whether only the arguments differ.
    pub args: bool,
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
pub(crate) struct NoAnswer(pub(crate) String);

impl Rule for NoAnswer {
    fn remedy(&self) -> Option<String> {
        None
    }
}
