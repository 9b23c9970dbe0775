//! The processes that this process has started, so that only those that they leave behind are ended
//! as orphans.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;

use super::orphans;

/// The processes that this process has started and not yet waited for. No process is started while
/// the lock is held: a process that another thread is just starting is not an orphan.
static STARTED: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

fn started() -> MutexGuard<'static, Vec<Pid>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process that this process has started; it is registered until this value is dropped.
pub(super) struct Started {
    pid: Pid,
    /// The children that existed before the process.
    before: Vec<Pid>,
}

impl Started {
    /// Starts a process and registers it.
    pub(super) fn register<T>(
        start: impl FnOnce() -> io::Result<T>,
        pid: impl FnOnce(&T) -> Pid,
    ) -> io::Result<(T, Self)> {
        let mut started = started();
        let before = orphans::children();
        let process = start()?;
        let pid = pid(&process);
        started.push(pid);
        Ok((process, Self { pid, before }))
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// Keeps the process registered for good: it cannot be ended, and is not waited for.
    pub(super) fn abandon(&self) {
        started().push(self.pid);
    }

    /// Ends the processes that the process left behind, except children that existed before it.
    pub(super) fn end_descendants(&self) {
        let started = started();
        let mut others = started.clone();
        // An abandoned process is registered twice.
        if let Some(own) = others.iter().position(|pid| *pid == self.pid) {
            others.remove(own);
        }
        orphans::end_descendants(&[others, self.before.clone()].concat());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let mut started = started();
        if let Some(own) = started.iter().position(|pid| *pid == self.pid) {
            started.remove(own);
        }
    }
}
