//! Files that are written under a temporary name and then take the place of another one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, renameat};
use nix::sys::stat::{self, SFlag};
use nix::sys::statfs::{BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, FsType, TMPFS_MAGIC, XFS_SUPER_MAGIC};
use nix::unistd::{Gid, Uid, UnlinkatFlags, unlinkat};

use super::entry::FileEntry;
use super::lookups::OpenDirectory;
use crate::types::Mode;

/// Filesystems that store the length of a file in its inode. FAT stores it beside the name, and
/// under a new name only when the file itself is synced again.
const KEEP_LENGTH: [FsType; 4] =
    [BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, TMPFS_MAGIC, XFS_SUPER_MAGIC];

/// Returns the number of this process, which is one system call for all files.
fn own_id() -> u32 {
    static OWN: OnceLock<u32> = OnceLock::new();
    *OWN.get_or_init(std::process::id)
}

/// A temporary file next to its final path; it is removed on drop unless it was published.
pub(super) struct TempFile {
    dir: Rc<OpenDirectory>,
    name: PathBuf,
    file: File,
    done: bool,
}

impl TempFile {
    pub(super) fn create(dir: Rc<OpenDirectory>, beside: &Path) -> io::Result<Self> {
        for attempt in 0.. {
            let name = PathBuf::from(format!(
                ".{}.gscript-{}-{attempt}",
                beside.to_string_lossy(),
                own_id()
            ));
            let flags = OFlag::O_WRONLY
                | OFlag::O_CREAT
                | OFlag::O_EXCL
                | OFlag::O_NOFOLLOW
                | OFlag::O_CLOEXEC;
            match openat(&*dir, &name, flags, stat::Mode::from_bits_truncate(0o600)) {
                Ok(fd) => return Ok(Self { dir, name, file: File::from(fd), done: false }),
                Err(Errno::EEXIST) if attempt < 100 => {}
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Returns the file, to be written.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Sets the owner of the replaced file, and its mode unless another one is requested.
    pub(super) fn set_attributes(
        &self,
        old: Option<&FileEntry>,
        mode: Option<Mode>,
    ) -> io::Result<()> {
        let old = old.filter(|old| old.kind() == SFlag::S_IFREG);
        if let Some(old) = old {
            let (uid, gid) = (Uid::from_raw(old.uid), Gid::from_raw(old.gid));
            let own = uid == nix::unistd::geteuid() && gid == nix::unistd::getegid();
            if !own {
                nix::unistd::fchown(&self.file, Some(uid), Some(gid))?;
            }
        }
        let bits = mode.or(old.map(FileEntry::mode)).map_or(0o644, Mode::bits);
        stat::fchmod(&self.file, stat::Mode::from_bits_truncate(bits))?;
        Ok(())
    }

    /// Gives the file its final name, and syncs both.
    pub(super) fn publish(mut self, name: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        renameat(&*self.dir, &self.name, &*self.dir, name)?;
        self.done = true;
        if !KEEP_LENGTH.contains(&self.dir.filesystem()?) {
            self.file.sync_all()?;
        }
        self.dir.sync()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.done {
            // If the removal fails, nothing else can be done.
            let _ = unlinkat(&*self.dir, &self.name, UnlinkatFlags::NoRemoveDir);
        }
    }
}
