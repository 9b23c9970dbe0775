//! The state of a running emerge, from what it writes to its log and prints.

/// A package that is being built or installed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OpenBuild {
    package: String,
    phase: &'static str,
    started: u64,
}

/// What emerge has logged since it began. The log has the beginning, some phases and the end of each
/// package; a failure is only in the output of emerge.
#[derive(Debug, Clone, Default)]
pub struct LoggedBuilds {
    done: u64,
    failed: u64,
    /// The number of packages in the list, with those that ended before it was numbered again.
    total: u64,
    open: Vec<OpenBuild>,
}

impl LoggedBuilds {
    /// Handles a line of `emerge.log`.
    pub fn logged(&mut self, line: &str) {
        let Some((time, message)) = line.split_once(':') else { return };
        let Ok(time) = time.trim_start_matches('\0').parse() else { return };
        let message = message.trim();
        if let Some((number, count, package)) = numbered(message, ">>> emerge ") {
            self.begin(time, number, count, package);
        } else if let Some((_, _, package)) = numbered(message, "::: completed emerge ")
            && let Some(at) = self.position(package)
        {
            self.open.remove(at);
            self.done += 1;
        } else if let Some((_, _, rest)) = numbered(message, "=== ") {
            self.phase(rest);
        }
    }

    /// Handles a line that emerge printed: `>>> Failed to emerge app-misc/broken-1, Log file:`.
    pub fn printed(&mut self, line: &str) {
        let Some((_, rest)) = line.split_once(">>> Failed to ") else { return };
        let package = rest.split_once(' ').map_or("", |(_, rest)| rest);
        let package = package.split([',', ' ']).next().unwrap_or_default();
        if let Some(at) = self.position(package) {
            self.open.remove(at);
            self.failed += 1;
        }
    }

    /// Returns the number of packages that are installed, that are in the list, and that failed.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.done, self.total, self.failed)
    }

    /// Returns the packages that are being built or installed, with the phase and the time of the
    /// beginning in seconds since 1970.
    pub fn running(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        self.open.iter().map(|open| (open.package.as_str(), open.phase, open.started))
    }

    fn position(&self, package: &str) -> Option<usize> {
        self.open.iter().position(|open| open.package == package)
    }

    fn begin(&mut self, time: u64, number: u64, count: u64, package: &str) {
        // With --keep-going, what is left after a failure is numbered from 1.
        let before = u64::try_from(self.open.len()).unwrap_or(0) + self.done + self.failed;
        self.total = match number {
            1 => count + before,
            _ => self.total.max(count),
        };
        if let Some(at) = self.position(package) {
            self.open.remove(at);
        }
        self.open.push(OpenBuild { package: package.to_owned(), phase: "build", started: time });
    }

    /// Parses `Compiling/Merging (app-misc/one-1::/path)`, where `Merging` begins the installation.
    fn phase(&mut self, rest: &str) {
        let Some((word, package)) = rest.split_once(" (") else { return };
        let package = package.split("::").next().unwrap_or(package);
        let phase = match word {
            "Cleaning" | "Compiling/Merging" | "Compiling/Packaging" => "build",
            "Merging" | "Merging Binary" | "Post-Build Cleaning" => "merge",
            _ => return,
        };
        if let Some(at) = self.position(package) {
            self.open[at].phase = phase;
        }
    }
}

/// Parses `PREFIX(1 of 3) REST`; the rest ends with the first space, except for phases.
fn numbered<'a>(message: &'a str, prefix: &str) -> Option<(u64, u64, &'a str)> {
    let rest = message.strip_prefix(prefix)?.strip_prefix('(')?;
    let (numbers, rest) = rest.split_once(") ")?;
    let (number, count) = numbers.split_once(" of ")?;
    let rest = if prefix == "=== " { rest } else { rest.split(' ').next()? };
    Some((number.parse().ok()?, count.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_emerge_is_followed() {
        let mut builds = LoggedBuilds::default();
        for line in [
            "11:  >>> emerge (1 of 3) a/one-1 to /",
            "11:  === (1 of 3) Compiling/Merging (a/one-1::/repo/a/one/one-1.ebuild)",
            "12:  >>> emerge (2 of 3) a/broken-1 to /",
            "13:  === (1 of 3) Merging (a/one-1::/repo/a/one/one-1.ebuild)",
        ] {
            builds.logged(line);
        }
        let running: Vec<_> = builds.running().collect();
        assert_eq!(running, [("a/one-1", "merge", 11), ("a/broken-1", "build", 12)]);
        builds.logged("14:  ::: completed emerge (1 of 3) a/one-1 to /");
        builds.printed(">>> Failed to emerge a/broken-1, Log file:");
        assert_eq!(builds.counts(), (1, 3, 1));
        // What is left is numbered again.
        builds.logged("15:  >>> emerge (1 of 1) a/two-1 to /");
        assert_eq!(builds.counts(), (1, 3, 1));
        builds.logged("16:  ::: completed emerge (1 of 1) a/two-1 to /");
        assert_eq!(builds.counts(), (2, 3, 1));
        assert_eq!(builds.running().count(), 0);
    }
}
