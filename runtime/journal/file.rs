//! Opens files of earlier runs or of other users: journals, answers and plans are only trusted if
//! their owner is.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::sys::statfs::{FsType, MSDOS_SUPER_MAGIC, fstatfs, statfs};
use nix::unistd::{Uid, User};

use crate::types::quote;

/// The reason why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untrusted {
    /// The file cannot be opened or read.
    Io {
        /// The error message.
        why: String,
    },
    /// The file is a symbolic link, a directory, a pipe or a device.
    NotAFile {
        /// The kind of file.
        what: &'static str,
    },
    /// The file belongs to another user.
    ForeignOwner {
        /// The file or directory.
        path: PathBuf,
        /// The user ID of the owner.
        owner: u32,
    },
    /// The file is writable by other users.
    WritableByOthers {
        /// The file or directory.
        path: PathBuf,
    },
    /// The file is larger than any file of its kind.
    TooLarge {
        /// The limit in bytes.
        most: u64,
    },
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { why } => f.write_str(why),
            Self::NotAFile { what } => write!(f, "{what} instead of a regular file"),
            Self::ForeignOwner { path, owner } => {
                write!(f, "{} is owned by {}", path.display(), user(*owner))
            }
            Self::WritableByOthers { path } => {
                write!(f, "{} is writable by other users", path.display())
            }
            Self::TooLarge { most } => write!(f, "larger than {} MiB", most >> 20),
        }
    }
}

impl Untrusted {
    /// Returns the command that fixes the problem, if there is one.
    pub fn remedy(&self) -> Option<String> {
        let named = |path: &Path| quote(&path.to_string_lossy());
        match self {
            Self::ForeignOwner { path, .. } => {
                let path = named(path);
                Some(format!("review it, and if it is correct: chown {} {path}", user(euid())))
            }
            Self::WritableByOthers { path } => {
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

/// Opens a file that is owned by this user or root and that other users cannot write to.
pub fn open_own(path: &Path) -> Result<File, Untrusted> {
    let file = open_file(path)?;
    let found = file.metadata().map_err(|error| Untrusted::Io { why: error.to_string() })?;
    check_owner(path, &found)?;
    Ok(file)
}

/// Opens a regular file; symbolic links are not followed.
pub(super) fn open_file(path: &Path) -> Result<File, Untrusted> {
    let io = |error: io::Error| Untrusted::Io { why: error.to_string() };
    let mut open = OpenOptions::new();
    // Without O_NONBLOCK, opening a pipe that has no writer would block forever.
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
pub fn check_owner(path: &Path, found: &std::fs::Metadata) -> Result<(), Untrusted> {
    let owner = found.uid();
    if owner != euid() && owner != 0 && !is_on_hostfs(path) {
        return Err(Untrusted::ForeignOwner { path: path.to_owned(), owner });
    }
    if found.mode() & 0o022 != 0 {
        return Err(Untrusted::WritableByOthers { path: path.to_owned() });
    }
    Ok(())
}

/// Returns whether a file belongs to the host of a virtual machine of User Mode Linux: root in the
/// virtual machine has the permissions of the host user that runs it, and the owners are those of
/// the host. No other kernel has this filesystem.
fn is_on_hostfs(path: &Path) -> bool {
    const HOSTFS: FsType = FsType(0x00c0_ffee);
    statfs(path).is_ok_and(|found| found.filesystem_type() == HOSTFS)
}

/// Reads a file that [`open_own`] accepts and that has at most `most` bytes.
pub fn read_own(path: &Path, most: u64) -> Result<Vec<u8>, Untrusted> {
    read_all(&open_own(path)?, most)
}

pub(super) fn read_all(file: &File, most: u64) -> Result<Vec<u8>, Untrusted> {
    let io = |error: io::Error| Untrusted::Io { why: error.to_string() };
    if file.metadata().map_err(io)?.len() > most {
        return Err(Untrusted::TooLarge { most });
    }
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    file.take(most + 1).read_to_end(&mut bytes).map_err(io)?;
    match bytes.len() as u64 > most {
        true => Err(Untrusted::TooLarge { most }),
        false => Ok(bytes),
    }
}

/// Returns the name of the filesystem of a file if that filesystem stores no owners: anyone who had
/// access to the medium may have written the file.
pub fn ownerless_filesystem(file: &File) -> Option<&'static str> {
    const EXFAT: FsType = FsType(0x2011_BAB0);
    const FUSE: FsType = FsType(0x6573_5546);
    const NTFS: FsType = FsType(0x7366_746e);
    let kind = fstatfs(file).ok()?.filesystem_type();
    [(MSDOS_SUPER_MAGIC, "FAT"), (EXFAT, "exFAT"), (NTFS, "NTFS"), (FUSE, "FUSE")]
        .into_iter()
        .find_map(|(known, name)| (known == kind).then_some(name))
}
