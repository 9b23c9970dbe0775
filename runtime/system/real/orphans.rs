//! Programs that other programs left running: a build's compiler server, gpg's agent. They become
//! children of this process, so that nothing of a run stays behind.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::holders::how_held;
use crate::types::{path_of, text_of};

/// How long they have to end by themselves.
const GRACE: Duration = Duration::from_secs(2);

/// From now on orphans of this process' children are its children (prctl(2),
/// `PR_SET_CHILD_SUBREAPER`).
pub(super) fn adopt() {
    // Without it, they would hold mounts, which is then told with their names.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Ends the children that hold a mount point; whether there were any.
pub(super) fn end_orphans(at: &str) -> bool {
    let at = path_of(at);
    let orphans: Vec<Pid> =
        children().into_iter().filter(|pid| how_held(&folder(*pid), &at).is_some()).collect();
    for (signal, patience) in [(Signal::SIGTERM, GRACE), (Signal::SIGKILL, GRACE)] {
        for pid in &orphans {
            // One that has ended meanwhile needs no signal.
            let _ = kill(*pid, signal);
        }
        let start = Instant::now();
        while orphans.iter().any(|pid| runs(*pid)) && start.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    !orphans.is_empty()
}

/// The processes whose parent this one is. No command is running while this is asked.
fn children() -> Vec<Pid> {
    let me = std::process::id().to_string();
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .filter(|pid| {
            // A process may call itself anything, also what is no UTF-8.
            let stat = text_of(&fs::read(folder(*pid).join("stat")).unwrap_or_default());
            // The name is in parentheses and may hold anything; state and parent follow it.
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1))
                == Some(me.as_str())
        })
        .collect()
}

fn folder(pid: Pid) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

/// Whether it still runs; one that has ended is taken leave of.
fn runs(pid: Pid) -> bool {
    matches!(waitpid(pid, Some(WaitPidFlag::WNOHANG)), Ok(nix::sys::wait::WaitStatus::StillAlive))
}
