//! Lossless editors of configuration files: a text goes in, the same text with one change comes out.
//! Comments, order, blank lines and everything unknown stay as they are, byte for byte.
//!
//! One small file per format. To add one: functions from text to text here, and an action that takes
//! them to a file of a system with `primitives::edit`.

pub mod crypttab;
pub mod dmcrypt;
pub mod fstab;
pub mod grub;
pub mod kernel;
pub mod packages;
pub mod portage;
pub mod shell;
mod variables;

pub use variables::{ConfVariables, MakeConfVariables};

/// Appends a line, after ending the last one if it has no end.
pub(crate) fn append(text: &str, line: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{line}\n")
}

/// A line without its end, and its end.
fn split_end(line: &str) -> (&str, &str) {
    let body = line.trim_end_matches(['\n', '\r']);
    (body, &line[body.len()..])
}

/// The text with its last line that `is_it` gone over by `change`; `None` where no line is one.
fn change_last(
    text: &str,
    is_it: impl Fn(&str) -> bool,
    change: impl Fn(&str) -> String,
) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = lines.iter().rposition(|line| is_it(split_end(line).0))?;
    let (body, end) = split_end(lines[at]);
    Some([&lines[..at].concat(), change(body).as_str(), end, &lines[at + 1..].concat()].concat())
}
