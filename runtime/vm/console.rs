//! The console of a virtual machine, and the end of its process.

use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::error::VmError;

/// Whoever listens to the console.
pub trait Console {
    /// The guest printed a line.
    fn line(&mut self, line: &str);

    /// The machine was started: the group of its processes. All of them end with the first.
    fn started(&mut self, _group: u32) {}
}

/// What the cell said before it gave up.
pub(super) fn unconfined(console: &[String]) -> VmError {
    let why = console.iter().rev().find_map(|line| line.strip_prefix("cell: "));
    VmError::Unconfined(why.unwrap_or("no reason was given").to_owned())
}

/// Nothing of it stays, whatever state it is in.
pub(super) fn end(child: &mut Child) -> Option<i32> {
    let pid = i32::try_from(child.id()).map(Pid::from_raw);
    let start = Instant::now();
    // Its streams have ended or nobody listens any more: it has a moment to end by itself.
    while start.elapsed() < Duration::from_secs(2) {
        if matches!(child.try_wait(), Ok(Some(_))) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    if let Ok(pid) = pid {
        // The guest's processes are processes of the host, in its group.
        let _ = killpg(pid, Signal::SIGKILL);
    }
    let _ = child.kill();
    child.wait().ok()?.code()
}
