//! Portage's log of merges, `/var/log/emerge.log` (written by Portage 3.0.83).
//!
//! A line is the time in seconds since 1970, a colon and a message. Several runs of emerge may write
//! to it at the same time, and no line tells which. A package that fails has no line of its own: it
//! begins and never ends.

/// A package that emerge has begun to merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The package as `category/name-version`.
    pub package: String,
    /// Whether it was a binary package.
    pub binary: bool,
    /// When it began, in seconds since 1970.
    pub started: u64,
    /// When it ended; `None` if no line tells.
    pub ended: Option<u64>,
    /// How it ended.
    pub outcome: MergeOutcome,
    /// The peak memory of its build in bytes, with `FEATURES="cgroup"`.
    pub memory: Option<u64>,
}

/// How a merge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeOutcome {
    /// The package was merged.
    Merged,
    /// The run ended unsuccessfully, and the package was not merged.
    Failed,
    /// The run ended without telling how, or the package was begun again.
    Interrupted,
    /// The log has no end of the run: it may still be running.
    Unfinished,
}

impl MergeOutcome {
    /// Returns the word for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Unfinished => "unfinished",
        }
    }
}

/// The state of reading a log.
#[derive(Debug, Default)]
struct Reader {
    merges: Vec<Merge>,
    /// The indices of merges that have not ended.
    open: Vec<usize>,
    /// The number of runs that have not ended.
    runs: usize,
    /// Whether one of the runs that ended together was unsuccessful.
    unsuccessful: bool,
}

/// Returns the merges in a log, in the order in which they began. Lines that are not understood are
/// skipped.
pub fn merges(text: &str) -> Vec<Merge> {
    let mut reader = Reader::default();
    for line in text.lines() {
        if let Some((time, message)) = line.split_once(':') {
            reader.line(time, message.trim_ascii());
        }
    }
    reader.merges
}

/// Parses the time of a line. After a power cut, a log may contain zero bytes.
fn seconds(time: &str) -> Option<u64> {
    time.trim_start_matches('\0').parse().ok()
}

