//! Errors in a test itself.

use crate::error::{Exit, Rule};
use crate::event::Site;

/// An error in a test itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TestError {
    /// A test function was called outside of a test.
    #[error("only allowed inside a test")]
    Outside,
    /// An expectation before the first run.
    #[error("no recipe has been run yet")]
    NothingRan,
    #[error("there is no recipe next to this test file")]
    NoRecipe,
    /// The recipe cannot be loaded.
    #[error("{site}: {why}")]
    BadRecipe {
        /// The site of the error, which may be in a module.
        site: Site,
        /// The cause.
        why: String,
    },
    #[error("{what}: invalid machine: {why}")]
    BadMachine {
        /// The machine file or description.
        what: String,
        why: String,
    },
    #[error("there is no machine {name}; looked for {}", places.join(", "))]
    NoMachine {
        name: String,
        /// The places that were searched.
        places: Vec<String>,
    },
    /// The machine did not have this device before the run.
    #[error("the machine has no {device}")]
    NoDevice {
        /// The name of the device.
        device: String,
    },
    /// A file or answer that cannot be used.
    #[error("{0}")]
    File(String),
}

impl Rule for TestError {
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

impl From<TestError> for String {
    fn from(misuse: TestError) -> Self {
        misuse.to_string()
    }
}
