//! Reading a machine from a file: what is damaged, of a later format or contradictory is refused,
//! with the place in the file, all of it together.
//!
//! `unique` refuses keys that come twice, `check` goes through what was read. To add a rule: a
//! function in `check` that notes what is wrong where.

mod check;
mod notes;
mod unique;
mod uuids;

use std::fmt;

use serde::Deserialize;
use serde_path_to_error::Segment;

use super::{MACHINE_FORMAT, Machine};
use crate::types::printable;

pub(super) use unique::unique;

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

/// What every format has.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Machine {
    /// Reads a machine file. The answer is a machine that can be, or everything that is wrong.
    pub fn read(text: &str) -> Result<Self, Vec<Flaw>> {
        // A later format may look different in every other respect.
        if let Ok(Head { format }) = serde_json::from_str(text)
            && format != MACHINE_FORMAT
        {
            return Err(vec![Flaw {
                at: "format".into(),
                why: format!(
                    "format {format} is not supported; this program reads format \
                    {MACHINE_FORMAT}"
                ),
                next: match format > MACHINE_FORMAT {
                    true => "use a newer gscript, or probe the machine with this one".into(),
                    false => "probe the machine again".into(),
                },
            }]);
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let machine: Self = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| vec![damage(error.path(), error.inner())])?;
        json.end().map_err(|error| vec![damage_at("", &error)])?;
        match machine.flaws() {
            flaws if flaws.is_empty() => Ok(machine),
            flaws => Err(flaws),
        }
    }
}

fn damage(path: &serde_path_to_error::Path, error: &serde_json::Error) -> Flaw {
    let segments: Vec<&Segment> = path.iter().collect();
    let mut at = String::new();
    for segment in segments {
        match segment {
            Segment::Map { key } => push_key(&mut at, key),
            Segment::Enum { variant } => push_key(&mut at, variant),
            Segment::Seq { index } => at += &format!("[{index}]"),
            Segment::Unknown => {}
        }
    }
    damage_at(&at, error)
}

fn damage_at(at: &str, error: &serde_json::Error) -> Flaw {
    let text = error.to_string();
    // The place is told apart from the cause.
    let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
    let line = format!("line {}, column {}", error.line(), error.column());
    let damaged = error.is_syntax() || error.is_eof();
    Flaw {
        at: if at.is_empty() { line } else { format!("{at} ({line})") },
        why: printable(why),
        next: match damaged {
            true => "the file is damaged; copy it again, or probe the machine again".into(),
            false => "correct the file, or probe the machine again".into(),
        },
    }
}

/// Adds a key to a path: `.size`, or `["/dev/sda"]` where it is not a word.
fn push_key(at: &mut String, key: &str) {
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
fn place(keys: &[&str]) -> String {
    let mut at = String::new();
    for key in keys {
        push_key(&mut at, key);
    }
    at
}
