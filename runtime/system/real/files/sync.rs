//! Syncing to the disk: an action is complete only when its data is on the disk. Files are synced
//! one by one, and whole filesystems only after programs.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{self, SFlag};

/// Syncs a filesystem to its disk; returns an error if data could not be written.
pub(super) fn sync_filesystem(at: &str) -> io::Result<()> {
    let place = File::open(at)?;
    nix::unistd::syncfs(&place)
        .map_err(|error| io::Error::new(io::Error::from(error).kind(), format!("{at}: {error}")))
}

/// Syncs a directory, so that a name that was created, changed or removed in it survives a power
/// failure.
pub(super) fn sync_directory(dir: &OwnedFd) -> io::Result<()> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let dir = File::from(openat(dir, Path::new("."), flags, stat::Mode::empty())?);
    match dir.sync_all() {
        // Some network filesystems do not support this.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

/// Syncs the owner of a file to its disk. A symlink or a pipe cannot be opened for that, so the
/// whole filesystem is synced.
pub(super) fn sync_inode(dir: &OwnedFd, name: &Path) -> io::Result<()> {
    let found = stat::fstatat(dir, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
    let opened = match SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFREG | SFlag::S_IFDIR => {
            let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
            openat(dir, name, flags, stat::Mode::empty()).map(File::from)
        }
        _ => Err(Errno::ELOOP),
    };
    match opened {
        Ok(file) => file.sync_all(),
        Err(_) => {
            let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
            Ok(nix::unistd::syncfs(openat(dir, Path::new("."), flags, stat::Mode::empty())?)?)
        }
    }
}
