//! Lossless editors of configuration files: functions that take the content of a file and return it
//! with one change. Comments, order, blank lines and unknown lines are preserved byte for byte.
//!
//! Each format has its own small file. To add a format, add functions from string to string here,
//! and an action that applies them to a file of a system with `primitives::edit`.

pub mod authorized_keys;
pub mod bls;
pub mod build_log;
pub mod cgroup;
pub mod crypttab;
pub mod dmcrypt;
pub mod domain_xml;
pub mod fstab;
pub mod grub;
pub mod hosts;
pub mod kernel;
pub mod lxc;
pub mod make_conf;
pub mod mdadm;
pub mod netifrc;
pub mod packages;
pub mod portage;
pub mod pretend;
pub mod repos;
pub mod shell;
mod variables;

pub use variables::{ConfVariables, MakeConfVariables};

/// Appends a line; adds a missing newline to the last line first.
pub(crate) fn append(text: &str, line: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{line}\n")
}

/// Splits a line into its content and its line terminator.
fn split_end(line: &str) -> (&str, &str) {
    let body = line.trim_end_matches(['\n', '\r']);
    (body, &line[body.len()..])
}

/// Returns the content with the last line that satisfies `is_it` replaced by the result of
/// `change`; `None` if there is no such line.
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
