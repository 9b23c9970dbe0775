//! Detection of idle programs. The run time of mkfs, e2fsck and xfs_repair depends on the disk, so
//! they are killed if they are idle for too long, not if they run for too long.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::super::FailureKind;
use super::orphans::{Process, tree};
use crate::types::text_of;

/// The interval between checks of /proc.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// The time limit of a program.
pub(super) enum TimeLimit {
    Endless,
    /// The total run time.
    Total(Duration),
    /// The time in which neither the program nor its descendants computed, read, wrote or printed
    /// anything.
    Idle(Duration),
}

/// The activity of a program.
pub(super) struct Activity {
    pid: Pid,
    time_limit: TimeLimit,
    /// The start, or the time of the last activity.
    since: Instant,
    looked: Instant,
    /// The work done so far, by thread ID: processor times and I/O counters.
    done: BTreeMap<i32, Vec<u64>>,
}

impl Activity {
    pub(super) fn of(pid: Pid, time_limit: TimeLimit) -> Self {
        let now = Instant::now();
        Self { pid, time_limit, since: now, looked: now, done: BTreeMap::new() }
    }

    /// Records that the program has printed something.
    pub(super) fn printed(&mut self) {
        if matches!(self.time_limit, TimeLimit::Idle(_)) {
            self.since = Instant::now();
        }
    }

    /// Returns an error if the time limit is exceeded.
    pub(super) fn check(&mut self) -> Result<(), FailureKind> {
        match self.time_limit {
            TimeLimit::Total(limit) if self.since.elapsed() > limit => {
                Err(FailureKind::TimedOut(limit))
            }
            TimeLimit::Idle(limit) if self.looked.elapsed() > CHECK_INTERVAL.min(limit) => {
                let idle = self.looked.duration_since(self.since);
                let works = self.is_active();
                self.looked = Instant::now();
                // Time in which this process itself was suspended does not count against the
                // program.
                match (works, idle > limit) {
                    (true, _) => self.since = self.looked,
                    (false, true) => return Err(FailureKind::Idle(limit)),
                    (false, false) => {}
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Returns whether any of its threads runs, waits for a disk, or has made progress since the
    /// last check.
    fn is_active(&mut self) -> bool {
        let mut done = BTreeMap::new();
        let mut busy = false;
        for Process { pid, .. } in tree(self.pid, &[]) {
            let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
            for thread in threads.flatten() {
                let Some(number) = thread.file_name().to_str().and_then(|name| name.parse().ok())
                else {
                    continue;
                };
                // A thread name can be any byte string, including invalid UTF-8.
                let read =
                    |name: &str| text_of(&fs::read(thread.path().join(name)).unwrap_or_default());
                let (state, times) = state_and_times(&read("stat"));
                // Uninterruptible sleep is how the kernel waits for a disk (proc_pid_stat(5)). The
                // exit of the program is detected elsewhere.
                busy |= matches!(state, 'R' | 'D') || (state == 'Z' && pid == self.pid);
                done.insert(number, times.into_iter().chain(counters(&read("io"))).collect());
            }
        }
        busy |= done != self.done;
        self.done = done;
        busy
    }
}

/// Returns the state of a thread, and its times in user and system mode.
fn state_and_times(stat: &str) -> (char, Vec<u64>) {
    // The name is in parentheses and can contain any character; the state is the third field.
    let Some((_, rest)) = stat.rsplit_once(')') else { return (' ', Vec::new()) };
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let state = fields.first().and_then(|state| state.chars().next()).unwrap_or(' ');
    let times = fields.iter().skip(11).take(2).filter_map(|time| time.parse().ok()).collect();
    (state, times)
}

/// Returns the I/O counters of a thread.
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
