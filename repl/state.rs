//! The state directory: run directories with their journals and logs, the shell history, originals
//! of copied recipes, and lock files. Everything in it belongs to the user who runs the program, and
//! no other user can write to it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gscript::event::{Event, Listener};
use gscript::journal::{Damaged, Transcript, Untrusted, check_owner, open_own};
use gscript::types::quote;

use crate::render::Problem;

use crate::screen::{Shown, shown};

/// The directory of one run.
pub(crate) struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Creates the directory below `parent`, or below the state directory of this user.
    pub(crate) fn create(parent: Option<&Path>, stem: &str) -> io::Result<Self> {
        let parent = match parent {
            Some(chosen) => {
                DirBuilder::new().recursive(true).mode(0o700).create(chosen)?;
                chosen.to_path_buf()
            }
            None => private(runs()?)?,
        };
        let mut private = DirBuilder::new();
        private.mode(0o700);
        let time = chrono::Utc::now().format("%Y%m%dT%H%M%SZ");
        for attempt in 0.. {
            let suffix = if attempt == 0 { String::new() } else { format!(".{attempt}") };
            let path = parent.join(format!("{time}-{stem}{suffix}"));
            match private.create(&path) {
                Ok(()) => return Ok(Self { path: fs::canonicalize(path)? }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => {}
                Err(error) => return Err(error),
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Removes the journal, the log and the directory of a run that has nothing worth recording.
    pub(crate) fn remove(&self) {
        // A directory that cannot be removed stays in the list of runs.
        let _ = fs::remove_file(self.journal());
        let _ = fs::remove_file(self.log());
        let _ = fs::remove_dir(&self.path);
    }

    /// Returns the run directory that contains a journal.
    pub(crate) fn of(journal: &Path) -> Self {
        Self { path: journal.parent().unwrap_or(Path::new(".")).to_owned() }
    }

    /// Returns the number of the next run in the parent directory. Runs are numbered because the
    /// clock of a live medium is unreliable.
    pub(crate) fn number(&self) -> u64 {
        let journals = self.path.parent().map(journals).unwrap_or_default();
        journals.first().map_or(0, |(number, _)| *number).saturating_add(1)
    }

    /// Returns whether a reboot erases this directory, as on a live medium.
    pub(crate) fn is_volatile(&self) -> bool {
        use nix::sys::statfs::{FsType, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC, statfs};
        const RAMFS: FsType = FsType(0x8584_58f6);
        statfs(&self.path).is_ok_and(|found| {
            [TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC, RAMFS].contains(&found.filesystem_type())
        })
    }

    /// Removes the directory of a run that did not start.
    pub(crate) fn discard(&self) {
        // A directory that cannot be removed does no harm.
        let _ = fs::remove_file(self.journal()).and_then(|()| fs::remove_dir(&self.path));
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.now().join("journal.jsonl")
    }

    /// Returns the path of a file in this run directory.
    pub(crate) fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.now().join("log.txt")
    }

    /// Returns the current directory of the run: when the run itself has unmounted the filesystem
    /// of its journal, the journal continues in the state directory.
    fn now(&self) -> PathBuf {
        let home = || Some(runs().ok()?.join(self.path.file_name()?));
        let gone = !self.path.is_dir();
        gone.then(home).flatten().unwrap_or_else(|| self.path.clone())
    }
}

/// Returns the directory of all runs of this user.
pub(crate) fn runs() -> io::Result<PathBuf> {
    Ok(state()?.join("runs"))
}

/// Returns the directory of the originals of copied recipes.
pub(crate) fn originals() -> io::Result<PathBuf> {
    private(state()?.join("originals"))
}

/// Returns the directory of the installed collections.
pub(crate) fn collections() -> io::Result<PathBuf> {
    private(state()?.join("collections"))
}

/// Returns the directory with what is remembered of authors.
pub(crate) fn authors() -> io::Result<PathBuf> {
    private(state()?.join("trust"))
}

/// Returns the path of the shell history, if the state directory is private to the user.
pub(crate) fn history() -> Option<PathBuf> {
    let path = private(state().ok()?).ok()?.join("history");
    match open_own(&path) {
        Ok(_) => Some(path),
        // The first session creates it.
        Err(Untrusted::Io { .. }) if !path.is_symlink() => Some(path),
        Err(untrusted) => {
            let problem = Problem::new(format!("the history is not saved: {untrusted}"));
            Problem { help: untrusted.remedy(), ..problem }.print();
            None
        }
    }
}

/// Returns the current time for display.
pub(crate) fn time() -> String {
    chrono::Utc::now().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Returns the runs in a directory with their journals, newest first by run number, independent of
/// the clock.
pub(crate) fn list_runs(
    directory: &Path,
) -> impl Iterator<Item = (PathBuf, Result<Transcript, Damaged>)> + use<> {
    let journals = journals(directory).into_iter();
    journals.map(|(_, path)| {
        let file =
            open_own(&path).map_err(|untrusted| Damaged { line: 0, why: untrusted.to_string() });
        let transcript =
            file.and_then(|file| Transcript::of(&path, &file)).and_then(Transcript::checked);
        (path, transcript)
    })
}

/// Returns the journals in a directory with their run numbers, newest first. A journal with damage
/// after its header still counts, so that an older run does not become the newest.
fn journals(directory: &Path) -> Vec<(u64, PathBuf)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path().join("journal.jsonl"));
    let number = |path: &Path| Transcript::head_of(path).map_or(0, |head| head.number);
    let mut journals: Vec<_> =
        paths.filter(|path| path.is_file()).map(|path| (number(&path), path)).collect();
    journals.sort_by(|one, other| other.cmp(one));
    journals
}

/// Returns `$GSCRIPT_STATE`; for root, `/var/lib/gscript`; otherwise a directory below
/// `$XDG_STATE_HOME`, `$HOME` or `/run/user/UID`. Never a path that another user could have
/// created.
pub(crate) fn state() -> io::Result<PathBuf> {
    let directory = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    if let Some(chosen) = std::env::var_os("GSCRIPT_STATE").filter(|chosen| !chosen.is_empty()) {
        return std::path::absolute(chosen);
    }
    let uid = nix::unistd::geteuid();
    if uid.is_root() {
        return Ok("/var/lib/gscript".into());
    }
    let home = || directory("HOME").map(|home| home.join(".local/state"));
    let session = || Some(PathBuf::from(format!("/run/user/{uid}"))).filter(|path| path.is_dir());
    let found = directory("XDG_STATE_HOME").or_else(home).or_else(session);
    found.map(|directory| directory.join("gscript")).ok_or_else(|| {
        io::Error::other(
            "HOME and XDG_STATE_HOME are not set: choose a directory with --journal \
            DIR",
        )
    })
}

/// Creates a directory private to this user, or rejects one that another user owns, can write to,
/// or has replaced with a symbolic link.
fn private(path: PathBuf) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
    // Also checks the state directory that contains it.
    let parent = path.parent().filter(|parent| parent.ends_with("gscript"));
    for path in parent.into_iter().chain([path.as_path()]) {
        let found = fs::symlink_metadata(path)?;
        let trusted = match found.is_dir() {
            true => check_owner(path, &found),
            false => Err(Untrusted::NotAFile { what: "a link or a file" }),
        };
        trusted.map_err(|untrusted| {
            let path = quote(&path.to_string_lossy());
            io::Error::other(format!(
                "state directory {path}: {untrusted}; type: chown {} {path} && chmod 700 {path}",
                nix::unistd::geteuid()
            ))
        })?;
    }
    Ok(path)
}

