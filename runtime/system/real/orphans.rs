//! Programs that other programs started and left running, such as a compiler server of a build or
//! gpg's agent. Orphans become children of this process, so that a run leaves no processes behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::system::real::storage::holders::kind_of_use;
use crate::types::{path_of, text_of};

/// The time to wait for processes to exit after a signal.
const GRACE: Duration = Duration::from_secs(2);

/// Makes orphaned descendants children of this process (prctl(2), `PR_SET_CHILD_SUBREAPER`).
pub(super) fn become_subreaper() {
    // Without this, orphans would keep mounts busy, and the error would list them.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Terminates the children that keep a mount point busy; returns whether there were any.
pub(super) fn end_orphans(at: &str) -> bool {
    let at = path_of(at);
    let orphans: Vec<Pid> =
        children().into_iter().filter(|pid| kind_of_use(&directory(*pid), &at).is_some()).collect();
    for (signal, patience) in [(Signal::SIGTERM, GRACE), (Signal::SIGKILL, GRACE)] {
        for pid in &orphans {
            // A process that has exited in the meantime needs no signal.
            let _ = kill(*pid, signal);
        }
        let start = Instant::now();
        while orphans.iter().any(|pid| is_running(*pid)) && start.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    !orphans.is_empty()
}

/// Returns the children of this process.
pub(super) fn children() -> Vec<Pid> {
    let me = nix::unistd::getpid();
    if *HAS_LISTS {
        return children_of(me);
    }
    processes().into_iter().filter(|process| process.parent == me).map(|child| child.pid).collect()
}

/// A process as shown in /proc.
pub(super) struct Process {
    pub(super) pid: Pid,
    parent: Pid,
    /// Whether it has exited, but its parent has not waited for it yet.
    ended: bool,
}

/// Returns all processes.
fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw);
    entries.flatten().filter_map(pid).filter_map(process).collect()
}

/// Reads the state of a process; `None` if it does not exist.
fn process(pid: Pid) -> Option<Process> {
    // A process name can be any byte string, including invalid UTF-8.
    let stat = text_of(&fs::read(directory(pid).join("stat")).ok()?);
    // The name is in parentheses and can contain any character; the state and the parent follow it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    Some(Process { pid, parent: Pid::from_raw(fields.next()?.parse().ok()?), ended })
}

/// Returns whether a process exists and has not exited.
pub(super) fn is_alive(pid: Pid) -> bool {
    process(pid).is_some_and(|process| !process.ended)
}

/// Whether the kernel lists the children of each thread (`CONFIG_PROC_CHILDREN`).
static HAS_LISTS: LazyLock<bool> =
    LazyLock::new(|| Path::new("/proc/thread-self/children").exists());

/// Returns the children of a process from the lists of its threads (proc_tid_children(5)).
///
/// A list can lack a child if another one exits while it is read, so they are read until they are
/// the same twice.
fn children_of(parent: Pid) -> Vec<Pid> {
    let read = || -> Vec<Pid> {
        let threads = fs::read_dir(directory(parent).join("task")).into_iter().flatten().flatten();
        let lists = threads.filter_map(|thread| fs::read(thread.path().join("children")).ok());
        let all: Vec<u8> = lists.flatten().collect();
        let pids = text_of(&all).split_whitespace().map(str::parse).collect::<Vec<_>>();
        pids.into_iter().flatten().map(Pid::from_raw).collect()
    };
    let mut found = read();
    loop {
        let again = read();
        if again == found {
            return found;
        }
        found = again;
    }
}

/// Returns a process and all its descendants, except `spared` processes with all their descendants.
pub(super) fn tree(top: Pid, spared: &[Pid]) -> Vec<Process> {
    if *HAS_LISTS {
        return listed_tree(top, spared);
    }
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

fn listed_tree(top: Pid, spared: &[Pid]) -> Vec<Process> {
    let mut found: Vec<Process> = process(top).into_iter().collect();
    let mut next = 0;
    while let Some(parent) = found.get(next).map(|process| process.pid) {
        let children = children_of(parent).into_iter().filter(|child| !spared.contains(child));
        found.extend(children.filter_map(process));
        next += 1;
    }
    found
}

/// Terminates all descendants of this process, including those that have left its process group and
/// session, except `spared` children with all their descendants.
pub(super) fn end_descendants(spared: &[Pid]) {
    let me = nix::unistd::getpid();
    for (signal, patience) in [(Signal::SIGTERM, GRACE), (Signal::SIGKILL, GRACE)] {
        let mut signalled = Vec::new();
        let start = Instant::now();
        while start.elapsed() < patience {
            let found: Vec<Process> = tree(me, spared).into_iter().skip(1).collect();
            if found.is_empty() {
                return;
            }
            let (ended, left): (Vec<Process>, Vec<Process>) =
                found.into_iter().partition(|process| process.ended);
            for process in ended.iter().filter(|process| process.parent == me) {
                // The process ID can only be reused after this.
                let _ = waitpid(process.pid, Some(WaitPidFlag::WNOHANG));
            }
            // The children of a process that has just exited are children of this one now, so the end
            // is when nothing is found.
            for Process { pid, .. } in left {
                // A process that receives SIGTERM may start another process; a killed one cannot.
                if signal == Signal::SIGKILL || !signalled.contains(&pid) {
                    let _ = kill(pid, signal);
                    signalled.push(pid);
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn directory(pid: Pid) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

/// Returns whether a process is still running; reaps it if it has exited.
fn is_running(pid: Pid) -> bool {
    matches!(waitpid(pid, Some(WaitPidFlag::WNOHANG)), Ok(nix::sys::wait::WaitStatus::StillAlive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_until_it_exits() {
        assert!(is_alive(nix::unistd::getpid()));
        assert!(!is_alive(Pid::from_raw(i32::MAX)));
    }

    #[test]
    fn the_lists_of_threads_have_the_children_that_all_processes_show() {
        let (parent, me) = (nix::unistd::getppid(), nix::unistd::getpid());
        assert!(processes().iter().any(|process| process.pid == me && process.parent == parent));
        assert!(!*HAS_LISTS || children_of(parent).contains(&me));
    }

    #[test]
    fn a_tree_begins_with_its_top_and_leaves_out_what_is_spared() {
        let me = nix::unistd::getpid();
        assert_eq!(tree(me, &[]).first().map(|process| process.pid), Some(me));
        let parent = nix::unistd::getppid();
        assert!(tree(parent, &[]).iter().any(|process| process.pid == me));
        assert!(!tree(parent, &[me]).iter().any(|process| process.pid == me));
    }
}
