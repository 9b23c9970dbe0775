//! Standard output and standard error.

use std::io::{self, Write};

use serde::Serialize;

use super::escaped::Escaped;
use super::shown::{Show, Shown, shown};
use super::stream::{Stream, columns};
use super::style::style;

/// Writes lines to standard output, without colours if it is not a terminal.
pub(crate) fn print_stdout(text: &(impl Show + ?Sized)) {
    write(&Stream::Output, &shown![text]);
}

/// Writes lines to standard error.
pub(crate) fn print_stderr(text: &(impl Show + ?Sized)) {
    write(&Stream::Error, &shown![text]);
}

/// Writes data as JSON to standard output: on one line, or on several if `spread`.
pub(crate) fn write_json(data: &impl Serialize, spread: bool) {
    let mut out = Escaped::new(io::stdout().lock());
    let written = match spread {
        true => serde_json::to_writer_pretty(&mut out, data),
        false => serde_json::to_writer(&mut out, data),
    };
    match written {
        // A reader that closes its pipe does not stop the run.
        Ok(()) => drop(out.write_all(b"\n").and_then(|()| out.flush())),
        Err(error) if error.is_io() => {}
        Err(error) => print_stderr(&error.to_string()),
    }
}

/// Writes generated data for programs, which contains no untrusted strings.
pub(crate) fn write_generated(generate: impl FnOnce(&mut dyn Write)) {
    generate(&mut io::stdout().lock());
}

/// Writes lines. Errors are ignored: the terminal may have disappeared, but mounts and devices must
/// still be released, and a reader may close its pipe early.
pub(crate) fn write(stream: &Stream, text: &Shown) {
    let line = match columns(stream) {
        Some(columns) => format!("{}\n", text.wrapped(columns, style().record_resumed).as_str()),
        None => format!("{}\n", text.as_str()),
    };
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
