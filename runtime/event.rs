//! The events of a run. The terminal output, the log and `--json` are three listeners to the same
//! events.

mod builds;

use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use builds::{BuildSource, BuildStatus, LockHolder, RunningBuild};

/// A position in a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The recipe, as it was named.
    pub file: Rc<str>,
    /// The line number, starting at 1; 0 if the language does not report lines.
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

/// An event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A chapter of the recipe begins.
    Chapter {
        /// The title of the chapter, as passed to `step`.
        title: String,
    },
    /// An action begins.
    Began {
        /// The number of the call in the run.
        call: u64,
        /// The name of the primitive.
        name: String,
        /// A short description of the object of the action.
        about: String,
        /// The position of the call.
        site: Site,
    },
    /// A step of the action begins.
    Step {
        /// The number of the call.
        call: u64,
        /// The step, written as a shell command.
        text: String,
    },
    /// A program printed a line.
    Line {
        /// The number of the call.
        call: u64,
        /// The line.
        text: String,
    },
    /// A long-running step reports progress.
    Progress {
        /// The number of the call.
        call: u64,
        /// Bytes processed so far.
        done: u64,
        /// Total bytes, if known.
        total: Option<u64>,
    },
    /// The state of the packages that emerge builds has changed, or time has passed.
    Builds {
        /// The number of the call.
        call: u64,
        /// The state.
        status: BuildStatus,
    },
    /// A program acquires or releases the terminal.
    Terminal {
        /// Whether the terminal was acquired.
        taken: bool,
    },
    /// An action succeeded.
    Done {
        /// The number of the call.
        call: u64,
        /// The duration in milliseconds.
        millis: u64,
        /// The reason why no change was needed, if the action made none.
        already: Option<String>,
    },
    /// An action failed.
    Failed {
        /// The number of the call.
        call: u64,
        /// The duration in milliseconds.
        millis: u64,
        /// The error message.
        error: String,
    },
    /// The user chose to skip the action.
    Skipped {
        /// The number of the call.
        call: u64,
    },
    /// A warning for the user.
    Warning {
        /// The warning.
        text: String,
    },
    /// The recipe printed a message.
    Said {
        /// The message.
        text: String,
    },
    /// A resource was released after a failure.
    Released {
        /// The command that releases the resource.
        text: String,
        /// The error, if the release failed.
        error: Option<String>,
    },
    /// A diagram of the machine's disks.
    Layout {
        /// The diagram.
        text: String,
    },
    /// The run ended.
    Ended {
        /// Whether every action succeeded.
        ok: bool,
        /// The number of actions that changed something.
        changed: u64,
        /// The number of actions that needed no change.
        already: u64,
        /// The duration of the run in milliseconds.
        millis: u64,
    },
}

/// A receiver of events.
pub trait Listener {
    /// Handles an event.
    fn on_event(&mut self, event: &Event);

    /// Closes files that are open between events: one more event may open them again.
    fn close_files(&mut self) {}
}

/// A listener that ignores all events.
pub struct NoopListener;

impl Listener for NoopListener {
    fn on_event(&mut self, _event: &Event) {}
}

/// Passes each event to every listener, in order.
impl Listener for Vec<Box<dyn Listener>> {
    fn on_event(&mut self, event: &Event) {
        for listener in self {
            listener.on_event(event);
        }
    }

    fn close_files(&mut self) {
        for listener in self {
            listener.close_files();
        }
    }
}
