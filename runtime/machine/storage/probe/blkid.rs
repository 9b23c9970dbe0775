//! Parser of `blkid --probe --output export`: partition tables, their entries, and signatures, read
//! from the devices and not from a cache.

use std::collections::{BTreeMap, HashMap};

use crate::machine::{Content, PartitionEntry, Table};
use crate::types::{LuksVersion, TableKind};

/// The properties of a device that blkid detects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlkidInfo {
    /// Its partition table.
    pub table: Option<Table>,
    /// Its content.
    pub content: Option<Content>,
    /// Its entry in the partition table, if it is a partition. The caller sets the disk.
    pub partition: Option<PartitionEntry>,
    /// The reason why the device could not be read, so that all of this is unknown.
    pub unreadable: Option<String>,
}

impl BlkidInfo {
    /// Creates the result for a device that could not be read.
    pub fn unreadable(why: impl Into<String>) -> Self {
        Self { unreadable: Some(why.into()), ..Self::default() }
    }
}

/// Parses the output for the requested devices. A device without output is blank; a device that
/// blkid calls ambivalent has several signatures.
pub fn parse_blkid(asked: &[&str], stdout: &str, stderr: &str) -> BTreeMap<String, BlkidInfo> {
    let mut found: BTreeMap<String, BlkidInfo> =
        asked.iter().map(|path| ((*path).to_owned(), BlkidInfo::default())).collect();
    for block in stdout.split("\n\n") {
        let keys: HashMap<&str, String> = block
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key, unescape(value)))
            .collect();
        if let Some(path) = keys.get("DEVNAME") {
            found.insert(path.clone(), signature(&keys));
        }
    }
    for path in asked {
        if stderr.contains(&format!("{path}: ambivalent")) {
            let content = Content::Other { kind: "several signatures".into() };
            found.entry((*path).to_owned()).or_default().content = Some(content);
        }
    }
    found
}

pub(super) fn signature(keys: &HashMap<&str, String>) -> BlkidInfo {
    let text = |key: &str| keys.get(key).cloned();
    let uuid = text("UUID").unwrap_or_default();
    let content = text("TYPE").map(|kind| match kind.as_str() {
        "crypto_LUKS" => {
            let version = match keys.get("VERSION").map(String::as_str) {
                Some("1") => LuksVersion::Luks1,
                _ => LuksVersion::Luks2,
            };
            // The remaining fields are read from the header itself.
            let (slots, cipher) = (Vec::new(), String::new());
            Content::Luks { version, uuid, offset: 0, slots, cipher, details: None }
        }
        "LVM2_member" => Content::Physical { uuid },
        "linux_raid_member" => {
            // The remaining fields are read from the superblock itself.
            let (name, level) = (String::new(), String::new());
            Content::RaidMember { uuid, name, level, devices: 0, share: 0, member: None }
        }
        "swap" => Content::Swap { uuid, label: text("LABEL") },
        _ if keys.get("USAGE").is_some_and(|usage| usage == "filesystem") => {
            let member = text("UUID_SUB").filter(|_| kind == "btrfs");
            Content::Filesystem { kind, uuid, label: text("LABEL"), member }
        }
        _ => Content::Other { kind },
    });
    let (table, foreign) = match keys.get("PTTYPE").map(String::as_str) {
        Some("gpt") => (Some(TableKind::Gpt), None),
        Some("dos") => (Some(TableKind::Mbr), None),
        // A table of another kind (dasd, mac, bsd …), or `PMBR`: what is left of a damaged GPT.
        Some(other) => (None, Some(Content::Other { kind: format!("{other} partition table") })),
        None => (None, None),
    };
    let number = |key: &str| keys.get(key).and_then(|value| value.parse::<u64>().ok());
    let partition = text("PART_ENTRY_TYPE").map(|code| PartitionEntry {
        disk: String::new(),
        number: number("PART_ENTRY_NUMBER").and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        // Always in units of 512 bytes, regardless of the sector size of the disk.
        start: number("PART_ENTRY_OFFSET").unwrap_or(0).saturating_mul(512),
        code: code.to_ascii_lowercase(),
        uuid: text("PART_ENTRY_UUID").unwrap_or_default(),
        name: text("PART_ENTRY_NAME").filter(|name| !name.is_empty()),
    });
    BlkidInfo {
        table: table.map(|kind| Table { kind, id: text("PTUUID").unwrap_or_default() }),
        // Some versions detect a boot sector with a partition table as FAT: the table takes
        // precedence. Images for both optical media and USB sticks have both.
        content: content.filter(|content| table.is_none() || is_hybrid(content)).or(foreign),
        partition,
        unreadable: None,
    }
}

/// Returns whether a disk with these contents can have a partition table as well: ISO 9660 and UDF
/// leave the first 32 KiB to it.
fn is_hybrid(content: &Content) -> bool {
    matches!(content.kind(), "iso9660" | "udf")
}

