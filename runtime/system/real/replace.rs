//! Replacement of this process by a new one of the same program.

#![expect(clippy::disallowed_types, reason = "the program replaces its own process")]

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Replaces this process with the same program and other arguments: all threads end, whatever they
/// do, and all locks and secrets are gone. Returns only on failure.
pub fn re_exec(args: &[&OsStr]) -> io::Error {
    Command::new("/proc/self/exe").arg0("gscript").args(args).exec()
}
