//! Parser of md superblocks, version 1, which are read from the member devices: mdadm prints sizes
//! in human-readable units, and starting it for every member is slow.

use crate::machine::Content;

/// `a92b4efc` in the byte order on the disk.
const MAGIC: [u8; 4] = [0xfc, 0x4e, 0x2b, 0xa9];
const SECTOR: u64 = 512;

/// Number of bytes of the superblock that are read.
pub const MD_HEADER: usize = 256;

/// Returns the possible positions of the superblock on a member of this size (md(4)): 4 KiB from
/// the beginning (version 1.2), at the beginning (1.1), or near the end (1.0).
pub fn md_superblock_offsets(size: u64) -> [u64; 3] {
    [4096, 0, (size / SECTOR).saturating_sub(16) / 8 * 8 * SECTOR]
}

/// Parses a superblock that was read at `place`; `None` if it is not one of version 1.
pub fn parse_md(header: &[u8], place: u64) -> Option<Content> {
    let bytes = |at: usize, count: usize| header.get(at..at + count);
    let u32_at = |at: usize| bytes(at, 4)?.try_into().ok().map(u32::from_le_bytes);
    let u64_at = |at: usize| bytes(at, 8)?.try_into().ok().map(u64::from_le_bytes);
    let here = header.starts_with(&MAGIC) && u32_at(4)? == 1 && u64_at(144)? == place / SECTOR;
    if !here {
        return None;
    }
    let uuid = uuid::Uuid::from_slice(bytes(16, 16)?).ok()?.hyphenated().to_string();
    let name = bytes(32, 32)?.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    // The name is preceded by the host that created the array, unless it was created for any host.
    let name = name.split_once(':').map_or(name.as_str(), |(_, name)| name).to_owned();
    let level = match u32_at(72)?.cast_signed() {
        -1 => "linear".to_owned(),
        level => format!("raid{level}"),
    };
    // RAID 0 uses the whole of each member in complete chunks; the other levels use a common size.
    let share = match (u64_at(80)?, u64::from(u32_at(88)?)) {
        (0, 0) => u64_at(136)?,
        // Cannot overflow, because the result is not larger than the dividend.
        (0, chunk) => u64_at(136)? / chunk * chunk,
        (size, _) => size,
    };
    // A superblock may contain any value; one with a size that no device can have is invalid.
    let share = share.checked_mul(SECTOR).filter(|share| i64::try_from(*share).is_ok())?;
    Some(Content::RaidMember { uuid, name, level, devices: u32_at(92)?, share })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &[u8]) -> (String, String, String, u32, u64) {
        match parse_md(header, 4096) {
            Some(Content::RaidMember { uuid, name, level, devices, share }) => {
                (uuid, name, level, devices, share)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn superblocks_as_mdadm_writes_them() {
        let uuid = "11111111-2222-4333-8444-555555555555".to_owned();
        let raid1 = read(include_bytes!("fixtures/md-raid1.superblock"));
        assert_eq!(raid1, (uuid.clone(), "root".into(), "raid1".into(), 2, 184 << 20));
        let raid0 = read(include_bytes!("fixtures/md-raid0.superblock"));
        assert_eq!(raid0, (uuid, "root".into(), "raid0".into(), 2, 179 << 20));
    }

    #[test]
    fn misplaced_or_missing_superblocks_are_rejected() {
        let header = include_bytes!("fixtures/md-raid1.superblock");
        assert_eq!(parse_md(header, 0), None);
        assert_eq!(parse_md(&header[..100], 4096), None);
        assert_eq!(parse_md(&[], 4096), None);
        assert_eq!(md_superblock_offsets(209_649_664 + 65536)[2], 209_707_008);
    }
}
