//! What a person sees of a run: a line per action, on a terminal with a spinner or a bar.

mod json;
mod plain;
mod style;
mod terminal;

use std::io::{self, IsTerminal, Write};

use gscript::event::Listener;

pub(crate) use style::{Style, canvas, output, style};

/// The listener that fits: JSON on request, else a live screen on a terminal, else plain lines.
pub(crate) fn screen(json: bool) -> Box<dyn Listener> {
    if json {
        Box::new(json::Json)
    } else if io::stderr().is_terminal() {
        Box::new(terminal::Terminal::new())
    } else {
        Box::new(plain::Plain::default())
    }
}

/// Writes lines to standard output, without colours where that is no terminal.
pub(crate) fn say(text: &str) {
    // Whoever stopped reading has seen enough.
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Writes lines to standard error. A terminal may be gone by now, and what is mounted or open has to be
/// given back all the same.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// `0.3 s`, `2 min 5 s`
fn elapsed(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", millis % 1000 / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
