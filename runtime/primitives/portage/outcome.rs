//! Parsing the output of a failed emerge (tested with Portage 3.0.83).

use super::rule::{Change, PortageRule};
use crate::system::{Outcome, Tail};

/// Returns the reason for the failure of emerge.
pub(super) fn why(outcome: &Outcome, root: &str) -> PortageRule {
    let all = format!("{}\n{}", outcome.stdout, outcome.stderr);
    let changes = changes(&all);
    if !changes.is_empty() {
        return PortageRule::Changes { root: root.to_owned(), changes };
    }
    let atoms = unknown(&all);
    if !atoms.is_empty() {
        return PortageRule::Unknown { atoms };
    }
    let said = said(&all);
    match failed(&all) {
        Some((package, phase_of)) => {
            let log = between(&all, "build log is located at '", "'.");
            let (log, root) = (log.map(str::to_owned), root.to_owned());
            PortageRule::Failed { package, phase_of, log, root, said }
        }
        None => PortageRule::Other { code: outcome.code, said },
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
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

/// Returns the last non-empty lines, as many as an error displays.
fn said(text: &str) -> Vec<String> {
    let mut tail = Tail::default();
    let lines = text.lines().map(str::trim_end);
    for line in lines.filter(|line| !line.trim_matches([' ', '*']).is_empty()) {
        tail.push(line.to_owned());
    }
    tail.into_lines()
}
