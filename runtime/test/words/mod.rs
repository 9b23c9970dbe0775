//! Everything that a test can call, in the order in which tests use it.

mod ended;
mod fault;
mod given;
mod machine;
mod run;
mod steps;

use super::bench::Bench;
use crate::error::{Exit, Result, Rule};
use crate::event::Site;
use crate::operation::spec::{ArgError, Arguments, Given, Spec};
use crate::types::Value;

/// A word of a test: arguments, and what it does.
trait Says: Arguments {
    /// Does it.
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value>;
}

/// One entry of the list.
pub struct Word {
    /// Its description.
    pub spec: &'static Spec,
    say: fn(Given, &mut Bench, &Site) -> std::result::Result<Result<Value>, ArgError>,
}

impl Word {
    pub(super) fn call(&self, bench: &mut Bench, site: &Site, values: Vec<Value>) -> Result<Value> {
        Given::by_position(self.spec, values)
            .and_then(|given| (self.say)(given, bench, site))
            .unwrap_or_else(|error| Err(self.spec.bad_call(&error)))
    }
}

const fn word<W: Says>() -> Word {
    Word { spec: &W::SPEC, say: |given, bench, site| Ok(W::decode(given)?.say(bench, site)) }
}

/// Every word.
pub static WORDS: &[Word] = &[
    word::<given::RecipeFile>(),
    word::<given::MachineOf>(),
    word::<given::AnswersOf>(),
    word::<given::FileOf>(),
    word::<given::Prints>(),
    word::<fault::Fails>(),
    word::<fault::Hangs>(),
    word::<fault::Stops>(),
    word::<fault::Busy>(),
    word::<fault::Late>(),
    word::<fault::Gone>(),
    word::<run::RecipeRun>(),
    word::<run::PlanRun>(),
    word::<run::AgainRun>(),
    word::<run::StepsOf>(),
    word::<ended::Done>(),
    word::<ended::FailsWith>(),
    word::<ended::Printed>(),
    word::<ended::Warns>(),
    word::<ended::Released>(),
    word::<ended::NothingLeft>(),
    word::<steps::InOrder>(),
    word::<steps::Never>(),
    word::<steps::Chapters>(),
    word::<steps::Already>(),
    word::<steps::Unchanged>(),
    word::<steps::Effects>(),
    word::<machine::Layout>(),
    word::<machine::Mounted>(),
    word::<machine::Untouched>(),
    word::<machine::FileIs>(),
    word::<machine::Same>(),
];

/// A test that is itself wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misuse {
    /// A word outside of any test.
    #[error("this only has a meaning inside a test")]
    Outside,
    /// Something is expected before anything has happened.
    #[error("nothing has been run yet")]
    NothingRan,
    /// There is no recipe beside the tests.
    #[error("there is no recipe beside this file of tests")]
    NoRecipe,
    /// The recipe can't be read.
    #[error("{site}: {why}")]
    BadRecipe {
        /// Where.
        site: Site,
        /// Why not.
        why: String,
    },
    /// The machine can't be read.
    #[error("{what} is not a machine: {why}")]
    BadMachine {
        /// Which.
        what: String,
        /// Why not.
        why: String,
    },
    /// No machine of this name was found.
    #[error("there is no machine {name}; looked for {}", places.join(", "))]
    NoMachine {
        /// The name.
        name: String,
        /// Where it could have been.
        places: Vec<String>,
    },
    /// A device that the machine never had.
    #[error("the machine has no {device}")]
    NoDevice {
        /// Its name.
        device: String,
    },
    /// A file that can't be put there.
    #[error("{0}")]
    File(String),
}

impl Rule for Misuse {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Outside => Some("put it into one: test(\"…\", || { … })".into()),
            Self::NothingRan => Some("run the recipe first: run::recipe() or run::plan()".into()),
            Self::NoRecipe => Some("name it: given::recipe(\"FILE\")".into()),
            Self::BadMachine { .. } => Some("make one with: gscript probe >machine.json".into()),
            Self::NoMachine { .. } => {
                Some("name a file, or describe it: given::machine(#{ \"/dev/sda\": #{ size: \"64G\" } })".into())
            }
            Self::BadRecipe { .. } | Self::NoDevice { .. } | Self::File(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl From<Misuse> for String {
    fn from(misuse: Misuse) -> Self {
        misuse.to_string()
    }
}

/// Two texts that should be the same, as a diff.
fn diff(wanted: &str, found: &str) -> String {
    let end = |text: &str| if text.is_empty() { String::new() } else { format!("{text}\n") };
    let (wanted, found) = (end(wanted), end(found));
    let diff = similar::TextDiff::from_lines(&wanted, &found);
    let text = diff.unified_diff().header("expected", "found").to_string();
    text.trim_end().to_owned()
}
