//! Findings of `test` and `check` as text.

use std::io::Write;

use gscript::finding::Finding;

use crate::render::Problem;
use crate::screen::style;

/// Writes to standard output, without colours where that is no terminal.
pub(crate) fn say(text: &str) {
    // Whoever stopped reading has seen enough.
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// A finding with its place, and with the difference in colours.
pub(crate) fn shown(finding: &Finding) -> String {
    let problem = Problem {
        site: Some(finding.site.clone()),
        source: &finding.source,
        notes: finding.notes.clone(),
        help: finding.help.clone(),
        ..Problem::new(finding.title.clone())
    };
    let mut text = problem.text();
    let s = style();
    for line in finding.diff.iter().flat_map(|diff| diff.lines()) {
        let line = match line.chars().next() {
            Some('+') => s.green(line),
            Some('-') => s.red(line),
            _ => line.to_owned(),
        };
        text += &format!("\n    {line}");
    }
    text
}
