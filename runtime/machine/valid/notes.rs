//! What is wrong with a machine, as it is found.

use std::fmt;

/// One thing that is wrong with a machine file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where: `devices["/dev/sda1"].size`.
    pub at: String,
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub next: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        write!(f, "{}; {}", self.why, self.next)
    }
}

/// Collects what is wrong.
#[derive(Default)]
pub(crate) struct Notes(Vec<Flaw>);

impl Notes {
    pub(crate) fn add(&mut self, keys: &[&str], why: String, next: &str) {
        self.add_at(place(keys), why, next);
    }

    pub(crate) fn add_at(&mut self, at: String, why: String, next: &str) {
        self.0.push(Flaw { at, why, next: next.to_owned() });
    }

    pub(super) fn all(self) -> Vec<Flaw> {
        self.0
    }
}

/// Adds a key to a path: `.size`, or `["/dev/sda"]` where it is not a word.
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

/// A path from its keys.
pub(in crate::machine) fn place(keys: &[&str]) -> String {
    let mut at = String::new();
    for key in keys {
        push_key(&mut at, key);
    }
    at
}
