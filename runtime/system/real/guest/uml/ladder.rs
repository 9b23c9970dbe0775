//! Stopping a guest: the gentlest way first, and a time limit for each.

use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::process::UmlProcess;
use super::{mconsole, process};
use crate::machine::guest::path_and_name;
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
    let mut answers = mconsole::ask(guest, "cad", mconsole::LIMIT).is_ok();
    let ended = |limit| has_ended(real, &process, limit);
    if answers && ended(wait)? {
        return Ok("ctrl-alt-del");
    }
    let name = path_and_name(guest).1;
    if answers {
        watch.notice(&format!(
            "guest {name} has not shut down after {} s; halting it",
            wait.as_secs()
        ));
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

/// Waits until a guest does not run any more; returns whether it has ended. A kernel that restarts, as with ctrl-alt-del before init runs, is the
/// same process, which has no arguments for a moment.
fn has_ended(real: &Real, kernel: &UmlProcess, limit: Duration) -> Result<bool, FailureKind> {
    let start = Instant::now();
    loop {
        if !is_alive(kernel.pid) && process::of(&kernel.guest).is_none() {
            return Ok(true);
        }
        if real.is_stopped() {
            return Err(FailureKind::Interrupted);
        }
        if start.elapsed() > limit {
            return Ok(false);
        }
        sleep(INTERVAL);
    }
}
