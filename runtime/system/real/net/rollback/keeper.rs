//! The process that rolls a change back unless it is confirmed: in a session of its own, without a
//! terminal, and independent of the run.

#![expect(clippy::disallowed_types, reason = "the program starts a process of its own")]

use std::fs;
use std::io;
use std::os::fd::{AsFd, IntoRawFd};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::record::{ChangeDirectory, Decision, INTERVAL, seconds_since_boot};
use super::restore::restore;
use crate::system::real::started::Started;

/// The command of the program that runs the keeper.
const COMMAND: &str = "keep-rollback";

/// The time that a keeper has to start.
const START_LIMIT: Duration = Duration::from_secs(10);

/// Starts the keeper of a change, and waits until it has taken its place.
pub(super) fn start(directory: &ChangeDirectory) -> io::Result<()> {
    let mut command = Command::new("/proc/self/exe");
    command.args([COMMAND, directory.change()]).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let pid = |child: &Child| Pid::from_raw(child.id().cast_signed());
    let (mut child, started) = Started::register(|| command.spawn(), pid)?;
    // It must not end with the programs that a run starts.
    started.abandon();
    if let Some(run) = child.stdin.take() {
        // The pipe ends when this process ends, for whatever reason.
        let _ = run.into_raw_fd();
    }
    let start = Instant::now();
    while !directory.is_kept() {
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("the keeper of the rollback ended: {status}")));
        }
        if start.elapsed() > START_LIMIT {
            let _ = child.kill();
            return Err(io::Error::other("timed out waiting for the keeper of the rollback"));
        }
        sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Waits for the decision about a change, makes it when the time is over, and rolls back. Standard
/// input ends with the run.
pub fn keep_rollback(change: &str) -> io::Result<()> {
    let directory = ChangeDirectory::of(change);
    // It fails for the leader of a process group, which a child of the run is not.
    let _ = nix::unistd::setsid();
    let ignored = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGQUIT] {
        signal_hook::flag::register(signal, Arc::clone(&ignored))?;
    }
    let asked_to_end = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, Arc::clone(&asked_to_end))?;
    leave_session_group();
    let _lock = directory.keep()?;
    let seconds = f64::from(directory.armed()?.rollback.seconds);
    let (mut start, mut complete, mut run_ended) = (seconds_since_boot(), false, false);
    loop {
        match directory.decision() {
            Some(Decision::Confirmed) => return Ok(()),
            Some(Decision::RollBack { .. }) => return restore(&directory),
            None => {}
        }
        run_ended = run_ended || input_has_ended();
        if run_ended {
            sleep(INTERVAL);
        }
        // Read after the end of the run was noticed, because the run completes the change first.
        if !complete && let Some(completion) = directory.complete() {
            (start, complete) = (completion.at, true);
        }
        let why = if asked_to_end.load(Ordering::SeqCst) {
            "the process that restores the links was asked to end".to_owned()
        } else if seconds_since_boot() - start > seconds {
            format!("it was not confirmed within {seconds} s")
        } else if run_ended && !complete {
            "the run ended before the change was complete".to_owned()
        } else {
            continue;
        };
        directory.decide(Decision::RollBack { why })?;
    }
}

/// Waits a moment for the end of standard input.
fn input_has_ended() -> bool {
    let input = io::stdin();
    let mut polled = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    let timeout = PollTimeout::try_from(INTERVAL).unwrap_or(PollTimeout::ZERO);
    // Nothing is ever written to the pipe, so that whatever happens to it is its end.
    poll(&mut polled, timeout).is_ok_and(|ready| ready > 0)
}

/// Leaves the control group of the login session, with which systemd-logind(8) would end this
/// process if `KillUserProcesses` is set.
fn leave_session_group() {
    let me = std::process::id().to_string();
    for group in ["", "/unified", "/systemd", "/elogind"] {
        // Most of them do not exist, and without permission the process stays where it is.
        let _ = fs::write(format!("/sys/fs/cgroup{group}/cgroup.procs"), &me);
    }
}
