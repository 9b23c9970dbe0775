//! Parsing the output of a failed emerge (tested with Portage 3.0.83).

use super::output::{between, without_colors};
use super::resolve;
use super::rule::{Change, PortageRule};
use crate::error::Error;
use crate::system::{Outcome, Tail};

/// Why emerge has merged nothing, or not everything.
pub(super) enum EmergeFailure {
    /// Portage requires changed settings.
    Changes(Vec<Change>),
    /// Portage cannot calculate what to merge, whenever it is asked.
    Unresolved(Error),
    /// Anything else.
    Other(Error),
}

/// Returns the reason for the failure of emerge.
pub(super) fn failure_reason(outcome: &Outcome, root: &str) -> Error {
    match failure(outcome, root) {
        EmergeFailure::Changes(changes) => {
            PortageRule::Changes { root: root.to_owned(), changes }.into()
        }
        EmergeFailure::Unresolved(error) | EmergeFailure::Other(error) => error,
    }
}

/// Returns the kind of a failure of emerge, with its reason.
pub(super) fn failure(outcome: &Outcome, root: &str) -> EmergeFailure {
    let all = without_colors(&format!("{}\n{}", outcome.stdout, outcome.stderr));
    let changes = changes(&all);
    if !changes.is_empty() {
        return EmergeFailure::Changes(changes);
    }
    let atoms = unknown(&all);
    if !atoms.is_empty() {
        let similar = between(&all, "Maybe you meant any of these: ", "?")
            .or_else(|| between(&all, "Maybe you meant ", "?"));
        let similar = similar.map(|names| names.replace('\n', " "));
        return EmergeFailure::Unresolved(PortageRule::Unknown { atoms, similar }.into());
    }
    let said = last_lines(&all);
    if let Some((package, phase_of)) = failed(&all) {
        if let Some(cause) = cause(&all, &package) {
            return EmergeFailure::Other(cause.into());
        }
        let log = between(&all, "build log is located at '", "'.");
        let (log, root) = (log.map(str::to_owned), root.to_owned());
        let reason = reason(&all);
        return EmergeFailure::Other(
            PortageRule::Failed { package, phase_of, reason, log, root, said }.into(),
        );
    }
    match resolve::reason(&all) {
        Some(reason) => EmergeFailure::Unresolved(reason.into()),
        None => EmergeFailure::Other(PortageRule::Other { code: outcome.code, said }.into()),
    }
}

/// Parses ` * ERROR: app-misc/broken-1::gentoo failed (compile phase):`.
fn failed(text: &str) -> Option<(String, Option<String>)> {
    let from_die = text.lines().find_map(|line| {
        let (_, rest) = line.split_once("ERROR: ")?;
        let (package, rest) = rest.split_once(" failed")?;
        let phase = between(rest, "(", " phase)").map(str::to_owned);
        Some((package.to_owned(), phase))
    });
    // A killed build prints no error itself: `>>> Failed to emerge app-misc/broken-1, Log file:`.
    from_die.or_else(|| {
        let rest = text.split_once(">>> Failed to emerge ")?.1;
        Some((rest.split([',', '\n', ' ']).next()?.to_owned(), None))
    })
}

/// Returns the cause of a failure that is not a matter of the package.
fn cause(text: &str, package: &str) -> Option<PortageRule> {
    let package = package.to_owned();
    let wrong = text.split_once(" verification\n").map(|(before, _)| before);
    if let Some(before) = wrong.filter(|before| before.contains("!!! Reason: Failed on ")) {
        let file = before
            .rsplit_once("Previously fetched file: '")
            .or_else(|| before.rsplit_once("Fetched file: "));
        let end = |c: char| c == '\'' || c.is_whitespace();
        let file = file.map_or("a file", |(_, rest)| rest.split(end).next().unwrap_or(rest));
        return Some(PortageRule::Checksum { package, file: file.to_owned() });
    }
    if let Some(file) = between(text, "!!! Couldn't download '", "'") {
        return Some(PortageRule::Fetch { package, file: file.to_owned() });
    }
    text.contains("No space left on device").then_some(PortageRule::Space { package })
}

