//! Reads a journal: the records and the state of the run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::check::check;
use super::damaged::Damaged;
use super::file::{open_file, read_all};
use super::{JOURNAL_FORMAT, RecipeSource, Record, RunHead};

/// The size limit of a journal in bytes; one of a hundred thousand actions has a tenth of it.
const MAX_JOURNAL_SIZE: u64 = 512 << 20;

/// Parses a journal. A partial last line, the result of a power cut, is ignored.
pub fn read_journal(text: &str) -> Result<Vec<Record>, Damaged> {
    let lines: Vec<&str> = text.lines().collect();
    let mut records = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(record) => records.push(record),
            Err(_) if index + 1 == lines.len() && !text.ends_with('\n') => break,
            Err(error) => return Err(Damaged { line: index + 1, why: error.to_string() }),
        }
    }
    let wrong = |why: String| Err(Damaged { line: 0, why });
    match records.first() {
        Some(Record::Run(head)) if (1..=JOURNAL_FORMAT).contains(&head.format) => Ok(records),
        Some(Record::Run(head)) => wrong(format!(
            "its format is {}, this program reads up to {JOURNAL_FORMAT}",
            head.format
        )),
        _ if text.trim().is_empty() => {
            wrong("it is empty: the machine stopped before the first entry was written".into())
        }
        _ => wrong("the first entry is not a run".into()),
    }
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// A process is executing it.
    Running,
    /// Everything was done.
    Finished,
    /// It ended with an error and can be resumed.
    Failed,
    /// It was interrupted and can be resumed.
    Unfinished,
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
        })
    }
}

/// The content of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The path of the journal.
    pub path: PathBuf,
    /// All records.
    pub records: Vec<Record>,
    /// Whether a process is writing the journal.
    pub running: bool,
}

impl Transcript {
    /// Reads a journal from a file.
    pub fn read(path: &Path) -> Result<Self, Damaged> {
        let file = open_file(path).map_err(|error| Damaged { line: 0, why: error.to_string() })?;
        Self::of(path, &file)
    }

    /// Reads a journal from an open file.
    pub fn of(path: &Path, file: &File) -> Result<Self, Damaged> {
        let running = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        let bytes = read_all(file, MAX_JOURNAL_SIZE);
        let bytes = bytes.map_err(|error| Damaged { line: 0, why: error.to_string() })?;
        // The last line may end within a UTF-8 sequence.
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let text = std::str::from_utf8(&bytes).or_else(|_| std::str::from_utf8(&bytes[..end]));
        let text = text.map_err(|error| {
            let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            Damaged { line, why: "it is not text".into() }
        })?;
        Ok(Self { path: path.to_owned(), records: read_journal(text)?, running })
    }

    /// Refuses a journal whose records contradict each other.
    pub fn checked(self) -> Result<Self, Damaged> {
        check(&self.records).map(|()| self)
    }

    /// Reads the first record of a journal. This does not read the other lines, and it may succeed
    /// when they are damaged.
    pub fn head_of(path: &Path) -> Option<RunHead> {
        let mut line = Vec::new();
        let file = BufReader::new(open_file(path).ok()?.take(MAX_JOURNAL_SIZE));
        { file }.read_until(b'\n', &mut line).ok()?;
        match serde_json::from_slice(&line) {
            Ok(Record::Run(head)) => Some(*head),
            _ => None,
        }
    }

    /// Returns the first record.
    pub fn head(&self) -> &RunHead {
        match self.records.first() {
            Some(Record::Run(head)) => head,
            // Guaranteed by `read_journal`.
            _ => unreachable!("a journal begins with a run"),
        }
    }

    /// Returns the name of the run, which is the name of its directory.
    pub fn name(&self) -> String {
        let directory = self.path.parent().and_then(Path::file_name).unwrap_or_default();
        directory.to_string_lossy().into_owned()
    }

    /// Returns the state of the run.
    pub fn state(&self) -> RunState {
        let over = self.records.iter().rev().find_map(|record| match record {
            Record::Ended { ok } => Some(Some(*ok)),
            Record::Released { .. } => None,
            _ => Some(None),
        });
        match (self.running, over.flatten()) {
            (true, _) => RunState::Running,
            (false, Some(true)) => RunState::Finished,
            (false, Some(false)) => RunState::Failed,
            (false, None) => RunState::Unfinished,
        }
    }

    /// Returns the source of the recipe that the run used last.
    pub fn texts(&self) -> RecipeSource {
        let latest = self.records.iter().rev().find_map(|record| match record {
            Record::Resumed { text: Some(text), modules, .. } => Some((text, modules)),
            _ => None,
        });
        latest.map_or_else(
            || self.head().source(),
            |(text, modules)| RecipeSource { text: text.clone(), modules: modules.clone() },
        )
    }

    /// Returns the last action that began but neither ended nor was skipped, if any: it failed, or
    /// the run was interrupted in it.
    pub fn interrupted(&self) -> Option<&Record> {
        let mut open: BTreeMap<u64, &Record> = BTreeMap::new();
        for record in &self.records {
            match record {
                Record::Begin { call, .. } => {
                    open.insert(*call, record);
                }
                Record::Done { call, .. }
                | Record::Already { call, .. }
                | Record::Skipped { call, .. } => {
                    open.remove(call);
                }
                _ => {}
            }
        }
        open.into_values().next_back()
    }
}
