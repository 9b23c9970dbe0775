//! Comparison of two texts.

use similar::TextDiff;

/// Returns the differing lines as a unified diff, with the names of the old and the new text and
/// with `around` lines of context.
///
/// This is the only place that compares texts: each further one would add another copy of the
/// comparison to the binary.
pub fn unified_diff(names: (&str, &str), old: &str, new: &str, around: usize) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(around).header(names.0, names.1).to_string()
}
