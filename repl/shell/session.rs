//! The state of a session, and what a text of it gives.

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;

use gscript::error::Exit;
use gscript::run::workbench::Workbench;
use gscript::script::{Language, source};
use gscript::types::Value;

use super::consent::Mode;
use crate::ask;
use crate::render::Problem;
use crate::screen::{self, say};

/// The name of what a person types, in messages.
const SESSION: &str = "session";

/// Whether the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Stay,
    Leave,
}

/// How another recipe is started from a session, by its name.
#[derive(Clone, Copy)]
pub(crate) struct Launcher {
    pub(crate) run: fn(&str),
    pub(crate) step: fn(&str),
}

/// See the module.
pub(crate) struct Shell<'a> {
    pub(super) bench: &'a mut Workbench,
    pub(super) mode: Rc<Cell<Mode>>,
    /// What the prompt says of the place.
    pub(super) place: String,
    /// Where lines are remembered.
    pub(super) history: Option<PathBuf>,
    pub(super) vi: bool,
    /// Whether the editor has to be made anew.
    pub(super) stale: bool,
    /// Whether the person wants to leave.
    pub(super) leaves: bool,
    /// Calls that were taken back, as texts.
    pub(super) undone: Vec<String>,
    launcher: Option<Launcher>,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(bench: &'a mut Workbench, mode: Rc<Cell<Mode>>, place: &str) -> Self {
        let history = crate::state::history();
        let (place, undone) = (place.to_owned(), Vec::new());
        ask::over();
        Self {
            bench,
            mode,
            place,
            history,
            vi: false,
            stale: false,
            leaves: false,
            undone,
            launcher: None,
        }
    }

    /// The same, from which recipes can be started.
    pub(crate) fn with_launcher(self, launcher: Launcher) -> Self {
        Self { launcher: Some(launcher), ..self }
    }

    /// How recipes are started. A run that waits for what is done by hand has to end first.
    pub(super) fn launcher(&self) -> Result<Launcher, &'static str> {
        self.launcher.ok_or("a run is paused: leave this session (:quit) and finish that run first")
    }

    /// The same with the keys of vi.
    pub(crate) fn with_vi(self, vi: bool) -> Self {
        Self { vi, ..self }
    }

    pub(super) fn evaluate(&mut self, text: &str) -> Result<(), Exit> {
        match self.bench.run(SESSION, text) {
            Ok(value) => {
                if value != Value::Unit {
                    say(&screen::Shown::lines(&shown(&value, self.bench.language())));
                }
                Ok(())
            }
            Err(error) => {
                Problem::of(&error, text).speaking(self.bench.language()).print();
                Err(error.exit())
            }
        }
    }

    pub(super) fn sign(&self) -> String {
        let language = if self.bench.language() == Language::Lua { " lua" } else { "" };
        let mode = match self.mode.get() {
            Mode::Ask => "",
            Mode::Allow => " allow",
            Mode::Plan => " plan",
        };
        format!("{}{language}{mode}", self.place)
    }
}

/// A value for the eyes: texts as they are, lists and maps line by line.
fn shown(value: &Value, language: Language) -> String {
    let line = |value: &Value| source::source(value, language);
    match value {
        Value::Text(text) => text.trim_end_matches('\n').to_owned(),
        Value::List(items) => items.iter().map(line).collect::<Vec<_>>().join("\n"),
        Value::Map(map) => {
            let entry = |(key, value): &(String, Value)| format!("{key}: {}", line(value));
            map.iter().map(entry).collect::<Vec<_>>().join("\n")
        }
        other => line(other),
    }
}
