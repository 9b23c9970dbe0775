//! Filesystems whose creation was interrupted. Most tools write the signature last; mkfs.xfs and
//! mkfs.vfat write it first.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::machine::Content;

/// Returns the content of a device whose filesystem is not complete.
pub(super) fn unfinished(device: &str, content: &Content) -> Option<Content> {
    let Content::Filesystem { kind, .. } = content else { return None };
    let file = File::open(device).ok()?;
    let is_unfinished = match kind.as_str() {
        "xfs" => xfs_is_unfinished(&file),
        "vfat" => vfat_is_unfinished(&file),
        _ => None,
    };
    is_unfinished?.then(|| Content::Other { kind: format!("unfinished {kind}") })
}

/// The superblock has a flag that is cleared last (`sb_inprogress`).
fn xfs_is_unfinished(file: &File) -> Option<bool> {
    const IN_PROGRESS: u64 = 126;
    let mut flag = [0];
    file.read_exact_at(&mut flag, IN_PROGRESS).ok()?;
    Some(flag[0] != 0)
}

/// The allocation tables follow the signature, and begin with an entry that is never zero.
fn vfat_is_unfinished(file: &File) -> Option<bool> {
    let mut boot = [0; 64];
    file.read_exact_at(&mut boot, 0).ok()?;
    let u16_at = |at: usize| u64::from(u16::from_le_bytes([boot[at], boot[at + 1]]));
    let sector = u16_at(11);
    let (reserved, tables) = (u16_at(14), u64::from(boot[16]));
    let length = match u16_at(22) {
        0 => u64::from(u32::from_le_bytes([boot[36], boot[37], boot[38], boot[39]])),
        length => length,
    };
    let mut starts = (0..tables).map(|index| (reserved + index * length) * sector);
    Some(starts.any(|start| {
        let mut entry = [0; 2];
        file.read_exact_at(&mut entry, start).is_ok() && entry == [0; 2]
    }))
}
