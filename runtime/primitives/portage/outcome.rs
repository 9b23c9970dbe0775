//! Parsing the output of a failed emerge (tested with Portage 3.0.83).

use super::rule::{Change, PortageRule};
use crate::system::{Outcome, Tail};

/// Returns the reason for the failure of emerge.
pub(super) fn failure_reason(outcome: &Outcome, root: &str) -> PortageRule {
    let all = without_colors(&format!("{}\n{}", outcome.stdout, outcome.stderr));
    let changes = changes(&all);
    if !changes.is_empty() {
        return PortageRule::Changes { root: root.to_owned(), changes };
    }
    let atoms = unknown(&all);
    if !atoms.is_empty() {
        return PortageRule::Unknown { atoms };
    }
    let said = last_lines(&all);
    match failed(&all) {
        Some((package, phase_of)) => {
            let log = between(&all, "build log is located at '", "'.");
            let (log, root) = (log.map(str::to_owned), root.to_owned());
            let reason = reason(&all);
            PortageRule::Failed { package, phase_of, reason, log, root, said }
        }
        None => PortageRule::Other { code: outcome.code, said },
    }
}

/// Removes color codes, which ebuilds print in spite of `--color=n`.
pub(super) fn without_colors(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest.strip_prefix('m').unwrap_or(rest);
    }
    out + rest
}

pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
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

/// What every failure of an ebuild ends with, for those who report a bug.
const REPORT: [&str; 6] = [
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