/// Returns the directory of the lock files. For root it is shared by the whole machine.
pub(crate) fn locks() -> io::Result<PathBuf> {
    if nix::unistd::geteuid().is_root() {
        return private("/run/gscript".into());
    }
    private(state()?.join("locks"))
}

/// The log of a run, one line per event.
///
/// While actions succeed, the file stays open like the journal, and is closed with it when the run
/// unmounts the filesystem of the run directory.
pub(crate) struct Log {
    directory: RunDirectory,
    file: Option<File>,
    /// Lines that are buffered until the next line that must be written at once.
    buffer: String,
}

/// The maximum size of the buffer in bytes.
const MAX_BUFFER: usize = 16 * 1024;

impl Log {
    pub(crate) fn create(directory: &RunDirectory) -> io::Result<Self> {
        let log = Self::of(directory);
        log.open()?;
        Ok(log)
    }

    /// Returns a log whose file is not created before the first write.
    pub(crate) fn of(directory: &RunDirectory) -> Self {
        let directory = RunDirectory { path: directory.path.clone() };
        Self { directory, file: None, buffer: String::new() }
    }

    fn open(&self) -> io::Result<File> {
        let mut open = OpenOptions::new();
        // A run directory copied from another machine may contain a symbolic link in its place.
        open.append(true).create(true).mode(0o600).custom_flags(nix::libc::O_NOFOLLOW);
        open.open(self.directory.log())
    }

