//! Parser of md superblocks of versions 1 and 0.90, which are read from the member devices: mdadm prints sizes
//! in human-readable units, and starting it for every member is slow.

use crate::machine::Content;

/// `a92b4efc` in the byte order on the disk.
const MAGIC: [u8; 4] = [0xfc, 0x4e, 0x2b, 0xa9];
const SECTOR: u64 = 512;
/// Version 0.90 reserves the last complete block of this size.
const OLD_BLOCK: u64 = 64 * 1024;

/// Number of bytes of the superblock that are read: all of it.
pub const MD_HEADER: usize = 4096;

/// Returns the possible positions of the superblock on a member of this size (md(4)): 4 KiB from
/// the beginning (version 1.2), at the beginning (1.1), or near the end (1.0, 0.90).
pub fn md_superblock_offsets(size: u64) -> [u64; 4] {
    let old = (size / OLD_BLOCK * OLD_BLOCK).saturating_sub(OLD_BLOCK);
    [4096, 0, (size / SECTOR).saturating_sub(16) / 8 * 8 * SECTOR, old]
}

/// Parses a superblock that was read at `place`.
pub fn parse_md(header: &[u8], place: u64) -> Option<Content> {
    let version = header.get(4..8)?.try_into().ok().map(u32::from_le_bytes)?;
    match version {
        0 => parse_old(header, place),
        _ => parse_current(header, place),
    }
}

/// Parses a superblock of version 0.90, whose arrays have no name. It is in the byte order of the
/// host.
fn parse_old(header: &[u8], place: u64) -> Option<Content> {
    let word = |index: usize| {
        let bytes = header.get(index * 4..index * 4 + 4)?;
        bytes.try_into().ok().map(u32::from_le_bytes)
    };
    if !header.starts_with(&MAGIC) || word(2)? != 90 {
        return None;
    }
    // mdadm and blkid print these four words one after the other.
    let id = [word(5)?, word(13)?, word(14)?, word(15)?];
    let id: Vec<u8> = id.iter().flat_map(|word| word.to_be_bytes()).collect();
    let share = match (u64::from(word(8)?), u64::from(word(65)?)) {
        // RAID 0 uses everything before the superblock, in complete chunks.
        (0, 0) => place,
        (0, chunk) => place / chunk * chunk,
        (kib, _) => kib * 1024,
    };
    let level = level_name(word(7)?.cast_signed());
    let uuid = uuid::Uuid::from_slice(&id).ok()?.hyphenated().to_string();
    // The number of this device is in the last of the descriptors.
    let member = word(992).map(|number| number.to_string());
    let (name, devices) = (String::new(), word(10)?);
    Some(Content::RaidMember { uuid, name, level, devices, share, member })
}

fn level_name(level: i32) -> String {
    match level {
        -1 => "linear".to_owned(),
        level => format!("raid{level}"),
    }
}

fn parse_current(header: &[u8], place: u64) -> Option<Content> {
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
    let level = level_name(u32_at(72)?.cast_signed());
    // RAID 0 uses the whole of each member in complete chunks; the other levels use a common size.
    let share = match (u64_at(80)?, u64::from(u32_at(88)?)) {
        (0, 0) => u64_at(136)?,
        // Cannot overflow, because the result is not larger than the dividend.
        (0, chunk) => u64_at(136)? / chunk * chunk,
        (size, _) => size,
    };
    // A superblock may contain any value; one with a size that no device can have is invalid.
    let share = share.checked_mul(SECTOR).filter(|share| i64::try_from(*share).is_ok())?;
    let member = uuid::Uuid::from_slice(bytes(168, 16)?).ok()?.hyphenated().to_string();
    let (devices, member) = (u32_at(92)?, Some(member));
    Some(Content::RaidMember { uuid, name, level, devices, share, member })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &[u8]) -> (String, String, String, u32, u64) {
        match parse_md(header, 4096) {
            Some(Content::RaidMember { uuid, name, level, devices, share, member }) => {
                assert!(member.is_some_and(|member| member.len() == 36));
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
    fn arrays_of_version_0_90_have_no_name() {
        let mut header = [0; MD_HEADER];
        let words = [(0, 0xa92b_4efc), (2, 90), (7, 0), (10, 2), (65, 65536_u32), (992, 1)];
        let id = [(5, 0x3f5a_34a6), (13, 0x2590_0dd3), (14, 0x3d18_6b3c), (15, 0x5395_8f34)];
        for (index, word) in words.into_iter().chain(id) {
            header[index * 4..index * 4 + 4].copy_from_slice(&word.to_le_bytes());
        }
        let place = md_superblock_offsets(100 << 20)[3];
        assert_eq!(place, (100 << 20) - 65536);
        // As blkid prints the identifier.
        let uuid = "3f5a34a6-2590-0dd3-3d18-6b3c53958f34".to_owned();
        let (name, level) = (String::new(), "raid0".to_owned());
        let member = Content::RaidMember {
            uuid,
            name,
            level,
            devices: 2,
            share: place,
            member: Some("1".into()),
        };
        assert_eq!(parse_md(&header, place), Some(member));
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
