//! Portage's log of merges, `/var/log/emerge.log` (written by Portage 3.0.83).
//!
//! A line is the time in seconds since 1970, a colon and a message. Several runs of emerge may write
//! to it at the same time, and no line tells which. A package that fails has no line of its own: it
//! begins and never ends.

use memchr::memchr;

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

/// The maximum length of a line that is kept until its end is read; longer ones are not Portage's.
const MAX_LINE: usize = 64 << 10;

/// The merges in a log that is read piece by piece: a log has hundreds of megabytes, of which the
/// merges of one package are a small part.
#[derive(Debug, Default)]
pub struct MergeLog {
    /// Only this package, as `category/name`.
    wanted: Option<String>,
    merges: Vec<Merge>,
    /// The indices of merges that have not ended.
    open: Vec<usize>,
    /// The number of runs that have not ended.
    runs: usize,
    /// Whether one of the runs that ended together was unsuccessful.
    unsuccessful: bool,
    /// The beginning of a line whose end is in the next piece.
    begun: Vec<u8>,
}

/// Returns the merges in a log, in the order in which they began. Lines that are not understood are
/// skipped.
pub fn merges(text: &str) -> Vec<Merge> {
    let mut log = MergeLog::default();
    log.add(text.as_bytes());
    log.into_merges()
}

/// Parses the time of a line. After a power cut, a log may contain zero bytes.
fn seconds(time: &[u8]) -> Option<u64> {
    std::str::from_utf8(time).ok()?.trim_start_matches('\0').parse().ok()
}

impl MergeLog {
    /// Returns an empty log. With `wanted`, as `category/name`, it only keeps the merges of that
    /// package.
    pub fn of(wanted: Option<&str>) -> Self {
        Self { wanted: wanted.map(str::to_owned), ..Self::default() }
    }

    /// Adds the next piece of the log, which may begin and end within a line.
    pub fn add(&mut self, mut piece: &[u8]) {
        while let Some(end) = memchr(b'\n', piece) {
            let (line, rest) = (&piece[..end], &piece[end + 1..]);
            if self.begun.is_empty() {
                self.line(line);
            } else {
                let mut begun = std::mem::take(&mut self.begun);
                begun.extend_from_slice(line);
                self.line(&begun);
                begun.clear();
                self.begun = begun;
            }
            piece = rest;
        }
        if self.begun.len() + piece.len() <= MAX_LINE {
            self.begun.extend_from_slice(piece);
        }
    }

    /// Returns the merges, in the order in which they began.
    pub fn into_merges(mut self) -> Vec<Merge> {
        let last = std::mem::take(&mut self.begun);
        self.line(&last);
        self.merges
    }

