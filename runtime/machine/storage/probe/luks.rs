//! Parser of LUKS headers, which are read from the devices: format 1 (LUKS On-Disk Format
//! Specification 1.2.3) and format 2 (LUKS2 On-Disk Format Specification 1.1.3).

use serde::Deserialize;
use std::collections::BTreeMap;

use crate::machine::{Content, LuksDetails};
use crate::types::LuksVersion;

/// Maximum length of a header in bytes.
const LUKS_HEADER_LEN: usize = 4 << 20;

const MAGIC: &[u8] = b"LUKS\xba\xbe";
const SLOT_IN_USE: u32 = 0x00ac_71f3;

/// Parses the header at the beginning of these bytes.
pub fn parse_luks(bytes: &[u8]) -> Option<Content> {
    if !bytes.starts_with(MAGIC) {
        return None;
    }
    match be16(bytes, 6)? {
        1 => parse_luks1(bytes),
        2 => parse_luks2(bytes),
        _ => None,
    }
}

/// The length of the beginning of a header that contains its UUID, in bytes.
pub const LUKS_UUID_END: usize = 208;

/// Returns the UUID in the beginning of a header, which is at the same position in both formats.
pub fn luks_uuid(first: &[u8]) -> Option<String> {
    if !first.starts_with(MAGIC) {
        return None;
    }
    text(first, LUKS_UUID_END - 40, 40)
}

/// Returns the length of a header in bytes, as stated in its first sector.
pub fn luks_header_len(first: &[u8]) -> usize {
    let luks2 = first.starts_with(MAGIC) && be16(first, 6) == Some(2);
    let stated_len =
        first.get(8..16).map(|b| b.iter().fold(0_u64, |n, &byte| n << 8 | u64::from(byte)));
    match stated_len.and_then(|len| usize::try_from(len).ok()) {
        Some(len) if luks2 => len.min(LUKS_HEADER_LEN),
        _ => 1024,
    }
}

fn parse_luks1(bytes: &[u8]) -> Option<Content> {
    let slots = (0..8_u32).filter(|slot| {
        let at = 208 + *slot as usize * 48;
        be32(bytes, at) == Some(SLOT_IN_USE)
    });
    Some(Content::Luks {
        version: LuksVersion::Luks1,
        uuid: text(bytes, 168, 40)?,
        offset: u64::from(be32(bytes, 104)?) * 512,
        slots: slots.collect(),
        cipher: format!("{}-{}", text(bytes, 8, 32)?, text(bytes, 40, 32)?),
        details: Some(LuksDetails { sector: 512, argon2: Vec::new() }),
    })
}

#[derive(Deserialize)]
struct Metadata {
    keyslots: BTreeMap<u32, KeySlot>,
    segments: BTreeMap<u32, Segment>,
}

#[derive(Deserialize)]
struct KeySlot {
    /// Absent from the slots of a reencryption.
    kdf: Option<KeyDerivation>,
}

#[derive(Deserialize)]
struct KeyDerivation {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Segment {
    offset: String,
    #[serde(default)]
    encryption: String,
    #[serde(default = "sector_512")]
    sector_size: u32,
}

const fn sector_512() -> u32 {
    512
}

fn parse_luks2(bytes: &[u8]) -> Option<Content> {
    let json = bytes.get(4096..)?;
    let end = json.iter().position(|&b| b == 0).unwrap_or(json.len());
    let metadata: Metadata = serde_json::from_slice(&json[..end]).ok()?;
    let segment = metadata.segments.values().next()?;
    let is_argon = |slot: &KeySlot| slot.kdf.as_ref().is_some_and(|kdf| kdf.kind.contains("argon"));
    let argon2 = metadata.keyslots.iter().filter(|(_, slot)| is_argon(slot));
    let details = LuksDetails {
        sector: segment.sector_size,
        argon2: argon2.map(|(slot, _)| *slot).collect(),
    };
    Some(Content::Luks {
        version: LuksVersion::Luks2,
        uuid: text(bytes, 168, 40)?,
        offset: segment.offset.parse().ok()?,
        slots: metadata.keyslots.into_keys().collect(),
        cipher: segment.encryption.clone(),
        details: Some(details),
    })
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Returns a string field, which ends at its first NUL.
fn text(bytes: &[u8], at: usize, len: usize) -> Option<String> {
    let field = bytes.get(at..at + len)?;
    let end = field.iter().position(|&b| b == 0).unwrap_or(len);
    String::from_utf8(field[..end].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luks(header: &[u8]) -> (LuksVersion, String, u64, Vec<u32>, String, LuksDetails) {
        match parse_luks(header) {
            Some(Content::Luks { version, uuid, offset, slots, cipher, details }) => {
                (version, uuid, offset, slots, cipher, details.expect("a whole header"))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn headers_of_both_formats_as_cryptsetup_writes_them() {
        let (version, uuid, offset, slots, cipher, details) =
            luks(include_bytes!("fixtures/luks1.header"));
        assert_eq!(version, LuksVersion::Luks1);
        assert_eq!(uuid, "11111111-1111-4111-8111-111111111111");
        assert_eq!((offset, slots, cipher.as_str()), (2 << 20, vec![0, 3], "aes-xts-plain64"));
        assert_eq!(details, LuksDetails { sector: 512, argon2: Vec::new() });
        let (version, uuid, offset, slots, cipher, details) =
            luks(include_bytes!("fixtures/luks2.header"));
        assert_eq!(version, LuksVersion::Luks2);
        assert_eq!(uuid, "22222222-2222-4222-8222-222222222222");
        assert_eq!((offset, slots, cipher.as_str()), (16 << 20, vec![0, 5], "aes-xts-plain64"));
        assert_eq!(details, LuksDetails { sector: 4096, argon2: Vec::new() });
    }

    #[test]
    fn damaged_headers_are_rejected() {
        let header = include_bytes!("fixtures/luks2.header");
        assert_eq!(parse_luks(&header[..4100]), None);
        assert_eq!(parse_luks(&[]), None);
        assert_eq!(parse_luks(b"LUKS\xba\xbe\x00\x09"), None);
    }
}
