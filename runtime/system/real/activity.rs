//! Whether a program works: how long mkfs, e2fsck or xfs_repair take depends on the disk, so what ends
//! them is that they do nothing, and not that they take long.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::super::Broken;
use super::orphans::{Process, tree};
use crate::types::text_of;

/// How often /proc is looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// When a program is ended.
pub(super) enum TimeLimit {
    /// Never.
    Endless,
    /// When it has run for so long.
    Total(Duration),
    /// When it and all that it started have neither computed, read, written nor printed for so long.
    Idle(Duration),
}

/// Watches one program.
pub(super) struct Activity {
    pid: Pid,
    patience: TimeLimit,
    /// The start, or the last time that something happened.
    since: Instant,
    looked: Instant,
    /// Work done so far, by process and thread.
    done: BTreeMap<i32, Vec<u64>>,
}

impl Activity {
    pub(super) fn of(pid: Pid, patience: TimeLimit) -> Self {
        let now = Instant::now();
        Self { pid, patience, since: now, looked: now, done: BTreeMap::new() }
    }

    /// It has printed something.
    pub(super) fn printed(&mut self) {
        if matches!(self.patience, TimeLimit::Idle(_)) {
            self.since = Instant::now();
        }
    }

    /// An error when the patience has come to its end.
    pub(super) fn check(&mut self) -> Result<(), Broken> {
        match self.patience {
            TimeLimit::Total(limit) if self.since.elapsed() > limit => Err(Broken::TimedOut(limit)),
            TimeLimit::Idle(limit) if self.looked.elapsed() > PAUSE.min(limit) => {
                let idle = self.looked.duration_since(self.since);
                let works = self.works();
                self.looked = Instant::now();
                // Time in which this process itself did not run says nothing about the other.
                match (works, idle > limit) {
                    (true, _) => self.since = self.looked,
                    (false, true) => return Err(Broken::Idle(limit)),
                    (false, false) => {}
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether any of its threads runs, waits for a disk, or has done something since the last look.
    fn works(&mut self) -> bool {
        let mut done = BTreeMap::new();
        let mut busy = false;
        for Process { pid, .. } in tree(self.pid, &[]) {
            let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
            for thread in threads.flatten() {
                let Some(number) = thread.file_name().to_str().and_then(|name| name.parse().ok())
                else {
                    continue;
                };
                // A thread may call itself anything, also what is no UTF-8.
                let read =
                    |name: &str| text_of(&fs::read(thread.path().join(name)).unwrap_or_default());
                let (state, times) = state_and_times(&read("stat"));
                // Uninterruptible sleep is how the kernel waits for a disk (proc_pid_stat(5)). That the
                // program has ended is noticed elsewhere.
                busy |= matches!(state, 'R' | 'D') || (state == 'Z' && pid == self.pid);
                done.insert(number, times.into_iter().chain(counters(&read("io"))).collect());
            }
        }
        busy |= done != self.done;
        self.done = done;
        busy
    }
}

/// The state of a thread, and its time in user and system mode.
fn state_and_times(stat: &str) -> (char, Vec<u64>) {
    // The name is in parentheses and may hold anything; the state is the third field.
    let Some((_, rest)) = stat.rsplit_once(')') else { return (' ', Vec::new()) };
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let state = fields.first().and_then(|state| state.chars().next()).unwrap_or(' ');
    let times = fields.iter().skip(11).take(2).filter_map(|time| time.parse().ok()).collect();
    (state, times)
}

/// What a thread has read and written.
fn counters(io: &str) -> impl Iterator<Item = u64> + '_ {
    io.lines().filter_map(|line| line.split_once(": ")?.1.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let stat = "7 (a) R (b) S 1 7 7 0 -1 4194560 103 0 0 0 12 34 0 0 20 0 1 0 99 1 1";
        assert_eq!(state_and_times(stat), ('S', vec![12, 34]));
        assert_eq!(state_and_times(""), (' ', Vec::new()));
        assert_eq!(counters("rchar: 12\nwchar: 3\n").collect::<Vec<_>>(), [12, 3]);
    }
}
