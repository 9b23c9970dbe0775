//! Standard output and standard error as terminals.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use rustix::termios::tcgetwinsize;

/// A standard output stream of the program.
pub(crate) enum Stream {
    /// Standard output, for the requested data.
    Output,
    /// Standard error, for messages.
    Error,
}

/// Returns whether a stream is a terminal.
pub(crate) fn is_terminal_stream(stream: &Stream) -> bool {
    match stream {
        Stream::Output => io::stdout().is_terminal(),
        Stream::Error => io::stderr().is_terminal(),
    }
}

/// Returns the columns of a stream that is a terminal, which may be resized at any time.
pub(super) fn columns(stream: &Stream) -> Option<usize> {
    if !stays_terminal(stream) {
        return None;
    }
    let size = match stream {
        Stream::Output => tcgetwinsize(io::stdout()),
        Stream::Error => tcgetwinsize(io::stderr()),
    };
    // A terminal without a size, such as a serial line, reports 0.
    let size = size.ok().filter(|size| size.ws_row > 0 && size.ws_col > 0)?;
    Some(size.ws_col.into())
}

/// Returns whether a stream is a terminal, which is asked once: lines are written by the thousand.
fn stays_terminal(stream: &Stream) -> bool {
    static TERMINALS: [OnceLock<bool>; 2] = [const { OnceLock::new() }; 2];
    let known = match stream {
        Stream::Output => &TERMINALS[0],
        Stream::Error => &TERMINALS[1],
    };
    *known.get_or_init(|| is_terminal_stream(stream))
}
