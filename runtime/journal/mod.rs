//! The record of a run: one JSON object per line, written to disk before the step that it declares.
//!
//! The format is documented in `docs/journal-format.md`.

mod check;
mod damaged;
mod file;
mod read;
mod record;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::machine::is_below;
use crate::system::StepError;
use crate::types::{Map, Value, sha256};

pub use damaged::Damaged;
pub use file::{Untrusted, check_owner, open_own, ownerless_filesystem, read_own};
pub use read::{RunState, Transcript, read_journal};
pub use record::{FIRST_MANUAL_CALL, JOURNAL_FORMAT, RecipeSource, Record, RunHead, valid_records};

/// Returns the SHA-256 of the arguments of a call as they are recorded; only the name of a secret
/// is included.
pub fn digest(args: &Map) -> String {
    sha256(Value::Map(args.clone()).recorded().to_string().as_bytes())
}

/// A journal that is being written. The same lines may be written to copies on other media.
pub struct Journal {
    /// The journal, followed by its copies.
    files: Vec<LineFile>,
    /// The directory in which the journal continues when its own filesystem is unmounted.
    home: PathBuf,
    /// Warnings about copies that could not be written any more.
    given_up: Vec<String>,
}

fn failed(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> crate::error::Error {
    let step = format!("{what} the journal {}", path.display());
    move |error| {
        let failed = StepError::kernel(&step, format!("failed to {step}: {error}"));
        let hint = Some(
            "make sure that the directory is writable and has free space, then: \
            gscript resume",
        );
        StepError { hint, ..failed }.into()
    }
}

impl Journal {
    /// Creates a journal in a new file.
    pub fn create(path: &Path, head: RunHead) -> Result<Self> {
        let mut open = OpenOptions::new();
        let file = open.append(true).create_new(true).mode(0o600).open(path);
        let file = file.and_then(|file| lock(&file).map(|()| file));
        let file = file.map_err(failed("create", path))?;
        let mut journal = Self::at(path, file)?;
        journal.write(&Record::Run(Box::new(head)), true)?;
        sync_directories(path).map_err(failed("create", path))?;
        Ok(journal)
    }

    /// Reopens a journal to append to it. A partial last line, the result of a power cut, is
    /// removed.
    ///
    /// Fails if another process is writing the journal.
    pub fn reopen(path: &Path) -> Result<Self> {
        let open = || -> std::io::Result<File> {
            let mut open = OpenOptions::new();
            let open = open.append(true).read(true).custom_flags(NO_LINK);
            let mut file = open.open(path)?;
            lock(&file)?;
            let text = fs::read(path)?;
            if text.last().is_some_and(|byte| *byte != b'\n') {
                let begin = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                match serde_json::from_slice::<Record>(&text[begin..]) {
                    // Only the newline is missing.
                    Ok(_) => file.write_all(b"\n")?,
                    Err(_) => file.set_len(begin as u64)?,
                }
                file.sync_data()?;
            }
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(failed("open", path))?;
        Self::at(path, file)
    }

    fn at(path: &Path, file: File) -> Result<Self> {
        let home = path.ancestors().nth(2).unwrap_or(path).to_owned();
        let lines = LineFile::of(path, file).map_err(failed("open", path))?;
        Ok(Self { files: vec![lines], home, given_up: Vec::new() })
    }

    /// Sets the directory in which the journal continues when its own filesystem is unmounted.
    #[must_use]
    pub fn with_home(self, home: PathBuf) -> Self {
        Self { home, ..self }
    }

    /// Returns the path of the journal.
    pub fn path(&self) -> &Path {
        &self.files[0].path
    }

    /// Creates a copy in a directory, on a medium that survives a reboot. Later lines are also
    /// written to the copy.
    pub fn add_copy_in(&mut self, directory: &Path) -> Result<PathBuf> {
        let path = self.copy_path(directory);
        // A filesystem that is mounted twice shows the same file at two paths.
        let file = |found: fs::Metadata| (found.dev(), found.ino());
        let there = fs::metadata(&path).ok().map(file);
        let same = |known: &File| there.is_some() && known.metadata().ok().map(file) == there;
        if self.files.iter().any(|known| known.path == path || same(&known.file)) {
            return Ok(path);
        }
        let new = path.with_extension("new");
        let copy = || -> std::io::Result<LineFile> {
            if let Some(directory) = path.parent() {
                fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            }
            let text = fs::read(self.path())?;
            // A leftover of an interrupted copy; it may be anything, such as a symbolic link.
            match fs::remove_file(&new) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut open = OpenOptions::new();
            let mut file = open.write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            // FAT stores the length under the new name only if the file itself is written again.
            file.sync_all()?;
            sync_directories(&path)?;
            let mut open = OpenOptions::new();
            LineFile::of(&path, open.append(true).custom_flags(NO_LINK).open(&path)?)
        };
        let lines = copy().map_err(|error| {
            // A partial copy is useless.
            let _ = fs::remove_file(&new);
            failed("copy", &path)(error)
        })?;
        self.files.push(lines);
        Ok(path)
    }

    /// Returns the path of the copy in a directory.
    pub fn copy_path(&self, directory: &Path) -> PathBuf {
        let run = self.path().parent().and_then(Path::file_name).unwrap_or_default();
        directory.join(run).join("journal.jsonl")
    }

    /// Returns whether a copy exists in a directory.
    pub fn has_copy_in(&self, directory: &Path) -> bool {
        self.copy_path(directory).is_file()
    }

    /// Closes the copies on a filesystem that is about to be unmounted; they are complete up to
    /// here.
    ///
    /// If the journal itself is on this filesystem, it continues in its home directory.
    pub(crate) fn close_copies_on(&mut self, at: &str) -> Result<()> {
        let on = |path: &Path| is_below(&path.to_string_lossy(), at);
        if self.files.iter().all(|lines| on(&lines.path)) {
            let path = self.add_copy_in(&self.home.clone())?;
            let last = self.files.pop().filter(|last| last.path == path);
            self.files.splice(0..0, last);
        }
        self.files.retain(|lines| !on(&lines.path));
        Ok(())
    }

    /// Records that the run was resumed.
    pub fn resumed(
        &mut self,
        at: String,
        texts: Option<RecipeSource>,
        renamed: Vec<(String, String)>,
    ) -> Result<()> {
        let (text, modules) = texts.map(|texts| (texts.text, texts.modules)).unzip();
        let modules = modules.unwrap_or_default();
        self.write(&Record::Resumed { at, text, modules, renamed }, true)
    }

    pub(crate) fn write(&mut self, record: &Record, sync: bool) -> Result<()> {
        let mut line = serde_json::to_vec(record).unwrap_or_default();
        line.push(b'\n');
        let Some((first, copies)) = self.files.split_first_mut() else { return Ok(()) };
        first.add(&line, sync).map_err(failed("write", &first.path))?;
        let mut result = Ok(());
        let mut given_up = Vec::new();
        for (index, copy) in copies.iter_mut().enumerate() {
            let Err(error) = copy.add(&line, sync) else { continue };
            given_up.push(index + 1);
            // A run must not be resumed from a copy that lacks the last records.
            match fs::remove_file(&copy.path) {
                Ok(()) => self.given_up.push(format!(
                    "failed to write the copy of the journal {} ({error}); the copy was removed, \
                     and the run can only be resumed from {}",
                    copy.path.display(),
                    first.path.display()
                )),
                Err(_) => result = Err(failed("write", &copy.path)(error)),
            }
        }
        for index in given_up.into_iter().rev() {
            self.files.remove(index);
        }
        result
    }

    /// Returns the warnings about copies that could not be written any more, and clears them.
    pub(crate) fn write_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.given_up)
    }
}