    fn write(&mut self, text: &Shown, waits: bool) {
        let time = chrono::Utc::now().format("%H:%M:%S%.3f").to_string();
        let lines: String =
            text.as_str().lines().flat_map(|line| [&time, " ", line, "\n"]).collect();
        if waits && self.buffer.len() + lines.len() < MAX_BUFFER {
            return self.buffer.push_str(&lines);
        }
        let mut buffered = std::mem::take(&mut self.buffer);
        buffered.push_str(&lines);
        // A log that cannot be written must not stop a run.
        let opened = self.file.take().map_or_else(|| self.open(), Ok);
        if let Ok(mut file) = opened
            && file.write_all(buffered.as_bytes()).is_ok()
        {
            self.file = Some(file);
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if !self.buffer.is_empty() {
            self.write(&Shown::default(), false);
        }
    }
}

impl Listener for Log {
    fn on_event(&mut self, event: &Event) {
        let text = match event {
            Event::Chapter { title } => shown!["# ", title],
            Event::Began { name, about, site, .. } => shown![site, ": ", name, " ", about],
            Event::Step { text, .. } => Shown::indented("  $ ", text),
            Event::Line { text, .. } => shown!["    ", text],
            Event::Progress { .. } | Event::Builds { .. } | Event::Terminal { .. } => return,
            Event::Done { millis, already: None, .. } => shown!["  done in ", millis, " ms"],
            Event::Done { already: Some(why), .. } => shown!["  unchanged: ", why],
            Event::Failed { millis, error, .. } => Shown::joined([
                shown!["  FAILED after ", millis, " ms:"],
                Shown::indented("    ", error),
            ]),
            Event::Skipped { .. } => shown!["  skipped"],
            Event::Warning { text } => shown!["  warning: ", text],
            Event::Said { text } => Shown::indented("  | ", text),
            Event::Released { text, error: None } => shown!["  released: ", text],
            Event::Released { text, error: Some(error) } => {
                shown!["  NOT released: ", text, ": ", error]
            }
            Event::Layout { text } => Shown::indented("  ", text),
            Event::Ended { ok, changed, already, millis } => {
                shown![format!("ended: ok={ok} changed={changed} already={already} in {millis} ms")]
            }
        };
        // A resumed run reports thousands of unchanged actions: they are buffered until the next
        // change.
        let waits = matches!(event, Event::Began { .. } | Event::Done { already: Some(_), .. });
        self.write(&text, waits);
        // A program that prints, and a user who repairs something, may unmount the filesystem.
        if !matches!(event, Event::Began { .. } | Event::Step { .. } | Event::Done { .. }) {
            self.close_files();
        }
    }

    fn close_files(&mut self) {
        self.file = None;
    }
}
