//! Opening what a user's earlier runs, or others, left: journals, answers and plans are believed as far as
//! their owner is.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::sys::statfs::{FsType, MSDOS_SUPER_MAGIC, fstatfs, statfs};
use nix::unistd::{Uid, User};

use crate::types::quote;

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untrusted {
    /// It can't be opened or read.
    Io {
        /// Why.
        why: String,
    },
    /// It is a link, a directory, a pipe or a device.
    NotAFile {
        /// What it is.
        what: &'static str,
    },
    /// It belongs to another user.
    Foreign {
        /// Which file or directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Others can write to it.
    Open {
        /// Which file or directory.
        path: PathBuf,
    },
    /// It is larger than any file of its kind.
    TooLarge {
        /// Bytes that would still be read.
        most: u64,
    },
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { why } => f.write_str(why),
            Self::NotAFile { what } => write!(f, "{what} instead of a regular file"),
            Self::Foreign { path, owner } => {
                write!(f, "{} is owned by {}", path.display(), user(*owner))
            }
            Self::Open { path } => write!(f, "{} is writable by other users", path.display()),
            Self::TooLarge { most } => write!(f, "larger than {} MiB", most >> 20),
        }
    }
}

impl Untrusted {
    /// What to type, where that helps.
    pub fn remedy(&self) -> Option<String> {
        let named = |path: &Path| quote(&path.to_string_lossy());
        match self {
            Self::Foreign { path, .. } => {
                let path = named(path);
                Some(format!("review it, and if it is correct: chown {} {path}", user(euid())))
            }
            Self::Open { path } => {
                Some(format!("review it, and if it is correct: chmod go-w {}", named(path)))
            }
            Self::Io { .. } | Self::NotAFile { .. } | Self::TooLarge { .. } => None,
        }
    }
}

fn euid() -> u32 {
    nix::unistd::geteuid().as_raw()
}

fn user(number: u32) -> String {
    let known = User::from_uid(Uid::from_raw(number)).ok().flatten();
    known.map_or_else(|| format!("user {number}"), |user| user.name)
}

/// Opens a file of this user, or of root, that nobody else can write to.
pub fn open_own(path: &Path) -> Result<File, Untrusted> {
    let file = open_file(path)?;
    let found = file.metadata().map_err(|error| Untrusted::Io { why: error.to_string() })?;
    owned(path, &found)?;
    Ok(file)
}

/// Opens a file that is one.
pub(super) fn open_file(path: &Path) -> Result<File, Untrusted> {
    let io = |error: io::Error| Untrusted::Io { why: error.to_string() };
    let mut open = OpenOptions::new();
    // A pipe that nobody writes to would never be opened.
    let flags = nix::libc::O_NONBLOCK | nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC;
    let file = match open.read(true).custom_flags(flags).open(path) {
        Err(error) if error.raw_os_error() == Some(nix::libc::ELOOP) => {
            return Err(Untrusted::NotAFile { what: "a symbolic link" });
        }
        opened => opened.map_err(io)?,
    };
    let found = file.metadata().map_err(io)?;
    if !found.is_file() {
        let what = if found.is_dir() { "a directory" } else { "a pipe or a device" };
        return Err(Untrusted::NotAFile { what });
    }
    Ok(file)
}

/// Refuses a file or directory that another user owns or can write to.
pub fn owned(path: &Path, found: &std::fs::Metadata) -> Result<(), Untrusted> {
    let owner = found.uid();
    if owner != euid() && owner != 0 && !owned_outside(path) {
        return Err(Untrusted::Foreign { path: path.to_owned(), owner });
    }
    if found.mode() & 0o022 != 0 {
        return Err(Untrusted::Open { path: path.to_owned() });
    }
    Ok(())
}

/// Whether a file is the host's, in a virtual machine of User Mode Linux: there root has the rights of the host's user who runs the
/// machine, and owners are the host's. No other kernel has this filesystem.
fn owned_outside(path: &Path) -> bool {
    const HOSTFS: FsType = FsType(0x00c0_ffee);
    statfs(path).is_ok_and(|found| found.filesystem_type() == HOSTFS)
}

/// Reads such a file, of at most so many bytes.
pub fn read_own(path: &Path, most: u64) -> Result<Vec<u8>, Untrusted> {
    read_all(&open_own(path)?, most)
}

pub(super) fn read_all(file: &File, most: u64) -> Result<Vec<u8>, Untrusted> {
    let io = |error: io::Error| Untrusted::Io { why: error.to_string() };
    if file.metadata().map_err(io)?.len() > most {
        return Err(Untrusted::TooLarge { most });
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(most + 1).read_to_end(&mut bytes).map_err(io)?;
    match bytes.len() as u64 > most {
        true => Err(Untrusted::TooLarge { most }),
        false => Ok(bytes),
    }
}

/// The filesystem of a file, where it has no owners: whoever had the medium may have written it.
pub fn without_owners(file: &File) -> Option<&'static str> {
    const EXFAT: FsType = FsType(0x2011_BAB0);
    const FUSE: FsType = FsType(0x6573_5546);
    const NTFS: FsType = FsType(0x7366_746e);
    let kind = fstatfs(file).ok()?.filesystem_type();
    [(MSDOS_SUPER_MAGIC, "FAT"), (EXFAT, "exFAT"), (NTFS, "NTFS"), (FUSE, "FUSE")]
        .into_iter()
        .find_map(|(known, name)| (known == kind).then_some(name))
}
