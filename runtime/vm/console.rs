//! The console of a virtual machine, and the termination of its process.

use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::error::VmError;

/// A listener to the console.
pub trait Console {
    /// Handles a line printed by the guest.
    fn line(&mut self, line: &str);

    /// Handles the start of the machine; `_group` is the process group of its processes. All
    /// of them exit with the first one.
    fn started(&mut self, _group: u32) {}
}

/// Returns the error for a sandbox that could not be set up, with the reason from its console.
pub(super) fn unconfined(console: &[String]) -> VmError {
    let why = console.iter().rev().find_map(|line| line.strip_prefix("sandbox: "));
    VmError::Unconfined(why.unwrap_or("no reason was given").to_owned())
}

/// Terminates all processes of the machine, in any state; returns the exit code.
pub(super) fn end(child: &mut Child) -> Option<i32> {
    let pid = i32::try_from(child.id()).map(Pid::from_raw);
    let start = Instant::now();
    // Its output has ended or is no longer read: give the process time to exit normally.
    while start.elapsed() < Duration::from_secs(2) {
        if matches!(child.try_wait(), Ok(Some(_))) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    if let Ok(pid) = pid {
        // The guest's processes are processes of the host in the same process group.
        let _ = killpg(pid, Signal::SIGKILL);
    }
    let _ = child.kill();
    child.wait().ok()?.code()
}