impl Reader {
    /// Reads a line. A log has millions of them, most of which do not matter: the first byte decides
    /// what is looked for, and the time is only parsed if it is needed.
    fn line(&mut self, time: &str, message: &str) -> Option<()> {
        match message.as_bytes().first()? {
            b'>' => self.begin(seconds(time)?, numbered(message, ">>> emerge ")?),
            b':' => self.complete(seconds(time)?, numbered(message, "::: completed emerge ")?),
            b'=' => match message.strip_prefix("=== Resource usage for build of ") {
                Some(usage) => self.resources(usage),
                None => self.binary(message)?,
            },
            b'S' if message.starts_with("Started emerge on") => self.runs += 1,
            b'*' if message.starts_with("*** exiting unsuccessfully") => self.unsuccessful = true,
            b'*' if message.starts_with("*** terminating.") => {
                let time = seconds(time)?;
                self.runs = self.runs.saturating_sub(1);
                if self.runs == 0 {
                    self.end(time);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn begin(&mut self, time: u64, package: &str) {
        let again = |index: &usize| self.merges[*index].package == package;
        if let Some(at) = self.open.iter().position(again) {
            // Portage locks a package that it builds: the earlier build cannot be running.
            let before = self.open.remove(at);
            self.merges[before].outcome = MergeOutcome::Interrupted;
        }
        self.open.push(self.merges.len());
        self.merges.push(Merge {
            package: package.to_owned(),
            binary: false,
            started: time,
            ended: None,
            outcome: MergeOutcome::Unfinished,
            memory: None,
        });
    }

    fn complete(&mut self, time: u64, package: &str) {
        let is_it = |index: &usize| self.merges[*index].package == package;
        let Some(at) = self.open.iter().position(is_it) else { return };
        let merge = &mut self.merges[self.open.remove(at)];
        merge.ended = Some(time);
        merge.outcome = MergeOutcome::Merged;
    }

    /// Parses `=== (1 of 1) Merging Binary (app-misc/one-1::/path)`.
    fn binary(&mut self, message: &str) -> Option<()> {
        let (_, what) = message.strip_prefix("=== (")?.split_once(") ")?;
        let rest = what.strip_prefix("Merging Binary (")?;
        let package = rest.split("::").next().unwrap_or(rest);
        let open = self.open.iter().find(|index| self.merges[**index].package == package);
        self.merges[*open?].binary = true;
        Some(())
    }

    /// Parses `app-misc/one-1: CPU: 5.00s (1.00x), MaxMem: 1.20 GiB, I/O R: 0.00 B`.
    fn resources(&mut self, rest: &str) {
        let Some((package, usage)) = rest.split_once(": ") else { return };
        let peak = usage.split(", ").find_map(|part| part.strip_prefix("MaxMem: "));
        let open = self.open.iter().find(|index| self.merges[**index].package == package);
        if let Some(index) = open {
            self.merges[*index].memory = peak.and_then(bytes);
        }
    }

    /// Ends what is open, when no run is left.
    fn end(&mut self, time: u64) {
        let outcome = match std::mem::take(&mut self.unsuccessful) {
            true => MergeOutcome::Failed,
            false => MergeOutcome::Interrupted,
        };
        for index in self.open.drain(..) {
            self.merges[index].ended = Some(time);
            self.merges[index].outcome = outcome;
        }
    }
}

/// Parses `1.20 GiB`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn bytes(text: &str) -> Option<u64> {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (number, unit) = text.split_once(' ')?;
    let power = UNITS.iter().position(|known| *known == unit)?;
    let number: f64 = number.parse().ok()?;
    Some((number * 1024_f64.powi(i32::try_from(power).ok()?)) as u64)
}

/// Returns the package in `PREFIX(1 of 3) app-misc/one-1 to /`.
fn numbered<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = message.strip_prefix(prefix)?.strip_prefix('(')?;
    rest.split_once(") ")?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, MergeOutcome, Option<u64>)> {
        let seconds = |merge: &Merge| merge.ended.map(|end| end - merge.started);
        merges(text)
            .iter()
            .map(|merge| (merge.package.clone(), merge.outcome, seconds(merge)))
            .collect()
    }

    #[test]
    fn failed_and_interrupted_merges_are_known() {
        let log = "\
10: Started emerge on: Nov 14, 2023 22:13:20
10:  *** emerge --keep-going a/one a/broken a/two
11:  >>> emerge (1 of 3) a/one-1 to /
11:  >>> emerge (2 of 3) a/broken-1 to /
15:  ::: completed emerge (1 of 3) a/one-1 to /
16:  >>> emerge (2 of 2) a/two-1 to /
17:  === (2 of 2) Merging Binary (a/two-1::/var/cache/binpkgs/a/two/two-1.gpkg.tar)
18:  ::: completed emerge (2 of 2) a/two-1 to /
19:  *** Finished. Cleaning up...
20:  *** exiting unsuccessfully with status '1'.
20:  *** terminating.
30: Started emerge on: Nov 14, 2023 22:13:40
31:  >>> emerge (1 of 1) a/three-1 to /
32:  *** terminating.
40: Started emerge on: Nov 14, 2023 22:13:50
41:  >>> emerge (1 of 1) a/four-1 to /
";
        assert_eq!(
            read(log),
            [
                ("a/one-1".into(), MergeOutcome::Merged, Some(4)),
                ("a/broken-1".into(), MergeOutcome::Failed, Some(9)),
                ("a/two-1".into(), MergeOutcome::Merged, Some(2)),
                ("a/three-1".into(), MergeOutcome::Interrupted, Some(1)),
                ("a/four-1".into(), MergeOutcome::Unfinished, None),
            ]
        );
        assert!(merges(log)[2].binary);
    }

    #[test]
    fn runs_side_by_side_end_together() {
        let log = "\
1: Started emerge on: x
2:  >>> emerge (1 of 1) a/one-1 to /
3: Started emerge on: x
4:  >>> emerge (1 of 1) a/two-1 to /
5:  *** exiting unsuccessfully with status '1'.
5:  *** terminating.
9:  ::: completed emerge (1 of 1) a/one-1 to /
9:  *** exiting successfully.
9:  *** terminating.
";
        assert_eq!(
            read(log),
            [
                ("a/one-1".into(), MergeOutcome::Merged, Some(7)),
                ("a/two-1".into(), MergeOutcome::Failed, Some(5)),
            ]
        );
    }

    #[test]
    fn the_memory_of_a_build_is_read() {
        let log = "1:  >>> emerge (1 of 1) a/one-1 to /\n2:  === Resource usage for build of a/one-1: CPU: 5.00s (1.00x), MaxMem: 1.50 GiB, I/O R: 0.00 B\n3:  === Resource usage for install of a/one-1: CPU: 5.00s, MaxMem: 9.00 MiB\n";
        assert_eq!(merges(log)[0].memory, Some(3 << 29));
        assert_eq!(bytes("2.00 KB"), None);
    }

    #[test]
    fn odd_lines_are_skipped() {
        let log = "\0\0\u{0}7:  >>> emerge (1 of 1) a/one-1 to /\nx\n: y\n-1: z\n8:  ::: completed emerge (1 of 1) a/other-1 to /\n8:  >>> emerge (1 of 1) a/one-1 to /\n";
        assert_eq!(
            read(log),
            [
                ("a/one-1".into(), MergeOutcome::Interrupted, None),
                ("a/one-1".into(), MergeOutcome::Unfinished, None),
            ]
        );
    }
}