    /// Reads a line. A log has millions of them, most of which do not matter: the first byte decides
    /// what is looked for, and the time is only parsed if it is needed.
    fn line(&mut self, line: &[u8]) -> Option<()> {
        let (time, message) = line.split_at(memchr(b':', line)?);
        let message = message[1..].trim_ascii_start();
        match message.first()? {
            b'>' => self.begin(time, numbered(message, b">>> emerge ")?)?,
            // Without an open merge, these lines change nothing.
            b':' | b'=' if self.open.is_empty() => {}
            b':' => self.complete(seconds(time)?, numbered(message, b"::: completed emerge ")?),
            b'=' => match message.strip_prefix(b"=== Resource usage for build of ") {
                Some(usage) => self.resources(&String::from_utf8_lossy(usage)),
                None => self.binary(message)?,
            },
            b'S' if message.starts_with(b"Started emerge on") => self.runs += 1,
            b'*' if message.starts_with(b"*** exiting unsuccessfully") => self.unsuccessful = true,
            b'*' if message.starts_with(b"*** terminating.") => {
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

    /// Returns the position in `open` of a package.
    fn open_position(&self, package: &[u8]) -> Option<usize> {
        let is_it = |index: &usize| self.merges[*index].package.as_bytes() == package;
        self.open.iter().position(is_it)
    }

    fn begin(&mut self, time: &[u8], package: &[u8]) -> Option<()> {
        if self.wanted.as_ref().is_some_and(|name| !package.starts_with(name.as_bytes())) {
            return None;
        }
        let package = String::from_utf8_lossy(package).into_owned();
        if self.wanted.as_ref().is_some_and(|name| package_name(&package) != name) {
            return None;
        }
        let started = seconds(time)?;
        if let Some(at) = self.open_position(package.as_bytes()) {
            // Portage locks a package that it builds: the earlier build cannot be running.
            let before = self.open.remove(at);
            self.merges[before].outcome = MergeOutcome::Interrupted;
        }
        self.open.push(self.merges.len());
        self.merges.push(Merge {
            package,
            binary: false,
            started,
            ended: None,
            outcome: MergeOutcome::Unfinished,
            memory: None,
        });
        Some(())
    }

    fn complete(&mut self, time: u64, package: &[u8]) {
        let Some(at) = self.open_position(package) else { return };
        let merge = &mut self.merges[self.open.remove(at)];
        merge.ended = Some(time);
        merge.outcome = MergeOutcome::Merged;
    }

    /// Parses `=== (1 of 1) Merging Binary (app-misc/one-1::/path)`.
    fn binary(&mut self, message: &[u8]) -> Option<()> {
        let (_, what) = split_once(message.strip_prefix(b"=== (")?, b") ")?;
        let rest = what.strip_prefix(b"Merging Binary (")?;
        let package = split_once(rest, b"::").map_or(rest, |(package, _)| package);
        let open = self.open[self.open_position(package)?];
        self.merges[open].binary = true;
        Some(())
    }

    /// Parses `app-misc/one-1: CPU: 5.00s (1.00x), MaxMem: 1.20 GiB, I/O R: 0.00 B`.
    fn resources(&mut self, rest: &str) {
        let Some((package, usage)) = rest.split_once(": ") else { return };
        let peak = usage.split(", ").find_map(|part| part.strip_prefix("MaxMem: "));
        if let Some(at) = self.open_position(package.as_bytes()) {
            self.merges[self.open[at]].memory = peak.and_then(bytes);
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

/// Returns `category/name` of `category/name-version` (PMS, "Version specifications").
pub fn package_name(package: &str) -> &str {
    let version = |text: &str| {
        text.match_indices('-')
            .rev()
            .map(|(at, _)| at)
            .find(|at| text[at + 1..].starts_with(|c: char| c.is_ascii_digit()))
    };
    // A revision follows the version: `-r1`.
    let base = match package.rsplit_once("-r") {
        Some((base, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => package,
    };
    match base.rfind('-') {
        Some(at) if version(base) == Some(at) => &base[..at],
        _ => package,
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
fn numbered<'a>(message: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let numbers = message.strip_prefix(prefix)?.strip_prefix(b"(")?;
    let package = numbers[memchr(b')', numbers)? + 1..].strip_prefix(b" ")?;
    package.split(u8::is_ascii_whitespace).next()
}

fn split_once<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(2).position(|pair| pair == separator)?;
    Some((&bytes[..at], &bytes[at + 2..]))
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
    fn pieces_of_a_log_are_read_as_the_whole_and_filtered() {
        let line = |number: usize, what: &str, package: &str| match what {
            ">>>" => format!("{number}:  >>> emerge (1 of 2) {package} to /\n"),
            _ => format!("{number}:  ::: completed emerge (1 of 2) {package} to /\n"),
        };
        let mut text = String::new();
        for (number, package) in
            ["a/one-1", "a/one-two-1", "a/one-1-r1", "b/one-1"].iter().enumerate()
        {
            text += &line(10 * number, ">>>", package);
            text += &line(10 * number + 5, ":::", package);
        }
        text += "90:  >>> emerge (1 of 1) a/one-2 to /";
        assert_eq!(merges(&text).len(), 5);
        for size in [1, 7, 64, text.len()] {
            for wanted in [None, Some("a/one")] {
                let mut log = MergeLog::of(wanted);
                text.as_bytes().chunks(size).for_each(|piece| log.add(piece));
                let fits =
                    |merge: &Merge| wanted.is_none_or(|name| package_name(&merge.package) == name);
                let whole: Vec<Merge> = merges(&text).into_iter().filter(fits).collect();
                assert_eq!(log.into_merges(), whole, "{size} {wanted:?}");
            }
        }
        // A line without an end is not collected.
        let mut log = MergeLog::default();
        (0..64).for_each(|_| log.add(&[b'x'; 4096]));
        assert!(log.begun.len() <= MAX_LINE);
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
