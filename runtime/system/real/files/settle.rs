//! What was written is on the disk before its action counts as done: file by file, and whole filesystems only
//! after programs.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{self, SFlag};

/// Brings everything that was written to a filesystem to its disk, and tells what could not be written.
pub(super) fn settle_filesystem(at: &str) -> io::Result<()> {
    let place = File::open(at)?;
    nix::unistd::syncfs(&place)
        .map_err(|error| io::Error::new(io::Error::from(error).kind(), format!("{at}: {error}")))
}

/// A name that was made, changed or taken away is on the disk when its directory is: a power cut right
/// after it must not bring the old one back.
pub(super) fn settle_names(dir: &OwnedFd) -> io::Result<()> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let dir = File::from(openat(dir, Path::new("."), flags, stat::Mode::empty())?);
    match dir.sync_all() {
        // Some filesystems of other machines know no such thing.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

/// Brings the owner of a file to its disk. A link or a pipe can't be opened for that.
pub(super) fn settle_inode(dir: &OwnedFd, name: &Path) -> io::Result<()> {
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
