//! What a person sees of a run: a line per action, on a terminal with a spinner or a bar.
//!
//! `shown` is the only way to a terminal, `style` its colours, `problem` its errors; `plain`, `terminal`
//! and `json` are the screens of a run.

#![expect(clippy::disallowed_methods, reason = "the one way to a terminal")]

mod json;
mod plain;
mod problem;
mod shown;
mod style;
mod terminal;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal, Write};

use gscript::event::Listener;
use gscript::types::printable_json;
use serde::Serialize;

pub(crate) use problem::Problem;
pub(crate) use shown::{Show, Shown, shown};
pub(crate) use style::{Style, canvas, output, style};

/// The listener that fits: JSON on request, else a live screen on a terminal, else plain lines.
pub(crate) fn screen(json: bool) -> Box<dyn Listener> {
    if json {
        Box::new(json::Json)
    } else if to_terminal(&Stream::Error) {
        Box::new(terminal::Terminal::new())
    } else {
        Box::new(plain::Plain::default())
    }
}

/// The two ways out.
pub(crate) enum Stream {
    /// Standard output, for what was asked for.
    Output,
    /// Standard error, for everything that is said meanwhile.
    Error,
}

/// Whether a person sees it at once.
pub(crate) fn to_terminal(stream: &Stream) -> bool {
    match stream {
        Stream::Output => io::stdout().is_terminal(),
        Stream::Error => io::stderr().is_terminal(),
    }
}

/// Writes lines to standard output, without colours where that is no terminal.
pub(crate) fn say(text: &(impl Show + ?Sized)) {
    write(&Stream::Output, &shown![text]);
}

/// Writes lines to standard error.
pub(crate) fn tell(text: &(impl Show + ?Sized)) {
    write(&Stream::Error, &shown![text]);
}

/// Writes data to standard output, an object per line or spread over several.
pub(crate) fn say_json(data: &impl Serialize, spread: bool) {
    let text = match spread {
        true => serde_json::to_string_pretty(data),
        false => serde_json::to_string(data),
    };
    match text {
        Ok(text) => {
            let text = printable_json(&text) + "\n";
            let mut out = io::stdout().lock();
            // Whoever stopped listening does not stop the run.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
        Err(error) => tell(&error.to_string()),
    }
}

/// Writes what was generated for programs, and has nothing foreign in it.
pub(crate) fn say_generated(generate: impl FnOnce(&mut dyn Write)) {
    generate(&mut io::stdout().lock());
}

/// Writes lines. A terminal may be gone by now, and what is mounted or open has to be given back all the
/// same; whoever stopped reading has seen enough.
pub(crate) fn write(stream: &Stream, text: &Shown) {
    let terminal = match stream {
        Stream::Output => console::Term::stdout(),
        Stream::Error => console::Term::stderr(),
    };
    let line = match terminal.size_checked().filter(|_| to_terminal(stream)) {
        Some((_, columns)) => text.wrapped(columns.into(), style().goes_on),
        None => text.clone(),
    };
    let line = format!("{}\n", line.as_str());
    let _ = match stream {
        Stream::Output => anstream::stdout().write_all(line.as_bytes()),
        Stream::Error => io::stderr().lock().write_all(line.as_bytes()),
    };
}

/// `0.3 s`, `2 min 5 s`
fn elapsed(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", millis % 1000 / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
