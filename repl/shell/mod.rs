//! The interactive shell, on the current machine or in a paused run.
//!
//! `line` is the line editor, `words` its completion, `colour` its highlighting; `command` has the
//! commands that begin with a colon, `approver` shows and confirms actions, `save` writes recipes,
//! `step` runs a recipe action by action.

mod approver;
mod colour;
mod command;
mod line;
mod save;
mod session;
mod step;
mod words;

use std::io::{BufRead, IsTerminal};
use std::sync::{Arc, Mutex};

use gscript::error::Exit;
use gscript::reference::complete::Candidates;
use reedline::Signal;

pub(crate) use approver::{ReviewMode, ReviewingApprover};
pub(crate) use colour::NoopHighlighter;
pub(crate) use session::{Launcher, Shell};
pub(crate) use step::{Prose, Request, Stepper, Steps};

use crate::render::Problem;
use crate::screen::{print_stderr, style};
use line::ShellPrompt;
use session::Flow;

impl Shell<'_> {
    /// Reads from the terminal until the user quits or the terminal disappears.
    pub(crate) fn run_interactive(&mut self) {
        let known = Arc::new(Mutex::new(self.known()));
        let mut editor = line::editor(&known, self.history.clone(), self.vi);
        loop {
            let sign = ShellPrompt { text: self.prompt_text() };
            let text = match editor.read_line(&sign) {
                Ok(Signal::Success(text)) => text,
                Ok(Signal::CtrlC) => continue,
                _ => return,
            };
            if self.execute(&text) == Ok(Flow::Leave) {
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

    /// Reads a script without a prompt. The lines between two commands are evaluated as one source
    /// string. Stops at the first failure.
    pub(crate) fn read(&mut self, input: impl BufRead) -> Exit {
        let mut text = String::new();
        for line in input.lines() {
            let Ok(line) = line else { return Exit::Usage };
            if !line.starts_with(':') {
                text.push_str(&line);
                text.push('\n');
                continue;
            }
            let before = self.execute(&std::mem::take(&mut text));
            match before.and_then(|_| self.execute(&line)) {
                Ok(Flow::Stay) => {}
                Ok(Flow::Leave) => return Exit::Done,
                Err(exit) => return exit,
            }
        }
        self.execute(&text).map_or_else(|exit| exit, |_| Exit::Done)
    }

    /// Runs a command, or evaluates source code.
    fn execute(&mut self, text: &str) -> Result<Flow, Exit> {
        let text = text.trim_end();
        if text.is_empty() {
            return Ok(Flow::Stay);
        }
        if let Some(command) = text.strip_prefix(':') {
            return self.command(command).map_err(|why| {
                Problem::new(why).help("list everything: :help").print();
                Exit::Usage
            });
        }
        self.evaluate(text).map(|()| Flow::Stay)
    }

    fn known(&self) -> Candidates {
        let commands = command::COMMANDS.iter().map(command::ShellCommand::proposal).collect();
        Candidates::of(&self.bench.machine(), self.bench.names(), commands, self.bench.language())
    }
}

/// Prints the introduction of the interactive shell.
pub(crate) fn print_greeting(what: &str) {
    print_stderr(&style().bold(what));
    print_stderr("Queries run at once; actions are shown first and need confirmation.");
    print_stderr(":help shows help, Tab completes, Ctrl-D quits.");
}

/// Returns whether standard input is a script instead of a terminal.
pub(crate) fn is_piped() -> bool {
    !std::io::stdin().is_terminal()
}

/// Returns whether a script is piped into `gscript` without arguments.
pub(crate) fn has_script() -> bool {
    use nix::sys::stat::{SFlag, fstat};
    fstat(std::io::stdin()).is_ok_and(|found| {
        let kind = SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT;
        kind == SFlag::S_IFIFO || (kind == SFlag::S_IFREG && found.st_size > 0)
    })
}
