//! The state of a session, and the evaluation of its input.

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;

use gscript::error::Exit;
use gscript::run::interactive::InteractiveSession;
use gscript::script::{Language, source};
use gscript::types::Value;

use super::approver::ReviewMode;
use crate::ask;
use crate::render::Problem;
use crate::screen::{self, print_stdout};

/// The name of the input in messages.
const SESSION: &str = "session";

/// Whether the session continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Stay,
    Leave,
}

/// Functions that start another recipe by name.
#[derive(Clone, Copy)]
pub(crate) struct Launcher {
    pub(crate) run: fn(&str),
    pub(crate) step: fn(&str),
}

/// An interactive shell session.
pub(crate) struct Shell<'a> {
    pub(super) bench: &'a mut InteractiveSession,
    pub(super) mode: Rc<Cell<ReviewMode>>,
    /// The location shown in the prompt.
    pub(super) place: String,
    /// The file of the history.
    pub(super) history: Option<PathBuf>,
    pub(super) vi: bool,
    /// Whether the editor must be recreated, because its key bindings have changed.
    pub(super) stale: bool,
    /// Whether the session is to end.
    pub(super) quits: bool,
    /// The source of undone calls, for `:redo`.
    pub(super) undone: Vec<String>,
    launcher: Option<Launcher>,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(
        bench: &'a mut InteractiveSession,
        mode: Rc<Cell<ReviewMode>>,
        place: &str,
    ) -> Self {
        let history = crate::state::history();
        let (place, undone) = (place.to_owned(), Vec::new());
        ask::termination_flag();
        Self {
            bench,
            mode,
            place,
            history,
            vi: false,
            stale: false,
            quits: false,
            undone,
            launcher: None,
        }
    }

    /// Allows recipes to be started from the session.
    pub(crate) fn with_launcher(self, launcher: Launcher) -> Self {
        Self { launcher: Some(launcher), ..self }
    }

    /// Returns the functions that start recipes. A paused run must end before another starts.
    pub(super) fn launcher(&self) -> Result<Launcher, &'static str> {
        self.launcher.ok_or("a run is paused: leave this session (:quit) and finish that run first")
    }

    /// Selects the key bindings of vi.
    pub(crate) fn with_vi(self, vi: bool) -> Self {
        Self { vi, ..self }
    }

    pub(super) fn evaluate(&mut self, text: &str) -> Result<(), Exit> {
        match self.bench.run(SESSION, text) {
            Ok(value) => {
                if value != Value::Unit {
                    print_stdout(&screen::Shown::lines(&render_value(
                        &value,
                        self.bench.language(),
                    )));
                }
                Ok(())
            }
            Err(error) => {
                Problem::of(&error, text).in_language(self.bench.language()).print();
                Err(error.exit())
            }
        }
    }

    pub(super) fn prompt_text(&self) -> String {
        let language = if self.bench.language() == Language::Lua { " lua" } else { "" };
        let mode = match self.mode.get() {
            ReviewMode::Ask => "",
            ReviewMode::Allow => " allow",
            ReviewMode::Plan => " plan",
        };
        format!("{}{language}{mode}", self.place)
    }
}

/// Renders a value for display: strings verbatim, lists and maps one entry per line.
fn render_value(value: &Value, language: Language) -> String {
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
