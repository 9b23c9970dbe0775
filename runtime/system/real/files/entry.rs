//! An entry of an open directory: what it is, without following a symlink.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2, readlinkat};
use nix::sys::stat::SFlag;
use nix::sys::statfs::{BTRFS_SUPER_MAGIC, PROC_SUPER_MAGIC, fstatfs};
use rustix::fs::{AtFlags, StatxFlags, statx};

use crate::machine::files::FileStatus;
use crate::types::Mode;

/// The status of an entry, in one system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileEntry {
    mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    len: u64,
    /// The device number of its filesystem, and its inode number.
    pub(super) identity: (u64, u64),
    /// The ID of the mount that shows it; `None` on kernels that do not report it (before Linux
    /// 5.8).
    pub(super) mount: Option<u64>,
}

impl FileEntry {
    /// Returns the entry with this name, if it exists.
    pub(super) fn at(dir: &impl AsFd, name: &Path) -> io::Result<Option<Self>> {
        Self::stat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Returns the status of an open file.
    pub(super) fn of(file: &impl AsFd) -> io::Result<Self> {
        Self::stat(file, Path::new(""), AtFlags::EMPTY_PATH)?.ok_or(io::ErrorKind::NotFound.into())
    }

    pub(super) fn stat(dir: &impl AsFd, name: &Path, flags: AtFlags) -> io::Result<Option<Self>> {
        let fields = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
        let found = match statx(dir, name, flags | AtFlags::NO_AUTOMOUNT, fields) {
            Ok(found) => found,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let reported = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
        Ok(Some(Self {
            mode: found.stx_mode.into(),
            uid: found.stx_uid,
            gid: found.stx_gid,
            len: found.stx_size,
            identity: (
                rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
                found.stx_ino,
            ),
            mount: reported.then_some(found.stx_mnt_id),
        }))
    }

    pub(super) fn kind(&self) -> SFlag {
        SFlag::from_bits_truncate(self.mode) & SFlag::S_IFMT
    }

    /// Returns the permission bits.
    pub(super) fn mode(&self) -> Mode {
        Mode::new(self.mode)
    }

    /// Returns what this is; `dir` and `name` lead to it.
    pub(super) fn status(&self, dir: &impl AsFd, name: &Path) -> io::Result<FileStatus> {
        let (mode, uid, gid) = (self.mode(), self.uid, self.gid);
        Ok(match self.kind() {
            SFlag::S_IFREG => FileStatus::File { mode, len: self.len, uid, gid },
            SFlag::S_IFDIR => {
                // The top directories of all btrfs subvolumes have the same inode number.
                let subvolume = self.identity.1 == 256
                    && fstatfs(dir).is_ok_and(|fs| fs.filesystem_type() == BTRFS_SUPER_MAGIC);
                FileStatus::Dir { mode, uid, gid, subvolume }
            }
            // A magic link of procfs, whose text does not determine where it leads.
            SFlag::S_IFLNK if is_magic(dir, name) => FileStatus::Other,
            SFlag::S_IFLNK => FileStatus::Link { to: readlinkat(dir, name)?.into() },
            _ => FileStatus::Other,
        })
    }
}

fn is_magic(dir: &impl AsFd, name: &Path) -> bool {
    let procfs = fstatfs(dir).is_ok_and(|fs| fs.filesystem_type() == PROC_SUPER_MAGIC);
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_MAGICLINKS);
    procfs && matches!(openat2(dir, name, how), Err(Errno::ELOOP))
}