/// Decodes blkid's escapes: `\ ` is a space, `\x41` is a byte, and in older versions `M-C` is the
/// byte `C` plus 128.
fn unescape(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let hex = tail.get(1..3).filter(|_| tail.first() == Some(&b'x'));
        let byte = hex.and_then(|h| std::str::from_utf8(h).ok()?.parse_hex());
        match (byte, tail) {
            (Some(byte), _) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            (None, [literal, more @ ..]) => {
                bytes.push(*literal);
                rest = more;
            }
            (None, []) => bytes.push(b'\\'),
        }
    }
    // A label that really contains `M-C` decodes to invalid UTF-8 and is kept unchanged.
    String::from_utf8(without_meta(&bytes))
        .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned())
}

/// Decodes `M-C`, and `M-^_` for control characters.
fn without_meta(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return bytes,
            [b'M', b'-', b'^', low @ (b'@'..=b'_' | b'?'), more @ ..] => {
                bytes.push((low ^ 0x40) | 0x80);
                more
            }
            [b'M', b'-', low @ b' '..=b'~', more @ ..] => {
                bytes.push(low | 0x80);
                more
            }
            [byte, more @ ..] => {
                bytes.push(*byte);
                more
            }
        };
    }
}

trait ParseHex {
    fn parse_hex(&self) -> Option<u8>;
}

impl ParseHex for str {
    fn parse_hex(&self) -> Option<u8> {
        u8::from_str_radix(self, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_output_becomes_tables_entries_and_contents() {
        let asked = ["/dev/ubda", "/dev/ubda1", "/dev/ubda2", "/dev/mapper/enc", "/dev/blank"];
        let found = parse_blkid(&asked, include_str!("fixtures/blkid-stack.txt"), "");
        assert_eq!(found.len(), 7);
        assert_eq!(found["/dev/blank"], BlkidInfo::default());
        let table = found["/dev/ubda"].table.as_ref().expect("the disk has a table");
        assert_eq!(table.kind, TableKind::Gpt);
        let boot = &found["/dev/ubda1"];
        let entry = boot.partition.as_ref().expect("the partition has an entry");
        assert_eq!((entry.number, entry.start), (1, 1 << 20));
        assert_eq!(boot.content.as_ref().map(Content::kind), Some("ext4"));
        assert!(matches!(
            found["/dev/ubda2"].content,
            Some(Content::Luks { version: LuksVersion::Luks2, .. })
        ));
        assert!(matches!(found["/dev/mapper/enc"].content, Some(Content::Physical { .. })));
    }

    #[test]
    fn a_hybrid_image_has_a_table_and_a_filesystem_and_a_boot_sector_only_a_table() {
        let found = |kind: &str, table: &str| {
            let text = format!(
                "DEVNAME=/dev/sdb\nTYPE={kind}\nUSAGE=filesystem\nLABEL=LIVE\nPTTYPE={table}\n"
            );
            let info = parse_blkid(&["/dev/sdb"], &text, "").remove("/dev/sdb").expect("the disk");
            (info.table.map(|table| table.kind), info.content.map(|c| c.kind().to_owned()))
        };
        assert_eq!(found("iso9660", "dos"), (Some(TableKind::Mbr), Some("iso9660".into())));
        assert_eq!(found("vfat", "dos"), (Some(TableKind::Mbr), None));
        assert_eq!(found("vfat", "dasd"), (None, Some("vfat".into())));
        let text = "DEVNAME=/dev/dasda\nPTTYPE=dasd\n";
        let info = parse_blkid(&["/dev/dasda"], text, "").remove("/dev/dasda").expect("the disk");
        assert_eq!(info.content.as_ref().map(Content::kind), Some("dasd partition table"));
    }

    #[test]
    fn names_outside_of_ascii_as_blkid_2_38_prints_them() {
        assert_eq!(unescape("GrM-CM-6M-CM-^_e:\\ 50%\\ &\\ \\$HOME"), "Größe: 50% & $HOME");
        assert_eq!(unescape("M-C is a key"), "M-C is a key");
    }

    #[test]
    fn labels_are_unescaped_and_ambivalence_is_kept() {
        let text = "DEVNAME=/dev/sdb1\nLABEL=my\\ stick\\xc3\\xa9\nUUID=12AB-34CD\nTYPE=vfat\nUSAGE=filesystem\n";
        let stderr = "blkid: /dev/sdc: ambivalent result (probably more filesystems on the device)";
        let found = parse_blkid(&["/dev/sdb1", "/dev/sdc"], text, stderr);
        let label = found["/dev/sdb1"].content.as_ref().and_then(Content::label);
        assert_eq!(label, Some("my stické"));
        let kind = found["/dev/sdc"].content.as_ref().map(Content::kind);
        assert_eq!(kind, Some("several signatures"));
    }
}