/// A symbolic link in place of a journal could lead to any file.
const NO_LINK: i32 = nix::libc::O_NOFOLLOW;

/// A file of complete lines.
struct LineFile {
    path: PathBuf,
    file: File,
    /// The length of the complete lines in bytes.
    length: u64,
}

impl LineFile {
    fn of(path: &Path, file: File) -> std::io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, length })
    }

    /// Appends a line completely or not at all: on a full disk, a partial line would remain
    /// otherwise.
    fn add(&mut self, line: &[u8], sync: bool) -> std::io::Result<()> {
        let written = self.file.write_all(line);
        let written = written.and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        match &written {
            Ok(()) => self.length += line.len() as u64,
            // If this fails too, reading ignores the partial last line.
            Err(_) => drop(self.file.set_len(self.length)),
        }
        written
    }
}

/// Locks a journal so that only one process writes it; the kernel releases the lock when that
/// process ends.
fn lock(file: &File) -> std::io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(std::io::Error::other(
            "another gscript process is writing it: the run is still \
                active",
        )),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Syncs the two directories above a file: the name of a new file is only on the disk once its
/// directory is synced.
fn sync_directories(path: &Path) -> std::io::Result<()> {
    path.ancestors().skip(1).take(2).try_for_each(|directory| File::open(directory)?.sync_all())
}

#[cfg(test)]
mod tests;
