//! What is wrong with a test itself.

use crate::error::{Exit, Rule};
use crate::event::Site;

/// A test that is itself wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misuse {
    /// A word outside of any test.
    #[error("only allowed inside a test")]
    Outside,
    /// Something is expected before anything has happened.
    #[error("no recipe has been run yet")]
    NothingRan,
    /// There is no recipe beside the tests.
    #[error("there is no recipe next to this test file")]
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
    #[error("{what}: invalid machine: {why}")]
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
            Self::Outside => Some("move it into one: test(\"…\", || { … })".into()),
            Self::NothingRan => Some("run the recipe first: run::recipe() or run::plan()".into()),
            Self::NoRecipe => Some("name it: given::recipe(\"FILE\")".into()),
            Self::BadMachine { .. } => Some("create one: gscript probe >machine.json".into()),
            Self::NoMachine { .. } => Some(
                "give a file, or describe it: given::machine(#{ \"/dev/sda\": #{ size: \
                    \"64G\" } })"
                    .into(),
            ),
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
