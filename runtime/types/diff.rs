//! Two texts, and what differs between them.

use similar::TextDiff;

/// Returns the lines that differ as a unified diff, under the names of the old and the new text and with so
/// many equal lines around them.
///
/// The one place that compares texts: each other one would bring the comparison into the binary once more.
pub fn unified_diff(names: (&str, &str), old: &str, new: &str, around: usize) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(around).header(names.0, names.1).to_string()
}
