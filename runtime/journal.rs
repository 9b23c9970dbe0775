//! The record of a run: one JSON object per line, on the disk before the step it announces.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::event::Site;
use crate::machine::Fact;
use crate::system::StepError;
use crate::types::{Map, Value};

/// The format of journals; raised when an old program could misread a new one.
pub const JOURNAL_FORMAT: u32 = 1;

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The first line.
    Run {
        /// See [`JOURNAL_FORMAT`].
        format: u32,
        /// The recipe, as it was named.
        recipe: String,
        /// SHA-256 of the recipe.
        digest: String,
        /// Its parameters; secrets by name only.
        params: serde_json::Value,
    },
    /// An action is about to run.
    Begin {
        /// Its number.
        call: u64,
        /// The primitive.
        name: String,
        /// Its arguments; secrets by name only.
        args: serde_json::Value,
        /// Where it is called.
        site: Site,
    },
    /// It ended well.
    Done {
        /// Its number.
        call: u64,
        /// What is so since then.
        facts: Vec<Fact>,
        /// What the script got.
        output: serde_json::Value,
    },
    /// It failed.
    Failed {
        /// Its number.
        call: u64,
        /// Why.
        error: String,
    },
    /// The run is over.
    Ended {
        /// Whether everything was done.
        ok: bool,
    },
}

/// A journal that is being written.
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Begins a journal in a new file.
    pub fn create(path: &Path, recipe: &str, digest: &str, params: &Map) -> Result<Self> {
        let step = || format!("create the journal {}", path.display());
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(|error| StepError::kernel(step(), error))?;
        let mut journal = Self { file, path: path.to_owned() };
        let params = Value::Map(params.clone()).recorded();
        let (recipe, digest) = (recipe.to_owned(), digest.to_owned());
        journal.write(&Record::Run { format: JOURNAL_FORMAT, recipe, digest, params }, true)?;
        Ok(journal)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn begin(&mut self, call: u64, name: &str, args: &Map, site: &Site) -> Result<()> {
        let args = Value::Map(args.clone()).recorded();
        self.write(&Record::Begin { call, name: name.into(), args, site: site.clone() }, true)
    }

    pub(crate) fn done(&mut self, call: u64, facts: &[Fact], output: &Value) -> Result<()> {
        let output = output.recorded();
        // The next `begin` brings this line to the disk with it: only the order matters.
        self.write(&Record::Done { call, facts: facts.to_vec(), output }, false)
    }

    pub(crate) fn failed(&mut self, call: u64, error: &str) -> Result<()> {
        self.write(&Record::Failed { call, error: error.to_owned() }, true)
    }

    pub(crate) fn ended(&mut self, ok: bool) -> Result<()> {
        self.write(&Record::Ended { ok }, true)
    }

    fn write(&mut self, record: &Record, sync: bool) -> Result<()> {
        let write = |file: &mut File| -> std::io::Result<()> {
            let mut line = serde_json::to_vec(record)?;
            line.push(b'\n');
            file.write_all(&line)?;
            if sync { file.sync_data() } else { Ok(()) }
        };
        write(&mut self.file).map_err(|error| {
            let step = format!("write the journal {}", self.path.display());
            StepError::kernel(step, error).into()
        })
    }
}

/// Reads a journal; a torn last line is what a power cut leaves.
pub fn read_journal(text: &str) -> std::result::Result<Vec<Record>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut records = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(record) => records.push(record),
            Err(_) if index + 1 == lines.len() && !text.ends_with('\n') => break,
            Err(error) => return Err(format!("line {}: {error}", index + 1)),
        }
    }
    match records.first() {
        Some(Record::Run { format: JOURNAL_FORMAT, .. }) => Ok(records),
        Some(Record::Run { format, .. }) => {
            Err(format!("its format is {format}, this program reads {JOURNAL_FORMAT}"))
        }
        _ => Err("it does not begin with a run".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Secret;

    #[test]
    fn secrets_are_names_and_torn_lines_are_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let secret = Value::Secret(Secret::new("passphrase", b"hunter2".to_vec()));
        let args: Map = vec![("key".into(), secret)];
        let mut journal = Journal::create(&path, "r.rhai", "00", &args).expect("a journal");
        let site = Site { file: "r.rhai".into(), line: 3 };
        journal.begin(1, "luks.open", &args, &site).expect("a line");
        let mut text = std::fs::read_to_string(&path).expect("the journal");
        assert!(!text.contains("hunter2"));
        assert!(text.contains(r#""args":{"key":{"secret":"passphrase"}}"#), "{text}");
        text.push_str("{\"record\":\"do");
        assert_eq!(read_journal(&text).map(|records| records.len()), Ok(2));
        text.push('\n');
        assert!(read_journal(&text).is_err());
    }
}
