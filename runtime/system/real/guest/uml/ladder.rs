//! Stopping a guest: the gentlest way first, and a time limit for each.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::process::UmlProcess;
use super::{mconsole, process};
use crate::machine::guest::{mconsole_socket, path_and_name};
use crate::system::real::Real;
use crate::system::real::orphans::is_alive;
use crate::system::{FailureKind, Watch};

/// How often a state is asked for.
const INTERVAL: Duration = Duration::from_millis(50);

/// How long a kernel may take to end after `halt`, and processes after a signal that they cannot ignore.
const HALT_LIMIT: Duration = Duration::from_secs(10);

/// How long the kernel may take to write its data and to remount its filesystems.
const SYNC_LIMIT: Duration = Duration::from_secs(2);

/// Stops a guest; returns what ended it: `ctrl-alt-del`, `halt` or `kill`, or `nothing` if it did not run.
///
/// A guest with an unanswered ctrl-alt-del is told to write its data and to remount its filesystems read-only before it is halted: `halt` alone ends
/// the kernel at once.
pub(super) fn stop(
    real: &Real,
    guest: &str,
    wait: Duration,
    kill: bool,
    watch: &mut dyn Watch,
) -> Result<&'static str, FailureKind> {
    let Some(process) = process::of(guest) else { return Ok("nothing") };
    let name = path_and_name(guest).1;
    let boot = boot_of(guest);
    let mut answers = mconsole::ask(guest, "cad", mconsole::LIMIT).is_ok();
    let ended = |limit| has_ended(real, &process, limit, || false);
    if answers {
        let restarted = || boot_of(guest).is_some_and(|now| Some(now) != boot);
        if has_ended(real, &process, wait, restarted)? {
            return Ok("ctrl-alt-del");
        }
        watch.notice(&match restarted() {
            true => format!("guest {name} has restarted at ctrl-alt-del; halting it"),
            false => {
                format!("guest {name} has not shut down after {} s; halting it", wait.as_secs())
            }
        });
    }
    for order in ["sysrq s", "sysrq u"] {
        answers = answers && mconsole::ask(guest, order, mconsole::LIMIT).is_ok();
        // The kernel answers before it has written its data.
        if answers && ended(SYNC_LIMIT)? {
            return Ok("ctrl-alt-del");
        }
    }
    // A kernel may end without an answer.
    if answers {
        let _ = mconsole::ask(guest, "halt", mconsole::LIMIT);
        if ended(HALT_LIMIT)? {
            return Ok("halt");
        }
    }
    if !kill {
        let why = "its kernel does not answer, and killing it was not requested";
        return Err(FailureKind::Kernel(format!("guest {name} still runs: {why}")));
    }
    // The processes in the guest are processes of its group, and outlive the first one.
    match killpg(process.pid, Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => {
            return Err(FailureKind::Kernel(format!("failed to kill guest {name}: {error}")));
        }
    }
    let start = Instant::now();
    while killpg(process.pid, None).is_ok() && start.elapsed() < HALT_LIMIT {
        // Processes whose parents have ended are children of this process.
        let group = Pid::from_raw(-process.pid.as_raw());
        let _ = waitpid(group, Some(WaitPidFlag::WNOHANG));
        sleep(INTERVAL);
    }
    match process::of(guest) {
        Some(_) => {
            let what = format!("the end of guest {name}");
            Err(FailureKind::Waited { what, limit: HALT_LIMIT })
        }
        None => Ok("kill"),
    }
}

/// Identifies a boot of a kernel: each one creates a new socket for the management console. The process remains the same.
fn boot_of(guest: &str) -> Option<(u64, i64, i64)> {
    let console = fs::symlink_metadata(mconsole_socket(guest)).ok()?;
    Some((console.ino(), console.ctime(), console.ctime_nsec()))
}

/// Waits until a guest does not run any more, or until it is not expected to end; returns whether it has ended. A kernel that restarts, as with
/// ctrl-alt-del before init runs, is the same process, which has no arguments for a moment.
fn has_ended(
    real: &Real,
    kernel: &UmlProcess,
    limit: Duration,
    given_up: impl Fn() -> bool,
) -> Result<bool, FailureKind> {
    let start = Instant::now();
    loop {
        if !is_alive(kernel.pid) && process::of(&kernel.guest).is_none() {
            return Ok(true);
        }
        if real.is_stopped() {
            return Err(FailureKind::Interrupted);
        }
        if given_up() || start.elapsed() > limit {
            return Ok(false);
        }
        sleep(INTERVAL);
    }
}
