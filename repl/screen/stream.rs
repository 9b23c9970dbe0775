//! Standard output and standard error as terminals.

use std::io::{self, IsTerminal};

use rustix::termios::tcgetwinsize;

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

/// Returns the columns of a stream that is a terminal.
pub(super) fn columns(stream: &Stream) -> Option<usize> {
    let size = match stream {
        Stream::Output => tcgetwinsize(io::stdout()),
        Stream::Error => tcgetwinsize(io::stderr()),
    };
    // One that has no size, such as a serial line, says 0.
    let size = size.ok().filter(|size| size.ws_row > 0 && size.ws_col > 0)?;
    Some(size.ws_col.into())
}
