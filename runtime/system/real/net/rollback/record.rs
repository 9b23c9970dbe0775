//! The files of a change: its record with the state to restore, and how it ended.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::Duration;

use nix::libc::O_NOFOLLOW;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::raw::RouteOrigin;
use crate::machine::net::{Rollback, RollbackState, Route, is_change_id};

/// The time between two looks at the files of a change.
pub(super) const INTERVAL: Duration = Duration::from_millis(50);

/// The directory of all changes. It is in memory: the changes end with a reboot, too.
const DIRECTORY: &str = "/run/gscript/rollback";
const RECORD: &str = "record.json";
const COMPLETE: &str = "complete.json";
const DECISION: &str = "decision.json";
const RESULT: &str = "result.json";

/// The record of a change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ArmedChange {
    /// What is restored.
    pub(super) rollback: Rollback,
    /// What the routes are restored with.
    pub(super) origins: Vec<(Route, RouteOrigin)>,
    /// The SSH connection of the run.
    pub(super) connection: Option<String>,
    /// The process ID of the run.
    pub(super) run: u32,
}

/// The time at which the run had made all changes and began to wait, in seconds since the machine
/// started.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Completion {
    pub(super) at: f64,
}

/// How a change ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub(super) enum Decision {
    /// The user has confirmed it.
    Confirmed,
    /// It is rolled back.
    RollBack {
        /// The reason.
        why: String,
    },
}

/// What a rollback has done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RollbackResult {
    /// The steps.
    pub(super) steps: Vec<String>,
    /// The errors that are left.
    pub(super) errors: Vec<String>,
}

/// The directory of a change.
#[derive(Debug, Clone)]
pub(super) struct ChangeDirectory {
    change: String,
    path: PathBuf,
}

/// The lock of the process that rolls the change back; the kernel releases it when the process
/// ends.
pub(super) struct KeeperLock(#[expect(dead_code, reason = "holds the lock")] File);

impl ChangeDirectory {
    pub(super) fn of(change: &str) -> Self {
        Self { change: change.to_owned(), path: PathBuf::from(DIRECTORY).join(change) }
    }

    pub(super) fn all() -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(DIRECTORY) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            // Only root can arm a rollback.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            all.extend(is_change_id(&name).then(|| Self::of(&name)));
        }
        all.sort_by(|one, other| one.change.cmp(&other.change));
        Ok(all)
    }

    /// Creates the directory, in place of that of an earlier attempt that has ended.
    pub(super) fn create(change: &str, armed: &ArmedChange) -> io::Result<Self> {
        let directory = Self::of(change);
        if directory.path.exists() {
            if directory.is_kept() {
                let text = format!("the rollback of network change {change} is still armed");
                return Err(io::Error::new(ErrorKind::AlreadyExists, text));
            }
            fs::remove_dir_all(&directory.path)?;
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&directory.path)?;
        directory.write(RECORD, armed)?;
        Ok(directory)
    }

    pub(super) fn change(&self) -> &str {
        &self.change
    }

    pub(super) fn armed(&self) -> io::Result<ArmedChange> {
        self.read(RECORD)
    }

    /// Records that the run has made all changes, unless it had before it was interrupted.
    pub(super) fn set_complete(&self) -> io::Result<()> {
        match self.complete() {
            Some(_) => Ok(()),
            None => self.write(COMPLETE, &Completion { at: seconds_since_boot() }),
        }
    }

    pub(super) fn complete(&self) -> Option<Completion> {
        self.read(COMPLETE).ok()
    }

    pub(super) fn decision(&self) -> Option<Decision> {
        self.read(DECISION).ok()
    }

    /// Decides how the change ends, unless that is decided; returns the decision.
    pub(super) fn decide(&self, decision: Decision) -> io::Result<Decision> {
        let temporary = self.write_temporary(DECISION, &decision)?;
        let linked = fs::hard_link(&temporary, self.path.join(DECISION));
        fs::remove_file(&temporary)?;
        match linked {
            Ok(()) => Ok(decision),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.read(DECISION),
            Err(error) => Err(error),
        }
    }

    pub(super) fn result(&self) -> Option<RollbackResult> {
        self.read(RESULT).ok()
    }

    pub(super) fn set_result(&self, result: &RollbackResult) -> io::Result<()> {
        self.write(RESULT, result)
    }

    /// Returns the state. A rollback that was interrupted is still armed.
    pub(super) fn state(&self) -> RollbackState {
        match (self.decision(), self.result()) {
            (Some(Decision::Confirmed), _) => RollbackState::Confirmed,
            (_, Some(_)) => RollbackState::RolledBack,
            _ => RollbackState::Armed,
        }
    }

    /// Returns whether a process would roll the change back.
    pub(super) fn is_kept(&self) -> bool {
        let lock = |file: File| file.try_lock_shared();
        self.open().is_ok_and(|file| matches!(lock(file), Err(TryLockError::WouldBlock)))
    }

    /// Takes the place of the keeper, if no process has it.
    pub(super) fn try_keep(&self) -> io::Result<Option<KeeperLock>> {
        let file = self.open()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(KeeperLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Becomes the keeper.
    pub(super) fn keep(&self) -> io::Result<KeeperLock> {
        let file = self.open()?;
        file.lock()?;
        Ok(KeeperLock(file))
    }

    fn open(&self) -> io::Result<File> {
        let mut open = OpenOptions::new();
        open.read(true).custom_flags(O_NOFOLLOW).open(self.path.join(RECORD))
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> io::Result<T> {
        let path = self.path.join(name);
        let bytes = fs::read(&path)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> io::Result<()> {
        let temporary = self.write_temporary(name, value)?;
        fs::rename(temporary, self.path.join(name))
    }

    /// Writes a file under another name, so that a reader never sees a part of it.
    fn write_temporary<T: Serialize>(&self, name: &str, value: &T) -> io::Result<PathBuf> {
        let path = self.path.join(format!("{name}.{}", std::process::id()));
        let mut open = OpenOptions::new();
        open.write(true).create(true).truncate(true).mode(0o600).custom_flags(O_NOFOLLOW);
        open.open(&path)?.write_all(&serde_json::to_vec(value)?)?;
        Ok(path)
    }
}

/// Returns the time since the machine started, including the time in which it was suspended.
pub(super) fn seconds_since_boot() -> f64 {
    use nix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from);
    time.map_or(f64::INFINITY, |time| time.as_secs_f64())
}
