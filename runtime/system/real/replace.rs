//! This process becomes a new one of the same program.

#![expect(clippy::disallowed_types, reason = "the program replaces its own process")]

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Replaces this process by the same program with other arguments: all its threads end, whatever they are
/// at, and all its locks and secrets go. Returns only where that fails.
pub fn start_over(args: &[&OsStr]) -> io::Error {
    Command::new("/proc/self/exe").arg0("gscript").args(args).exec()
}
