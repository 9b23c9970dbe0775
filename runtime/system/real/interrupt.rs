//! Ctrl-C, as a counter that steps check.

use std::io::{self, IsTerminal};
use std::os::fd::IntoRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// The number of stop requests: one means "after this command", two mean "now".
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    requests: Arc<AtomicUsize>,
    /// The requests that came from the loss of the terminal.
    hangups: Arc<AtomicUsize>,
}

impl Interrupts {
    /// Starts counting the signals that ask this process to stop.
    pub fn listen() -> io::Result<Self> {
        let interrupts = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let count = match signal {
                SIGHUP => Arc::clone(&interrupts.hangups),
                _ => Arc::clone(&interrupts.requests),
            };
            // A closed terminal or a shutdown sends only one signal.
            let weight = if signal == SIGINT { 1 } else { 2 };
            let handler = move || {
                count.fetch_add(weight, Ordering::SeqCst);
            };
            register(signal, handler)?;
        }
        if io::stdin().is_terminal() {
            end_of_input_on_hangup()?;
        }
        Ok(interrupts)
    }

    /// Returns the number of requests so far.
    pub fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst) + self.hangups.load(Ordering::SeqCst)
    }

    /// Requests an immediate stop, as Ctrl-C pressed twice does.
    #[cfg(test)]
    pub(crate) fn stop_now(&self) {
        self.requests.fetch_add(2, Ordering::SeqCst);
    }

    /// Resets the counter; called once the requested stop is in progress.
    pub fn clear(&self) {
        self.requests.store(0, Ordering::SeqCst);
        self.ignore_hangups();
    }

    /// Forgets that the terminal was lost.
    pub(super) fn ignore_hangups(&self) {
        self.hangups.store(0, Ordering::SeqCst);
    }
}

/// When the terminal is closed, replaces standard input with a pipe that contains Ctrl-D.
///
/// crossterm 0.29, which the line editor uses, reads a closed terminal forever, and would never
/// return to the code that has to clean up mounts.
#[expect(unsafe_code, reason = "dup2(2) is one of the calls that signal-safety(7) allows")]
fn end_of_input_on_hangup() -> io::Result<()> {
    const END_OF_INPUT: [u8; 64] = [4; 64];
    let (read_end, write_end) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC)?;
    nix::unistd::write(&write_end, &END_OF_INPUT)?;
    // While the write end is open, the empty pipe is not at its end of file, which would be read
    // forever, too.
    std::mem::forget(write_end);
    let read_end = read_end.into_raw_fd();
    // SAFETY: both file descriptors stay open as long as this process; the closure does nothing
    // else.
    let replace = move || unsafe {
        nix::libc::dup2(read_end, nix::libc::STDIN_FILENO);
    };
    register(SIGHUP, replace)
}

#[expect(unsafe_code, reason = "signal handlers may only do what signal-safety(7) allows")]
fn register(signal: i32, handler: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    // SAFETY: the handlers add to an atomic counter or duplicate a file descriptor, nothing else.
    unsafe { signal_hook::low_level::register(signal, handler) }.map(drop)
}
