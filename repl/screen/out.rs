//! Standard output and standard error.

use std::io::{self, IsTerminal, Write};

use gscript::types::printable_json;
use serde::Serialize;

use super::shown::{Show, Shown, shown};
use super::style::style;

/// An output stream.
pub(crate) enum Stream {
    /// Standard output, for requested data.
    Output,
    /// Standard error, for messages.
    Error,
}

/// Returns whether the stream is a terminal.
pub(crate) fn to_terminal(stream: &Stream) -> bool {
    match stream {
        Stream::Output => io::stdout().is_terminal(),
        Stream::Error => io::stderr().is_terminal(),
    }
}

/// Writes lines to standard output, without colours unless it is a terminal.
pub(crate) fn say(text: &(impl Show + ?Sized)) {
    write(&Stream::Output, &shown![text]);
}

/// Writes lines to standard error.
pub(crate) fn tell(text: &(impl Show + ?Sized)) {
    write(&Stream::Error, &shown![text]);
}

/// Writes data as JSON to standard output: on one line, or on several if `spread`.
pub(crate) fn say_json(data: &impl Serialize, spread: bool) {
    let text = match spread {
        true => serde_json::to_string_pretty(data),
        false => serde_json::to_string(data),
    };
    match text {
        Ok(text) => {
            let text = printable_json(&text) + "\n";
            let mut out = io::stdout().lock();
            // A closed pipe must not stop the run.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
        Err(error) => tell(&error.to_string()),
    }
}

/// Writes generated data for programs, which contains no untrusted strings.
pub(crate) fn say_generated(generate: impl FnOnce(&mut dyn Write)) {
    generate(&mut io::stdout().lock());
}

/// Writes lines. Errors are ignored: the terminal may have disappeared, but mounts and devices must
/// still be released, and a reader may close its pipe early.
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

/// Formats a duration: `0.3 s`, `2 min 5 s`
pub(super) fn elapsed(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", millis % 1000 / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
