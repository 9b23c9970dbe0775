//! Findings of `test` and `check` as text.

use gscript::finding::Finding;

use crate::render::Problem;
use crate::screen::{Shown, shown, style};

/// Renders a finding with its location and a coloured diff.
pub(crate) fn shown(finding: &Finding) -> Shown {
    let problem = Problem {
        site: Some(finding.site.clone()),
        source: &finding.source,
        notes: finding.notes.clone(),
        help: finding.help.clone(),
        ..Problem::new(finding.title.clone())
    };
    let diff = finding.diff.iter().flat_map(|diff| diff.lines());
    let diff = diff.map(|line| shown!["    ", style().diff(line)]);
    Shown::joined(std::iter::once(problem.text()).chain(diff))
}
