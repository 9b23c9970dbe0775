//! The record of a run: one JSON object per line, on the disk before the step it announces.
//!
//! The format is documented in `docs/journal-format.md`.

mod read;
mod record;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::machine::is_below;
use crate::system::StepError;
use crate::types::{Map, Value, sha256};

pub use read::{Damaged, State, Story, read_journal};
pub use record::{Head, JOURNAL_FORMAT, Record, Texts};

/// SHA-256 of the arguments of a call as they are recorded; a secret counts by its name.
pub fn digest(args: &Map) -> String {
    sha256(Value::Map(args.clone()).recorded().to_string().as_bytes())
}

/// A journal that is being written; the same lines may go to a second file on another medium.
pub struct Journal {
    /// The first is the journal, the others are copies that follow it.
    files: Vec<(PathBuf, File)>,
    /// Where it goes on when its own filesystem is unmounted.
    home: PathBuf,
}

fn failed(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> crate::error::Error {
    let step = format!("{what} the journal {}", path.display());
    move |error| StepError::kernel(step, error).into()
}

impl Journal {
    /// Begins a journal in a new file.
    pub fn create(path: &Path, head: Head) -> Result<Self> {
        let mut open = OpenOptions::new();
        let file = open.append(true).create_new(true).mode(0o600).open(path);
        let file = file.and_then(|file| lock(&file).map(|()| file));
        let file = file.map_err(failed("create", path))?;
        let mut journal = Self::at(path, file);
        journal.write(&Record::Run(Box::new(head)), true)?;
        Ok(journal)
    }

    /// Goes on in a file: what a power cut left of its last line is cut off.
    ///
    /// A journal that another process is writing is not opened.
    pub fn reopen(path: &Path) -> Result<Self> {
        let open = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().append(true).read(true).open(path)?;
            lock(&file)?;
            let text = fs::read(path)?;
            if text.last().is_some_and(|byte| *byte != b'\n') {
                let begin = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                match serde_json::from_slice::<Record>(&text[begin..]) {
                    // Only the end of the line is missing.
                    Ok(_) => file.write_all(b"\n")?,
                    Err(_) => file.set_len(begin as u64)?,
                }
                file.sync_data()?;
            }
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(failed("open", path))?;
        Ok(Self::at(path, file))
    }

    fn at(path: &Path, file: File) -> Self {
        let home = path.ancestors().nth(2).unwrap_or(path).to_owned();
        Self { files: vec![(path.to_owned(), file)], home }
    }

    /// Says in which folder it goes on when its own filesystem is unmounted.
    #[must_use]
    pub fn with_home(self, home: PathBuf) -> Self {
        Self { home, ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.files[0].0
    }

    /// Keeps a copy in a folder, on a medium that outlives a reboot; it follows from now on.
    pub fn keep_in(&mut self, folder: &Path) -> Result<PathBuf> {
        let path = self.copy_in(folder);
        if self.files.iter().any(|(known, _)| *known == path) {
            return Ok(path);
        }
        let copy = || -> std::io::Result<File> {
            if let Some(folder) = path.parent() {
                fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            let text = fs::read(self.path())?;
            let new = path.with_extension("new");
            let mut open = OpenOptions::new();
            let mut file = open.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            sync_folders(&path)?;
            OpenOptions::new().append(true).open(&path)
        };
        let file = copy().map_err(failed("copy", &path))?;
        self.files.push((path.clone(), file));
        Ok(path)
    }

    /// Where the copy in such a folder is.
    pub fn copy_in(&self, folder: &Path) -> PathBuf {
        let run = self.path().parent().and_then(Path::file_name).unwrap_or_default();
        folder.join(run).join("journal.jsonl")
    }

    /// Whether such a copy is there.
    pub fn is_kept_in(&self, folder: &Path) -> bool {
        self.copy_in(folder).is_file()
    }

    /// A filesystem is about to be unmounted: copies on it are complete up to here, and closed.
    ///
    /// A journal that lies there itself goes on at home.
    pub(crate) fn leave(&mut self, at: &str) -> Result<()> {
        let on = |path: &Path| is_below(&path.to_string_lossy(), at);
        if self.files.iter().all(|(path, _)| on(path)) {
            let path = self.keep_in(&self.home.clone())?;
            let last = self.files.pop().filter(|(last, _)| *last == path);
            self.files.splice(0..0, last);
        }
        self.files.retain(|(path, _)| !on(path));
        Ok(())
    }

    /// The run goes on.
    pub fn resumed(
        &mut self,
        at: String,
        texts: Option<Texts>,
        renamed: Vec<(String, String)>,
    ) -> Result<()> {
        let (text, modules) = texts.map(|texts| (texts.text, texts.modules)).unzip();
        let modules = modules.unwrap_or_default();
        self.write(&Record::Resumed { at, text, modules, renamed }, true)
    }

    pub(crate) fn write(&mut self, record: &Record, sync: bool) -> Result<()> {
        let mut line = serde_json::to_vec(record).unwrap_or_default();
        line.push(b'\n');
        for (path, file) in &mut self.files {
            // One call: a line is never half there unless the power went.
            let written = file.write_all(&line);
            written
                .and_then(|()| if sync { file.sync_data() } else { Ok(()) })
                .map_err(failed("write", path))?;
        }
        Ok(())
    }
}

/// Only one process writes a journal; the kernel takes the lock back when that process ends.
fn lock(file: &File) -> std::io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(std::io::Error::other("another gscript is writing it: that run goes on already"))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A new name is on the disk when its folder is.
fn sync_folders(path: &Path) -> std::io::Result<()> {
    path.ancestors().skip(1).take(2).try_for_each(|folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests;
