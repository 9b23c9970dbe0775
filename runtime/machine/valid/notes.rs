//! The problems of a machine file.

use std::fmt;

/// A problem of a machine file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineProblem {
    /// The place of the problem, such as `devices["/dev/sda1"].size`.
    pub at: String,
    /// The problem.
    pub why: String,
    /// How to fix it.
    pub next: String,
}

impl MachineProblem {
    /// Returns the problem as a note of a probe.
    pub(super) fn note(&self) -> String {
        format!("{}: {}", self.at, self.why)
    }
}

impl fmt::Display for MachineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        write!(f, "{}; {}", self.why, self.next)
    }
}

/// Collects problems.
#[derive(Default)]
pub(crate) struct Problems(Vec<MachineProblem>);

impl Problems {
    pub(crate) fn add(&mut self, keys: &[&str], why: String, next: &str) {
        self.add_at(join_keys(keys), why, next);
    }

    pub(crate) fn add_at(&mut self, at: String, why: String, next: &str) {
        self.0.push(MachineProblem { at, why, next: next.to_owned() });
    }

    pub(super) fn all(self) -> Vec<MachineProblem> {
        self.0
    }
}

/// Appends a key to a path: `.size`, or `["/dev/sda"]` if the key is not an identifier.
pub(super) fn push_key(at: &mut String, key: &str) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if key.chars().all(word) && !key.is_empty() {
        if !at.is_empty() {
            at.push('.');
        }
        at.push_str(key);
    } else {
        at.push_str(&format!("[{key:?}]"));
    }
}

/// Joins keys to a path.
pub(in crate::machine) fn join_keys(keys: &[&str]) -> String {
    let mut at = String::new();
    for key in keys {
        push_key(&mut at, key);
    }
    at
}
