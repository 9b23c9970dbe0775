//! What a run of emerge has built, and what not (tested with Portage 3.0.83).

use serde::Serialize;

use super::output::{between, without_colors};
use crate::system::Outcome;

/// The result of a run of emerge, as `portage.emerge` and `portage.resume` return it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BuildReport {
    /// Whether everything was built.
    pub ok: bool,
    /// The packages that were merged, in their order, as `category/name-version`.
    pub built: Vec<String>,
    /// The packages that failed.
    pub failed: Vec<FailedBuild>,
    /// The packages that were not built because of others.
    pub dropped: Vec<DroppedBuild>,
}

/// A package that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedBuild {
    /// The package as `category/name-version`.
    pub name: String,
    /// The path of its build log inside the root; empty if it has none.
    pub log: String,
}

/// A package that was not built because of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DroppedBuild {
    /// The package as `category/name-version`.
    pub name: String,
    /// What it requires, as atoms; empty if it is masked or unavailable.
    pub requires: Vec<String>,
}

/// Returns what emerge reports in its output.
pub(super) fn report(outcome: &Outcome) -> BuildReport {
    let out = without_colors(&outcome.stdout);
    let all = format!("{out}\n{}", without_colors(&outcome.stderr));
    let dropped = dropped(&all);
    let is_dropped = |package: &str| dropped.iter().any(|other| other.name == package);
    let failed: Vec<FailedBuild> =
        failed(&all).into_iter().filter(|one| !is_dropped(&one.name)).collect();
    // A package that fails while it is merged is reported as completed, too.
    let has_failed = |package: &String| failed.iter().any(|other| other.name == *package);
    let built = built(&out).into_iter().filter(|package| !has_failed(package)).collect();
    BuildReport { ok: outcome.code == 0, built, failed, dropped }
}

/// Parses `>>> Completed (1 of 3) app-misc/one-1::gentoo`.
fn built(text: &str) -> Vec<String> {
    let package = |line: &str| {
        let rest = line.trim_start().strip_prefix(">>> Completed (")?.split_once(") ")?.1;
        Some(without_repository(rest.split_whitespace().next()?))
    };
    text.lines().filter_map(package).collect()
}

fn without_repository(package: &str) -> String {
    package.split("::").next().unwrap_or(package).to_owned()
}

/// Parses the list at the end of a run, or the only message without `--keep-going`:
/// `>>> Failed to emerge app-misc/broken-1, Log file:` and, in the next line, the path in quotes.
fn failed(text: &str) -> Vec<FailedBuild> {
    let mut found: Vec<FailedBuild> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(package) = failed_package(line) else { continue };
        let log = lines.next_if(|_| line.trim_end().ends_with("Log file:"));
        let log = log.and_then(|line| between(line, "'", "'")).unwrap_or_default().to_owned();
        match found.iter_mut().find(|other| other.name == package) {
            Some(other) if other.log.is_empty() => other.log = log,
            Some(_) => {}
            None => found.push(FailedBuild { name: package, log }),
        }
    }
    found
}

fn failed_package(line: &str) -> Option<String> {
    let line = line.trim_start_matches([' ', '*']);
    if let Some((_, rest)) = line.split_once(">>> Failed to ") {
        let package = rest.split_once(' ')?.1.split([',', ' ']).next()?;
        return package.contains('/').then(|| without_repository(package));
    }
    // `(app-misc/broken-1:0/0::gentoo, ebuild scheduled for merge), Log file:`
    let (package, rest) = line.strip_prefix('(')?.split_once(", ")?;
    if !rest.contains(" scheduled for merge)") {
        return None;
    }
    Some(package.split(':').next()?.to_owned())
}

/// Parses `emerge --keep-going: app-misc/x-1 dropped because it requires app-misc/broken`, which
/// Portage wraps.
fn dropped(text: &str) -> Vec<DroppedBuild> {
    let mut found: Vec<DroppedBuild> = Vec::new();
    // The lines of a message begin with a star; the progress of other packages may follow.
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start().strip_prefix("* ").map_or("", str::trim))
        .collect();
    for (index, line) in lines.iter().enumerate() {
        if !line.starts_with("emerge --keep-going: ") {
            continue;
        }
        let rest = lines[index + 1..]
            .iter()
            .take_while(|line| !line.is_empty() && !line.starts_with("emerge --keep-going"));
        let message = rest.fold((*line).to_owned(), |message, line| {
            // A name may be divided after a hyphen.
            let gap = if message.ends_with('-') { "" } else { " " };
            message + gap + *line
        });
        let Some(package) = message.split_whitespace().nth(2) else { continue };
        let reason = message.split_once("it requires ").map_or("", |(_, reason)| reason);
        let requires = reason.split(", ").filter_map(|atom| atom.split_whitespace().next());
        let requires = requires.map(str::to_owned).collect();
        if found.iter().all(|other| other.name != package) {
            found.push(DroppedBuild { name: package.to_owned(), requires });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_kept_going_is_read() {
        let stdout = "\
>>> Emerging (1 of 4) app-misc/one-1::gentoo
>>> Installing (1 of 4) app-misc/one-1::gentoo
>>> Completed (1 of 4) app-misc/one-1::gentoo
>>> Completed (2 of 4) app-misc/broken-1::gentoo
>>> Failed to emerge app-misc/broken-1, Log file:
>>>  '/var/tmp/portage/app-misc/broken-1/temp/build.log'
";
        let stderr = " * emerge --keep-going: app-misc/dependent-2 dropped because it requires app-
 * misc/broken, app-misc/other
>>> Jobs: 1 of 4 complete, 1 failed Load avg: 1, 13.6, 10.9

 * The following 2 packages have failed to build, install, or execute
 * postinst:
 *
 *  (app-misc/broken-1:0/0::gentoo, ebuild scheduled for merge), Log file:
 *   '/var/tmp/portage/app-misc/broken-1/temp/build.log'
 *  (app-misc/dependent-2:0/0::gentoo, ebuild scheduled for merge)
";
        let outcome =
            Outcome { code: 1, stdout: stdout.into(), stderr: stderr.into(), unknown: false };
        let read = report(&outcome);
        assert!(!read.ok);
        assert_eq!(read.built, ["app-misc/one-1"]);
        let log = "/var/tmp/portage/app-misc/broken-1/temp/build.log".to_owned();
        assert_eq!(read.failed, [FailedBuild { name: "app-misc/broken-1".into(), log }]);
        let requires = vec!["app-misc/broken".to_owned(), "app-misc/other".to_owned()];
        assert_eq!(read.dropped, [DroppedBuild { name: "app-misc/dependent-2".into(), requires }]);
    }
}
