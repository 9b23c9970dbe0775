//! The packages that emerge builds, as lines.

use gscript::event::{BuildSource, BuildStatus, LockHolder, RunningBuild};

use super::out::elapsed;
use super::{Shown, shown};

/// The number of running packages that are shown.
const MOST: usize = 12;

/// Returns what is done and left: `12 s, about 2 min 5 s left, load 3.20, from emerge.log`, and the
/// process for which emerge waits.
pub(super) fn rest(status: &BuildStatus) -> Shown {
    let mut parts = vec![shown![elapsed(status.seconds * 1000)]];
    if status.failed > 0 {
        parts.push(shown![status.failed, " failed"]);
    }
    if let Some(left) = status.left {
        parts.push(shown!["about ", elapsed(left * 1000), " left"]);
    }
    if let Some(load) = status.load {
        parts.push(shown![format!("load {load:.2}")]);
    }
    parts.push(shown!["from ", status.source]);
    if let Some(holder) = &status.waits_for {
        let process = holder.process;
        parts.push(shown!["waiting for a lock of ", holder.name, " (process ", process, ")"]);
    }
    joined(&parts)
}

/// Returns the running packages, one per line: `app-misc/one-1  compile  5.0 s of about 8.0 s`.
pub(super) fn rows(status: &BuildStatus) -> Vec<Shown> {
    let mut rows: Vec<Shown> = status.running.iter().take(MOST).map(row).collect();
    if status.running.len() > MOST {
        rows.push(shown![format!("{} more", status.running.len() - MOST)]);
    }
    rows
}

fn row(build: &RunningBuild) -> Shown {
    let time = elapsed(build.seconds * 1000);
    let mut row = shown![build.name, "  ", build.phase, "  ", time];
    if let Some(expected) = build.expected {
        row = shown![row, " of about ", elapsed(expected * 1000)];
    }
    if let Some(memory) = build.memory {
        row = shown![row, ", ", memory >> 20, " MiB"];
    }
    row
}

/// Returns one line for screens that only add lines.
pub(super) fn line(title: &str, status: &BuildStatus) -> Shown {
    let names = status.running.iter().take(MOST).map(|one| shown![one.name, " (", one.phase, ")"]);
    let names: Vec<Shown> = names.collect();
    let counts = shown![status.done, " of ", status.total, " packages"];
    let running = if names.is_empty() { names } else { vec![shown!["running ", joined(&names)]] };
    let parts: Vec<Shown> = [counts].into_iter().chain(running).chain([rest(status)]).collect();
    shown!["  … ", title, ": ", joined(&parts)]
}

/// What a new line is printed for: an end, a failure, another package, another origin, or a lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Milestone {
    source: Option<BuildSource>,
    ended: (u64, u64),
    names: Vec<String>,
    waits_for: Option<LockHolder>,
}

impl Milestone {
    pub(super) fn of(status: &BuildStatus) -> Self {
        let names = status.running.iter().map(|build| build.name.clone()).collect();
        let (ended, waits_for) = ((status.done, status.failed), status.waits_for.clone());
        Self { source: Some(status.source), ended, names, waits_for }
    }
}

fn joined(parts: &[Shown]) -> Shown {
    let mut parts = parts.iter();
    let first = parts.next().cloned().unwrap_or_default();
    parts.fold(first, |line, part| shown![line, ", ", part])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_one_line_and_a_row_per_package() {
        let build = RunningBuild {
            name: "a/one-1".into(),
            phase: "compile\u{1b}[2J".into(),
            seconds: 65,
            expected: Some(120),
            memory: Some(3 << 20),
        };
        let status = BuildStatus {
            source: BuildSource::Log,
            done: 1,
            total: 3,
            failed: 1,
            running: vec![build; MOST + 1],
            seconds: 70,
            left: Some(55),
            load: Some(2.5),
            waits_for: Some(LockHolder { process: 4711, name: "emerge".into() }),
        };
        let rows = rows(&status);
        assert_eq!(rows.len(), MOST + 1);
        let row = "a/one-1  compile\\u{1b}[2J  1 min 5 s of about 2 min 0 s, 3 MiB";
        assert_eq!(rows[0].as_str(), row);
        assert_eq!(rows[MOST].as_str(), "1 more");
        let line = line("portage.emerge", &BuildStatus { running: Vec::new(), ..status });
        let expected = "  … portage.emerge: 1 of 3 packages, 1 min 10 s, 1 failed, about 55.0 s left, load 2.50, from emerge.log, waiting for a lock of emerge (process 4711)";
        assert_eq!(line.as_str(), expected);
    }
}
