//! Findings of `test` and `check` as text.

use gscript::finding::Finding;

use crate::render::Problem;
use crate::screen::style;

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
