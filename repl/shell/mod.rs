//! A session by hand: on the machine as it is, or in a run that has come to a stop.
//!
//! `line` is the editor, `words` what it proposes, `colour` how it looks; `command` are the words that
//! begin with a colon, `consent` shows every action before it is done, `save` makes recipes;
//! `step` is for going through a recipe action by action.

mod colour;
mod command;
mod consent;
mod line;
mod save;
mod step;
mod words;

use std::cell::Cell;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use gscript::error::Exit;
use gscript::reference::complete::Known;
use gscript::run::workbench::Workbench;
use gscript::script::{Language, source};
use gscript::types::Value;
use reedline::Signal;

pub(crate) use colour::Plain;
pub(crate) use consent::{Mode, Shown};
pub(crate) use step::{Prose, Stepper, Steps, Wish};

use crate::render::Problem;
use crate::screen::{self, say, style, tell};
use crate::{DONE, ask};
use line::Sign;

/// The name of what a person types, in messages.
const SESSION: &str = "session";

/// Whether the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Stay,
    Leave,
}

/// See the module.
pub(crate) struct Shell<'a> {
    bench: &'a mut Workbench,
    mode: Rc<Cell<Mode>>,
    /// What the prompt says of the place.
    place: String,
    /// Where lines are remembered.
    history: Option<PathBuf>,
    vi: bool,
    /// Whether the editor has to be made anew.
    stale: bool,
    /// Whether the person wants to leave.
    leaves: bool,
    /// Calls that were taken back, as texts.
    undone: Vec<String>,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(bench: &'a mut Workbench, mode: Rc<Cell<Mode>>, place: &str) -> Self {
        let history = crate::state::history();
        let (place, undone) = (place.to_owned(), Vec::new());
        ask::over();
        Self { bench, mode, place, history, vi: false, stale: false, leaves: false, undone }
    }

    /// The same with the keys of vi.
    pub(crate) fn with_vi(self, vi: bool) -> Self {
        Self { vi, ..self }
    }

    /// Reads from the terminal until the person leaves, or the terminal is gone.
    pub(crate) fn converse(&mut self) {
        let known = Arc::new(Mutex::new(self.known()));
        let mut editor = line::editor(&known, self.history.clone(), self.vi);
        loop {
            let sign = Sign { text: self.sign() };
            let text = match editor.read_line(&sign) {
                Ok(Signal::Success(text)) => text,
                Ok(Signal::CtrlC) => continue,
                _ => return,
            };
            if self.take(&text) == Ok(After::Leave) {
                return;
            }
            if let Ok(mut known) = known.lock() {
                *known = self.known();
            }
            if std::mem::take(&mut self.stale) {
                editor = line::editor(&known, self.history.clone(), self.vi);
            }
        }
    }

    /// Reads a script without a prompt: all of it is one text, or what is between its commands. The first
    /// failure ends it.
    pub(crate) fn read(&mut self, input: impl BufRead) -> Exit {
        let mut text = String::new();
        for line in input.lines() {
            let Ok(line) = line else { return Exit::Usage };
            if !line.starts_with(':') {
                text.push_str(&line);
                text.push('\n');
                continue;
            }
            let before = self.take(&std::mem::take(&mut text));
            match before.and_then(|_| self.take(&line)) {
                Ok(After::Stay) => {}
                Ok(After::Leave) => return DONE,
                Err(exit) => return exit,
            }
        }
        self.take(&text).map_or_else(|exit| exit, |_| DONE)
    }

    /// A command, or a text of the language.
    fn take(&mut self, text: &str) -> Result<After, Exit> {
        let text = text.trim_end();
        if text.is_empty() {
            return Ok(After::Stay);
        }
        if let Some(command) = text.strip_prefix(':') {
            return self.command(command).map_err(|why| {
                Problem::new(why).help("see what there is: :help").print();
                Exit::Usage
            });
        }
        self.evaluate(text).map(|()| After::Stay)
    }

    fn evaluate(&mut self, text: &str) -> Result<(), Exit> {
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

    fn known(&self) -> Known {
        let commands = command::COMMANDS.iter().map(command::Command::proposal).collect();
        Known::of(&self.bench.machine(), self.bench.names(), commands, self.bench.language())
    }

    fn sign(&self) -> String {
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

/// What is said at the beginning.
pub(crate) fn greet(what: &str) {
    tell(&style().bold(what));
    tell("Questions are answered at once; every action is shown first, and asked for.");
    tell(":help tells what there is, Tab completes, Ctrl-D ends.");
}

/// Whether standard input is a script, and not a person.
pub(crate) fn is_piped() -> bool {
    !std::io::stdin().is_terminal()
}

/// Whether somebody pipes a script to a command line without words.
pub(crate) fn has_script() -> bool {
    use nix::sys::stat::{SFlag, fstat};
    fstat(std::io::stdin()).is_ok_and(|found| {
        let kind = SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT;
        kind == SFlag::S_IFIFO || (kind == SFlag::S_IFREG && found.st_size > 0)
    })
}
