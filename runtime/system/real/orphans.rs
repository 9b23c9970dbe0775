//! Programs that other programs started or left running: a build's compiler server, gpg's agent. Orphans
//! become children of this process, so that nothing of a run stays behind.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::system::real::storage::holders::how_held;
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
        children().into_iter().filter(|pid| how_held(&directory(*pid), &at).is_some()).collect();
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

/// The processes whose parent this one is.
pub(super) fn children() -> Vec<Pid> {
    let me = nix::unistd::getpid();
    processes().into_iter().filter(|process| process.parent == me).map(|child| child.pid).collect()
}

/// A process as /proc shows it.
pub(super) struct Process {
    pub(super) pid: Pid,
    parent: Pid,
    /// Whether it has ended, and its parent does not know yet.
    ended: bool,
}

/// All processes.
fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let process = |entry: fs::DirEntry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?);
        // A process may call itself anything, also what is no UTF-8.
        let stat = text_of(&fs::read(directory(pid).join("stat")).ok()?);
        // The name is in parentheses and may hold anything; state and parent follow it.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let ended = matches!(fields.next()?, "Z" | "X");
        Some(Process { pid, parent: Pid::from_raw(fields.next()?.parse().ok()?), ended })
    };
    entries.flatten().filter_map(process).collect()
}

/// A process and everything that descends from it, except for some with all that descends from them.
pub(super) fn tree(top: Pid, spared: &[Pid]) -> Vec<Process> {
    let mut others = processes();
    let mut found: Vec<Process> = others.extract_if(.., |process| process.pid == top).collect();
    let mut next = 0;
    while let Some(parent) = found.get(next).map(|process| process.pid) {
        let is_child =
            |process: &mut Process| process.parent == parent && !spared.contains(&process.pid);
        found.extend(others.extract_if(.., is_child));
        next += 1;
    }
    found
}

/// Ends everything that descends from this process, also what has left its process group and session,
/// except for some children with all that descends from them.
pub(super) fn end_descendants(spared: &[Pid]) {
    let me = nix::unistd::getpid();
    for (signal, patience) in [(Signal::SIGTERM, GRACE), (Signal::SIGKILL, GRACE)] {
        let mut told = Vec::new();
        let start = Instant::now();
        while start.elapsed() < patience {
            let found = tree(me, spared).into_iter().skip(1);
            let (ended, left): (Vec<Process>, Vec<Process>) =
                found.partition(|process| process.ended);
            for process in ended.iter().filter(|process| process.parent == me) {
                // Another one has the same number only after this.
                let _ = waitpid(process.pid, Some(WaitPidFlag::WNOHANG));
            }
            if left.is_empty() {
                return;
            }
            for Process { pid, .. } in left {
                // What is told to end may start another process; what is killed can't.
                if signal == Signal::SIGKILL || !told.contains(&pid) {
                    let _ = kill(pid, signal);
                    told.push(pid);
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn directory(pid: Pid) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

/// Whether it still runs; one that has ended is taken leave of.
fn runs(pid: Pid) -> bool {
    matches!(waitpid(pid, Some(WaitPidFlag::WNOHANG)), Ok(nix::sys::wait::WaitStatus::StillAlive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_begins_with_its_top_and_leaves_out_what_is_spared() {
        let me = nix::unistd::getpid();
        assert_eq!(tree(me, &[]).first().map(|process| process.pid), Some(me));
        let parent = nix::unistd::getppid();
        assert!(tree(parent, &[]).iter().any(|process| process.pid == me));
        assert!(!tree(parent, &[me]).iter().any(|process| process.pid == me));
    }
}