/// Returns the message that follows ` * ERROR: … failed (pretend phase):`, up to an empty line.
fn reason(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.contains("ERROR: ")).skip(1);
    let message = lines.by_ref().map(|line| line.trim_start_matches([' ', '*']).trim_end());
    let words: Vec<&str> = message.take_while(|line| !line.is_empty()).collect();
    Some(words.join(" ")).filter(|reason| !reason.is_empty() && reason != "(no error message)")
}

/// Returns the atoms in `emerge: there are no ebuilds to satisfy "x".`
fn unknown(text: &str) -> Vec<String> {
    let parts = text.split("there are no ebuilds to satisfy \"").skip(1);
    parts.filter_map(|part| Some(part.split_once('"')?.0.to_owned())).collect()
}

/// Parses the tables after `The following keyword changes are necessary to proceed:`.
fn changes(text: &str) -> Vec<Change> {
    let mut table = None;
    let mut found: Vec<Change> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(kind) = between(line, "The following ", " changes are necessary to proceed") {
            table = match kind {
                "USE" => Some("package.use"),
                "keyword" => Some("package.accept_keywords"),
                "license" => Some("package.license"),
                "mask" => Some("package.unmask"),
                _ => None,
            };
            continue;
        }
        if line.is_empty() {
            table = None;
        }
        let Some(table) = table.filter(|_| !line.starts_with(['#', '('])) else { continue };
        let mut words = line.split_whitespace().map(str::to_owned);
        if let Some(atom) = words.next().filter(|atom| atom.contains('/')) {
            let change = Change { table, atom, words: words.collect() };
            if !found.contains(&change) {
                found.push(change);
            }
        }
    }
    found
}

/// What every failure of an ebuild ends with, for those who report a bug, and the progress.
const REPORT: [&str; 7] = [
    ">>> Jobs: ",
    "If you need support, ",
    "the complete build log and the output of ",
    "The complete build log is located at ",
    "The ebuild environment file is located at ",
    "Working directory: ",
    "S: ",
];

/// Returns the last non-empty lines, as many as an error displays.
fn last_lines(text: &str) -> Vec<String> {
    let mut tail = Tail::default();
    for line in text.lines().map(str::trim_end) {
        let words = line.trim_matches([' ', '*']);
        if !words.is_empty() && !REPORT.iter().any(|start| words.starts_with(start)) {
            tail.push(line.to_owned());
        }
    }
    tail.into_lines()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_outside_of_a_package_are_found() {
        let cause = |text: &str| cause(text, "a/b-1").map(|rule| rule.to_string());
        let checksum = "!!! Previously fetched file: '/var/cache/distfiles/b.tar'\n\
                        !!! Reason: Failed on BLAKE2B verification\n!!! Got: x\n\
                        !!! Couldn't download 'b.tar'. Aborting.\n";
        let wrong = "the package a/b-1 failed: /var/cache/distfiles/b.tar has a wrong checksum";
        assert_eq!(cause(checksum).as_deref(), Some(wrong));
        let fetch = "!!! Couldn't download 'b.tar'. Aborting.\n";
        let missing = "the package a/b-1 failed: b.tar could not be downloaded";
        assert_eq!(cause(fetch).as_deref(), Some(missing));
        assert!(cause("x: No space left on device\n").is_some_and(|text| text.contains("space")));
        assert_eq!(cause("make: *** [x] Error 1\n"), None);
    }

    #[test]
    fn the_reason_of_an_ebuild_is_found() {
        let text = "\u{1b}[31;01m*\u{1b}[0m ERROR: sys-kernel/linux-firmware-1::gentoo failed (pretend phase):\n\
                    \u{1b}[31;01m*\u{1b}[0m   /boot not mounted\n\u{1b}[31;01m*\u{1b}[0m \n\
                    \u{1b}[31;01m*\u{1b}[0m Call stack:\n * S: '/var/tmp/work'\n";
        let plain = without_colors(text);
        let package = "sys-kernel/linux-firmware-1::gentoo".to_owned();
        assert_eq!(failed(&plain), Some((package, Some("pretend".to_owned()))));
        assert_eq!(reason(&plain).as_deref(), Some("/boot not mounted"));
        assert_eq!(last_lines(&plain).last().map(String::as_str), Some("* Call stack:"));
        assert_eq!(reason(" * ERROR: a/b-1::c failed:\n *   (no error message)\n * \n"), None);
    }
}
