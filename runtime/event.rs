//! What a run tells while it goes: the screen, the log and `--json` are three listeners to the
//! same events.

use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

/// A place in a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The recipe, as it was named.
    pub file: Rc<str>,
    /// From 1; 0 where the language does not tell.
    pub line: u32,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A chapter of the recipe begins.
    Chapter {
        /// Its title.
        title: String,
    },
    /// An action begins.
    Began {
        /// Number of the call in the run.
        call: u64,
        /// The primitive.
        name: String,
        /// What it acts on, in short.
        about: String,
        /// Where it is called.
        site: Site,
    },
    /// A step of the action begins.
    Step {
        /// Number of the call.
        call: u64,
        /// The step, as a person would type it.
        text: String,
    },
    /// A program printed a line.
    Line {
        /// Number of the call.
        call: u64,
        /// The line.
        text: String,
    },
    /// A long step got further.
    Progress {
        /// Number of the call.
        call: u64,
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: Option<u64>,
    },
    /// A program takes over the terminal, or gives it back.
    Terminal {
        /// Which of both.
        taken: bool,
    },
    /// The action ended well.
    Done {
        /// Number of the call.
        call: u64,
        /// How long it took.
        millis: u64,
        /// Why there was nothing to do, if so.
        already: Option<String>,
    },
    /// The action failed.
    Failed {
        /// Number of the call.
        call: u64,
        /// How long it took.
        millis: u64,
        /// Why.
        error: String,
    },
    /// The person chose to leave out the action.
    Skipped {
        /// Number of the call.
        call: u64,
    },
    /// Something to think about.
    Warning {
        /// The warning.
        text: String,
    },
    /// The recipe printed something.
    Said {
        /// What.
        text: String,
    },
    /// After a failure, something was given back.
    Released {
        /// The command.
        text: String,
        /// Why it could not be, if so.
        error: Option<String>,
    },
    /// A picture of the machine's disks.
    Layout {
        /// The picture.
        text: String,
    },
    /// The run is over.
    Ended {
        /// Whether everything was done.
        ok: bool,
        /// How many actions changed something.
        changed: u64,
        /// How many had nothing to do.
        already: u64,
        /// How long the run took.
        millis: u64,
    },
}

/// Whoever wants to know.
pub trait Listener {
    /// Something happened.
    fn hear(&mut self, event: &Event);
}

/// Nobody listens.
pub struct NoopListener;

impl Listener for NoopListener {
    fn hear(&mut self, _event: &Event) {}
}

/// Several listeners as one.
impl Listener for Vec<Box<dyn Listener>> {
    fn hear(&mut self, event: &Event) {
        for listener in self {
            listener.hear(event);
        }
    }
}
