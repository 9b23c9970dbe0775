//! Filesystems whose creation was interrupted. Most tools write the signature last; mkfs.xfs and
//! mkfs.vfat write it first.

use super::contents::HeaderResult;
use crate::machine::Content;
use crate::system::real::Real;

impl Real {
    /// Returns the content of a device whose filesystem is not complete.
    pub(super) fn unfinished(&self, device: &str, kind: &str) -> HeaderResult {
        let is_unfinished = match kind {
            "xfs" => self.xfs_is_unfinished(device)?,
            _ => self.vfat_is_unfinished(device)?,
        };
        let content = |is_unfinished: bool| {
            is_unfinished.then(|| Content::Other { kind: format!("unfinished {kind}") })
        };
        Ok(is_unfinished.map(content))
    }

    /// The superblock has a flag that is cleared last (`sb_inprogress`).
    fn xfs_is_unfinished(&self, device: &str) -> HeaderResult<bool> {
        const IN_PROGRESS: u64 = 126;
        let read = self.read_bytes(device, IN_PROGRESS, 1)?;
        Ok(read.map(|read| read.bytes.first().is_some_and(|flag| *flag != 0)))
    }

    /// The allocation tables follow the signature, and begin with an entry that is never zero.
    fn vfat_is_unfinished(&self, device: &str) -> HeaderResult<bool> {
        let boot = match self.read_bytes(device, 0, 64)? {
            Ok(read) if read.bytes.len() == 64 => read.bytes,
            Ok(_) => return Ok(Ok(false)),
            Err(error) => return Ok(Err(error)),
        };
        for start in table_starts(&boot) {
            match self.read_bytes(device, start, 2)? {
                Ok(read) if read.bytes == [0, 0] => return Ok(Ok(true)),
                Ok(_) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(false))
    }
}

/// Returns the positions of the allocation tables of a FAT filesystem, which its first 64 bytes
/// determine.
fn table_starts(boot: &[u8]) -> Vec<u64> {
    let u16_at = |at: usize| u64::from(u16::from_le_bytes([boot[at], boot[at + 1]]));
    let (sector, reserved, tables) = (u16_at(11), u16_at(14), u64::from(boot[16]));
    let length = match u16_at(22) {
        0 => u16_at(36) + (u16_at(38) << 16),
        length => length,
    };
    // Not more than two, in case of a damaged sector.
    (0..tables.min(2)).map(|index| (reserved + index * length) * sector).collect()
}
