//! Stopping and killing the processes of a group, and waiting until it is done.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill as send};
use nix::unistd::Pid;

use super::files::{explain, read, try_write, write};
use super::moves::groups_in;
use crate::machine::cgroup::freezing;
use crate::system::FailureKind;

/// How long a group may take: a process that waits for a disk is neither stopped nor killed before.
const LIMIT: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(5);

/// Stops the processes of a group or lets them run, and waits until it is so.
pub(super) fn set(file: &str, frozen: bool, stop: &dyn Fn() -> bool) -> Result<(), FailureKind> {
    let directory = file.rsplit_once('/').map_or(file, |(directory, _)| directory);
    if frozen {
        refuse_own(directory)?;
    }
    write(file, freezing(file, frozen)).map_err(FailureKind::Kernel)?;
    // Version 1 continues to freeze only when the state is read.
    let done = || {
        if file.ends_with("/freezer.state") {
            return Ok(read(file)?.trim() == freezing(file, frozen));
        }
        let events = read(&format!("{directory}/cgroup.events"))?;
        let wanted = format!("frozen {}", u8::from(frozen));
        // A group inside a frozen one stays frozen.
        Ok(!frozen || events.lines().any(|line| line == wanted))
    };
    let result = wait(directory, stop, &done);
    if result.is_err() && frozen {
        // A group that is not frozen completely must not stay half frozen.
        let _ = write(file, freezing(file, false));
    }
    result
}

/// Kills the processes of a group and of those below it, and waits until they have ended.
pub(super) fn kill(directory: &str, stop: &dyn Fn() -> bool) -> Result<(), FailureKind> {
    refuse_own(directory)?;
    let atomic = try_write(&format!("{directory}/cgroup.kill"), "1");
    match atomic {
        Ok(()) => {}
        // Version 1, or a kernel before 5.14.
        Err(error) if error.raw_os_error() == Some(Errno::ENOENT as i32) => {}
        Err(error) => return Err(FailureKind::Kernel(explain(&error))),
    }
    let state = format!("{directory}/freezer.state");
    let done = || {
        let pids = all_processes(directory);
        if pids.is_empty() {
            return Ok(true);
        }
        // A process may start others while it is killed, unless the group is stopped meanwhile.
        let _ = try_write(&state, "FROZEN");
        for pid in all_processes(directory) {
            let _ = send(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let _ = try_write(&state, "THAWED");
        Ok(false)
    };
    wait(directory, stop, &done)
}

/// Returns the running processes of a group and of the groups in it. One that has ended and was not
/// waited for by its parent does not count.
fn all_processes(directory: &str) -> Vec<i32> {
    let own = read(&format!("{directory}/cgroup.procs")).unwrap_or_default();
    let mut pids: Vec<i32> = own.lines().filter_map(|line| line.parse().ok()).collect();
    pids.retain(|pid| *pid > 0 && !has_ended(*pid));
    pids.extend(groups_in(directory).iter().flat_map(|below| all_processes(below)));
    pids
}

fn has_ended(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

/// Refuses to stop or kill this process.
fn refuse_own(directory: &str) -> Result<(), FailureKind> {
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    match all_processes(directory).contains(&own) {
        true => Err(FailureKind::Kernel(format!("{directory} contains gscript itself"))),
        false => Ok(()),
    }
}

fn wait(
    directory: &str,
    stop: &dyn Fn() -> bool,
    done: &dyn Fn() -> std::io::Result<bool>,
) -> Result<(), FailureKind> {
    let begun = Instant::now();
    loop {
        if done().map_err(|error| FailureKind::Kernel(explain(&error)))? {
            return Ok(());
        }
        if stop() {
            return Err(FailureKind::Interrupted);
        }
        if begun.elapsed() > LIMIT {
            return Err(FailureKind::Waited { what: directory.to_owned(), limit: LIMIT });
        }
        sleep(INTERVAL);
    }
}
