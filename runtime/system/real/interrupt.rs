//! Ctrl-C, as a count that steps look at.

use std::io::{self, IsTerminal};
use std::os::fd::IntoRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// How often the person asked to stop: once means "after this command", twice means "now".
#[derive(Debug, Clone, Default)]
pub struct Interrupts(Arc<AtomicUsize>);

impl Interrupts {
    /// Counts the signals that ask this process to stop.
    pub fn listen() -> io::Result<Self> {
        let interrupts = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let count = Arc::clone(&interrupts.0);
            // A terminal that is gone, or a shutdown, can't be asked twice.
            let weight = if signal == SIGINT { 1 } else { 2 };
            let note = move || {
                count.fetch_add(weight, Ordering::SeqCst);
            };
            register(signal, note)?;
        }
        if io::stdin().is_terminal() {
            end_of_input_on_hangup()?;
        }
        Ok(interrupts)
    }

    /// How often so far.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Stops at once, as Ctrl-C twice does.
    #[cfg(test)]
    pub(crate) fn stop_now(&self) {
        self.0.fetch_add(2, Ordering::SeqCst);
    }

    /// Forgets them, once the stop they asked for is under way.
    pub fn clear(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

/// When the terminal is gone, standard input becomes a pipe that says Ctrl-D.
///
/// crossterm 0.29, below the line editor, reads a terminal that is gone for ever, and would never come
/// back to whoever has to give back what is mounted.
#[expect(unsafe_code, reason = "dup2(2) is one of the calls that signal-safety(7) allows")]
fn end_of_input_on_hangup() -> io::Result<()> {
    const END_OF_INPUT: [u8; 64] = [4; 64];
    let (end, pen) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC)?;
    nix::unistd::write(&pen, &END_OF_INPUT)?;
    // As long as the pen is there the empty pipe is no end of file, which would be read for ever, too.
    std::mem::forget(pen);
    let end = end.into_raw_fd();
    // SAFETY: both are file descriptors that stay open as long as this process; nothing else is done.
    let replace = move || unsafe {
        nix::libc::dup2(end, nix::libc::STDIN_FILENO);
    };
    register(SIGHUP, replace)
}

#[expect(unsafe_code, reason = "signal handlers may only do what signal-safety(7) allows")]
fn register(signal: i32, note: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    // SAFETY: the handlers add to an atomic counter or duplicate a file descriptor, nothing else.
    unsafe { signal_hook::low_level::register(signal, note) }.map(drop)
}
