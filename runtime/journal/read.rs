//! Reading a journal: what happened, and how far it came.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::check::check;
use super::damaged::Damaged;
use super::file::{open_file, read_all};
use super::{JOURNAL_FORMAT, RecipeTexts, Record, RunHead};

/// No journal is larger; one of a hundred thousand actions has a tenth of it.
const MOST: u64 = 512 << 20;

/// Reads a journal; a torn last line is what a power cut leaves.
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

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// A process is at it.
    Running,
    /// Everything was done.
    Finished,
    /// It ended with an error; it can be resumed.
    Failed,
    /// It did not end by itself; it can be resumed.
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

/// A journal that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// Its file.
    pub path: PathBuf,
    /// Everything that it says.
    pub records: Vec<Record>,
    /// Whether a process is writing it.
    pub running: bool,
}

impl Transcript {
    /// Reads a journal from its file.
    pub fn read(path: &Path) -> Result<Self, Damaged> {
        let file = open_file(path).map_err(|error| Damaged { line: 0, why: error.to_string() })?;
        Self::of(path, &file)
    }

    /// Reads a journal that is open.
    pub fn of(path: &Path, file: &File) -> Result<Self, Damaged> {
        let running = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        let bytes = read_all(file, MOST);
        let bytes = bytes.map_err(|error| Damaged { line: 0, why: error.to_string() })?;
        // The torn end may be torn within a character.
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let text = std::str::from_utf8(&bytes).or_else(|_| std::str::from_utf8(&bytes[..end]));
        let text = text.map_err(|error| {
            let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            Damaged { line, why: "it is not text".into() }
        })?;
        Ok(Self { path: path.to_owned(), records: read_journal(text)?, running })
    }

    /// Refuses a journal whose lines contradict each other.
    pub fn checked(self) -> Result<Self, Damaged> {
        check(&self.records).map(|()| self)
    }

    /// What a journal's first line says, which needs no reading of all the others and may be whole
    /// where they are not.
    pub fn head_of(path: &Path) -> Option<RunHead> {
        let mut line = Vec::new();
        let file = BufReader::new(open_file(path).ok()?.take(MOST));
        { file }.read_until(b'\n', &mut line).ok()?;
        match serde_json::from_slice(&line) {
            Ok(Record::Run(head)) => Some(*head),
            _ => None,
        }
    }

    /// What the run is about.
    pub fn head(&self) -> &RunHead {
        match self.records.first() {
            Some(Record::Run(head)) => head,
            // Reading has made sure of it.
            _ => unreachable!("a journal begins with a run"),
        }
    }

    /// The name of the run: of the directory that it is in.
    pub fn name(&self) -> String {
        let directory = self.path.parent().and_then(Path::file_name).unwrap_or_default();
        directory.to_string_lossy().into_owned()
    }

    /// How far it came.
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

    /// The recipe's texts as they were last.
    pub fn texts(&self) -> RecipeTexts {
        let latest = self.records.iter().rev().find_map(|record| match record {
            Record::Resumed { text: Some(text), modules, .. } => Some((text, modules)),
            _ => None,
        });
        latest.map_or_else(
            || self.head().texts(),
            |(text, modules)| RecipeTexts { text: text.clone(), modules: modules.clone() },
        )
    }

    /// The actions that began and neither ended nor failed since then: at most the last one of a
    /// run that was cut off.
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
