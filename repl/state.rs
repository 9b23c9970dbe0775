//! Where runs are kept: a folder each, with its journal and its log.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gscript::event::{Event, Listener};
use gscript::journal::{Damaged, Story};

use crate::screen::{Shown, shown};

/// The folder of one run.
pub(crate) struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder: below `parent`, or below the state folder of this user.
    pub(crate) fn create(parent: Option<&Path>, stem: &str) -> io::Result<Self> {
        let parent = parent.map_or_else(runs, Path::to_path_buf);
        let mut private = DirBuilder::new();
        private.mode(0o700);
        DirBuilder::new().recursive(true).mode(0o700).create(&parent)?;
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

    /// Nothing was done that is worth a record.
    pub(crate) fn forget(&self) {
        // Where it can't be removed, it is listed as what it is.
        let _ = fs::remove_file(self.journal());
        let _ = fs::remove_file(self.log());
        let _ = fs::remove_dir(&self.path);
    }

    /// The folder of a journal.
    pub(crate) fn of(journal: &Path) -> Self {
        Self { path: journal.parent().unwrap_or(Path::new(".")).to_owned() }
    }

    /// Counts the runs beside this one: clocks of live media are not to be trusted.
    pub(crate) fn number(&self) -> u64 {
        let journals = self.path.parent().map(journals).unwrap_or_default();
        journals.first().map_or(0, |(number, _)| *number) + 1
    }

    /// Whether what is kept here is gone after a reboot, as on a live medium.
    pub(crate) fn forgets(&self) -> bool {
        use nix::sys::statfs::{FsType, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC, statfs};
        const RAMFS: FsType = FsType(0x8584_58f6);
        statfs(&self.path).is_ok_and(|found| {
            [TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC, RAMFS].contains(&found.filesystem_type())
        })
    }

    /// Takes the folder back, of a run that did not come to its beginning.
    pub(crate) fn discard(&self) {
        // What can't be removed does no harm.
        let _ = fs::remove_file(self.journal()).and_then(|()| fs::remove_dir(&self.path));
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.now().join("journal.jsonl")
    }

    /// A file of this run by its name.
    pub(crate) fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.now().join("log.txt")
    }

    /// Where the run is kept by now: a journal whose filesystem the run itself has unmounted goes on
    /// in the state folder.
    fn now(&self) -> PathBuf {
        let home = || runs().join(self.path.file_name().unwrap_or_default());
        if self.path.is_dir() { self.path.clone() } else { home() }
    }
}

/// `$GSCRIPT_STATE`, else the system's state folder for root, else the user's own.
pub(crate) fn runs() -> PathBuf {
    state().join("runs")
}

/// The lines that were typed in sessions.
pub(crate) fn history() -> PathBuf {
    state().join("history")
}

/// Now, for people.
pub(crate) fn time() -> String {
    chrono::Utc::now().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The runs in a folder with their journals, newest first: by their numbers, whatever the clock said.
pub(crate) fn stories(
    folder: &Path,
) -> impl Iterator<Item = (PathBuf, Result<Story, Damaged>)> + use<> {
    let journals = journals(folder).into_iter();
    journals.map(|(_, path)| (path.clone(), Story::read(&path)))
}

/// The journals in a folder with the numbers of their runs, newest first. Also one that is damaged
/// further down has a number: it must not make an older run the newest.
fn journals(folder: &Path) -> Vec<(u64, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path().join("journal.jsonl"));
    let number = |path: &Path| Story::head_of(path).map_or(0, |head| head.number);
    let mut journals: Vec<_> =
        paths.filter(|path| path.is_file()).map(|path| (number(&path), path)).collect();
    journals.sort_by(|one, other| other.cmp(one));
    journals
}

fn state() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    folder("GSCRIPT_STATE").unwrap_or_else(|| {
        if nix::unistd::geteuid().is_root() {
            return "/var/lib/gscript".into();
        }
        let home = folder("XDG_STATE_HOME");
        home.or_else(|| folder("HOME").map(|home| home.join(".local/state")))
            .unwrap_or_else(std::env::temp_dir)
            .join("gscript")
    })
}

/// Where running processes say what they work on: one place for the machine, for root.
pub(crate) fn locks() -> PathBuf {
    if nix::unistd::geteuid().is_root() { "/run/gscript".into() } else { state().join("locks") }
}

/// Everything that happens in a run, line by line.
///
/// It is open only while something is written: where the run folder lies on a stick that the run
/// unmounts, it must not be what holds the stick.
pub(crate) struct Log {
    folder: RunFolder,
    /// Lines that can wait for the next that can't.
    waiting: String,
}

/// So many bytes of them at most.
const WAITING: usize = 16 * 1024;

impl Log {
    pub(crate) fn create(folder: &RunFolder) -> io::Result<Self> {
        let folder = RunFolder { path: folder.path.clone() };
        let log = Self { folder, waiting: String::new() };
        log.open()?;
        Ok(log)
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).mode(0o600).open(self.folder.log())
    }

    fn write(&mut self, text: &Shown, waits: bool) {
        let time = chrono::Utc::now().format("%H:%M:%S%.3f").to_string();
        let lines: String =
            text.as_str().lines().flat_map(|line| [&time, " ", line, "\n"]).collect();
        if waits && self.waiting.len() + lines.len() < WAITING {
            return self.waiting.push_str(&lines);
        }
        let waiting = std::mem::take(&mut self.waiting);
        // A log that can't be written must not stop a run half way.
        let _ = self.open().and_then(|mut file| {
            file.write_all(waiting.as_bytes())?;
            file.write_all(lines.as_bytes())
        });
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if !self.waiting.is_empty() {
            self.write(&Shown::default(), false);
        }
    }
}

impl Listener for Log {
    fn hear(&mut self, event: &Event) {
        let text = match event {
            Event::Chapter { title } => shown!["# ", title],
            Event::Began { name, about, site, .. } => shown![site, ": ", name, " ", about],
            Event::Step { text, .. } => Shown::indented("  $ ", text),
            Event::Line { text, .. } => shown!["    ", text],
            Event::Progress { .. } | Event::Terminal { .. } => return,
            Event::Done { millis, already: None, .. } => shown!["  done in ", millis, " ms"],
            Event::Done { already: Some(why), .. } => shown!["  already so: ", why],
            Event::Failed { millis, error, .. } => Shown::joined([
                shown!["  FAILED after ", millis, " ms:"],
                Shown::indented("    ", error),
            ]),
            Event::Skipped { .. } => shown!["  left out"],
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
        // What is so already comes thousandfold when a run goes on; before anything is done, it is written.
        let waits = matches!(event, Event::Began { .. } | Event::Done { already: Some(_), .. });
        self.write(&text, waits);
    }
}
