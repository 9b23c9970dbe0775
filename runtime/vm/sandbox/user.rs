//! The user and group of a virtual machine's process.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

use nix::unistd::{getegid, geteuid};
use serde::{Deserialize, Serialize};

/// The user and group of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::vm) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// The group with access to KVM, if it is used.
    pub(super) kvm: Option<u32>,
}

/// The range of user and group IDs that systems do not assign (systemd's UIDS-GIDS: 60706 to 61183
/// are unused).
const FIRST: u32 = 60_706;
const COUNT: u32 = 478;

impl Owner {
    /// Returns a dedicated user if the caller is root, otherwise the caller.
    pub(in crate::vm) fn for_caller() -> Self {
        let (uid, gid) = match geteuid().is_root() {
            true => {
                let id = FIRST + std::process::id() % COUNT;
                (id, id)
            }
            false => (geteuid().as_raw(), getegid().as_raw()),
        };
        Self { uid, gid, kvm: None }
    }

    /// Sets the KVM group to the group of a device.
    pub(in crate::vm) fn with_group_of(self, device: &Path) -> Self {
        let kvm = fs::metadata(device).ok().map(|meta| meta.gid());
        Self { kvm, ..self }
    }

    /// Returns the user and group of the caller.
    pub(in crate::vm) fn caller() -> Self {
        Self { uid: geteuid().as_raw(), gid: getegid().as_raw(), kvm: None }
    }
}

/// Changes the owner of a file, or of a directory and everything below it. Symlinks are changed
/// themselves, not followed.
pub(in crate::vm) fn change_owner(path: &Path, owner: Owner) -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let meta = fs::symlink_metadata(path)?;
    if meta.is_dir() {
        for entry in fs::read_dir(path)? {
            change_owner(&entry?.path(), owner)?;
        }
    }
    lchown(path, Some(owner.uid), Some(owner.gid))
}
