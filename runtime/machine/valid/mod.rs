//! Reading of machine files. A file that is damaged, contradictory or of another format is
//! rejected; all problems are reported together, each with its place in the file.
//!
//! `unique` rejects duplicate keys; `PartState::check` of each part checks what was read. To add a
//! rule, add a note there.

mod notes;
mod unique;

use serde::Deserialize;
use serde_path_to_error::Segment;

use super::part::MachinePart;
use super::parts::parts;
use super::state::PartState;
use super::{MACHINE_FORMAT, Machine};
use crate::types::printable;

pub use notes::MachineProblem;
use notes::push_key;
pub(super) use notes::{Problems, join_keys};
pub(super) use unique::{Unique, unique};

/// The head of a machine file, common to all formats.
#[derive(Deserialize)]
struct FormatHead {
    format: u32,
}

impl Machine {
    /// Reads a machine file. Returns a consistent machine, or all problems of the file.
    pub fn read(text: &str) -> Result<Self, Vec<MachineProblem>> {
        // Another format may differ in every other respect.
        if let Ok(FormatHead { format }) = serde_json::from_str(text)
            && format != MACHINE_FORMAT
        {
            return Err(vec![MachineProblem {
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
            .map_err(|error| vec![parse_problem(error.path(), error.inner())])?;
        json.end().map_err(|error| vec![parse_problem_at("", &error)])?;
        let mut problems = machine.problems();
        problems.retain(|flaw| !machine.host.notes.contains(&flaw.note()));
        if problems.is_empty() { Ok(machine) } else { Err(problems) }
    }

    /// Adds a note for each contradiction. What a probe finds is so, even if no file written by
    /// hand could be meant like that; with the notes, its file can be read.
    pub fn note_contradictions(&mut self) {
        for note in self.problems().iter().map(MachineProblem::note) {
            if !self.host.notes.contains(&note) {
                self.host.notes.push(note);
            }
        }
    }
}

fn parse_problem(path: &serde_path_to_error::Path, error: &serde_json::Error) -> MachineProblem {
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
    parse_problem_at(&at, error)
}

fn parse_problem_at(at: &str, error: &serde_json::Error) -> MachineProblem {
    let text = error.to_string();
    // The position is reported separately.
    let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
    let line = format!("line {}, column {}", error.line(), error.column());
    let damaged = error.is_syntax() || error.is_eof();
    MachineProblem {
        at: if at.is_empty() { line } else { format!("{at} ({line})") },
        why: printable(why),
        next: match damaged {
            true => "the file is damaged; copy it again, or probe the machine again".into(),
            false => "correct the file, or probe the machine again".into(),
        },
    }
}

macro_rules! problems {
    ($($module:ident $Part:ident,)*) => {
        impl Machine {
            /// Returns all contradictions in the machine.
            pub fn problems(&self) -> Vec<MachineProblem> {
                let mut notes = Problems::default();
                $(<super::$module::Part as MachinePart>::State::check(self, &mut notes);)*
                notes.all()
            }
        }
    };
}

parts!(problems);
