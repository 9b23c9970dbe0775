//! The terminal output of a run: a line per action, on a terminal with a spinner or a progress bar.
//!
//! All output to a terminal goes through `shown`; `style` has its colours, `problem` its errors;
//! `plain`, `terminal` and `json` are the screens of a run, `builds` shows what emerge builds, and
//! `escaped` escapes JSON.

#![expect(clippy::disallowed_methods, reason = "the only module that writes to a terminal")]

mod builds;
mod escaped;
mod json;
mod out;
mod plain;
mod problem;
mod shown;
mod stream;
mod style;
mod terminal;
#[cfg(test)]
mod tests;

use gscript::event::Listener;

pub(crate) use out::{print_stderr, print_stdout, write, write_generated, write_json};
pub(crate) use problem::Problem;
pub(crate) use shown::{Show, Shown, shown};
pub(crate) use stream::{Stream, is_terminal_stream};
pub(crate) use style::{Style, canvas, output, style};

/// Returns the listener for the output: JSON on request, otherwise a live screen on a terminal,
/// otherwise plain lines.
pub(crate) fn screen(json: bool) -> Box<dyn Listener> {
    if json {
        Box::new(json::Json)
    } else if is_terminal_stream(&Stream::Error) {
        Box::new(terminal::Terminal::new())
    } else {
        Box::new(plain::PlainListener::default())
    }
}
