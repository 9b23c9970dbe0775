//! Standard output and standard error as terminals.

use std::io::{self, IsTerminal};

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

/// Returns the columns of a stream that is a terminal.
pub(super) fn columns(stream: &Stream) -> Option<usize> {
    let size = match stream {
        Stream::Output => tcgetwinsize(io::stdout()),
        Stream::Error => tcgetwinsize(io::stderr()),
    };
    // A terminal without a size, such as a serial line, reports 0.
    let size = size.ok().filter(|size| size.ws_row > 0 && size.ws_col > 0)?;
    Some(size.ws_col.into())
}
