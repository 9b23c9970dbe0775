//! The layout of a partition table, computed before sfdisk(8) writes it.

use super::PartKind;
use crate::args;
use crate::error::Rule;
use crate::machine::{Device, NewPartition, Table};
use crate::operation::Ids;
use crate::types::{Label, MIB, PartSize, Size, TableKind};

args! {
    /// A partition of a new table.
    pub struct PartitionEntry {
        /// The size: `"512M"`, `"rest"` for all remaining space, or `"-8G"` to leave 8 GiB at the
        /// end. Rounded up to whole MiB.
        pub size: PartSize,
        /// The partition name (GPT only), at most 36 characters; must be unique.
        pub name: Option<Label>,
        /// The type of the partition; a name, or a code of the table format.
        pub kind: PartKind = "linux",
        /// Whether to mark the partition as bootable for a BIOS.
        pub bootable: bool = false,
    }
}

impl PartitionEntry {
    /// Returns how messages refer to the partition.
    fn shown(&self, number: u32) -> String {
        self.name.as_ref().map_or_else(|| number.to_string(), |name| format!("{:?}", name.as_str()))
    }
}

/// A reason why a partition table cannot be created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableRule {
    /// sfdisk writes no table of this format.
    #[error("{disk} is a DASD with tracks: it cannot have a GPT or an MBR")]
    Dasd {
        /// The disk.
        disk: String,
    },
    /// A partition does not fit on the disk.
    #[error("partition {part} does not fit on {disk}: it needs {wanted}, {left} are free")]
    NoRoom {
        /// The partition's name or number.
        part: String,
        /// The disk.
        disk: String,
        /// The requested size.
        wanted: Size,
        /// The remaining space.
        left: Size,
    },
    /// More than four partitions are requested for an MBR.
    #[error("an MBR holds at most 4 partitions, not {count}")]
    TooMany {
        /// The number of requested partitions.
        count: usize,
    },
    /// The disk is too large for an MBR.
    #[error("{disk} has {size}: an MBR addresses at most {most}")]
    TooLarge {
        /// The disk.
        disk: String,
        /// The size of the disk.
        size: Size,
        /// The largest size that an MBR addresses.
        most: Size,
    },
    /// The table format has no code for the partition type.
    #[error("partition {part}: {table} has no such type")]
    NoSuchType {
        /// The partition's name or number.
        part: String,
        /// `GPT` or `MBR`.
        table: &'static str,
    },
    /// The partition name is too long, or the table format has no names.
    #[error("partition {part}: {why}")]
    Name {
        /// The name of the partition.
        part: String,
        /// The reason.
        why: &'static str,
    },
    /// Two partitions have the same name.
    #[error("two partitions are called {name:?}")]
    Twice {
        /// The name.
        name: String,
    },
    /// The device is not a whole disk.
    #[error("{device} is not a disk that can carry a partition table")]
    NotADisk {
        /// The device.
        device: String,
    },
}

impl Rule for TableRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Dasd { .. } => "it has a format of its own: see fdasd(8)".into(),
            Self::NoRoom { .. } => "make a partition smaller, or give the last one the size \
                \"rest\""
                .into(),
            Self::TooMany { .. } | Self::TooLarge { .. } => "use GPT: #{ table: \"gpt\" }".into(),
            Self::NoSuchType { .. } => "see the types: gscript doc disk.partition".into(),
            Self::Name { .. } | Self::Twice { .. } => "choose another name".into(),
            Self::NotADisk { .. } => "name the whole disk, not a partition".into(),
        })
    }
}

/// A complete partition table.
pub struct Layout {
    pub table: Table,
    pub parts: Vec<NewPartition>,
    /// The input of sfdisk(8).
    pub script: String,
}

/// Computes the positions and identifiers of the partitions.
pub fn write_input(
    disk: &Device,
    parts: &[PartitionEntry],
    kind: TableKind,
    ids: &mut Ids,
) -> Result<Layout, TableRule> {
    check_names(parts, kind)?;
    let table = Table {
        kind,
        id: match kind {
            TableKind::Gpt => ids.uuid().hyphenated().to_string(),
            TableKind::Mbr => format!("{:08x}", ids.number()),
        },
    };
    let end = usable_end(disk, kind)?;
    let mut next = MIB;
    let mut laid = Vec::with_capacity(parts.len());
    for (number, part) in (1..).zip(parts) {
        let shown = part.shown(number);
        let left = end.saturating_sub(next);
        let size = match part.size {
            PartSize::Exactly(size) => size.get().next_multiple_of(MIB),
            PartSize::Rest => left,
            PartSize::AllBut(keep) => left.saturating_sub(keep.get().next_multiple_of(MIB)),
        };
        if size == 0 || size > left {
            return Err(TableRule::NoRoom {
                part: shown,
                disk: disk.path.clone(),
                wanted: Size::bytes(size.max(MIB)),
                left: Size::bytes(left),
            });
        }
        laid.push(NewPartition {
            number,
            start: next,
            size,
            code: type_code(&part.kind, kind, &shown)?,
            uuid: match kind {
                TableKind::Gpt => ids.uuid().hyphenated().to_string(),
                TableKind::Mbr => format!("{}-{number:02x}", table.id),
            },
            name: part.name.as_ref().map(|name| name.as_str().to_owned()),
        });
        next += size;
    }
    let script = script(disk, &table, &laid, parts);
    Ok(Layout { table, parts: laid, script })
}

/// Returns the end of the usable space in bytes.
fn usable_end(disk: &Device, kind: TableKind) -> Result<u64, TableRule> {
    // The backup GPT takes one sector for its header and 128 entries of 128 bytes.
    let backup = match kind {
        TableKind::Gpt => 128 * 128 + u64::from(disk.sector),
        TableKind::Mbr => 0,
    };
    let end = disk.size.saturating_sub(backup) / MIB * MIB;
    let most = (1_u64 << 32) * u64::from(disk.sector);
    if kind == TableKind::Mbr && disk.size > most {
        return Err(TableRule::TooLarge {
            disk: disk.path.clone(),
            size: Size::bytes(disk.size),
            most: Size::bytes(most),
        });
    }
    Ok(end)
}

fn check_names(parts: &[PartitionEntry], kind: TableKind) -> Result<(), TableRule> {
    if kind == TableKind::Mbr && parts.len() > 4 {
        return Err(TableRule::TooMany { count: parts.len() });
    }
    let mut seen = Vec::new();
    for name in parts.iter().filter_map(|part| part.name.as_ref()) {
        let name = name.as_str();
        if seen.contains(&name) {
            return Err(TableRule::Twice { name: name.to_owned() });
        }
        seen.push(name);
        let wrong = |why| Err(TableRule::Name { part: name.to_owned(), why });
        match kind {
            TableKind::Mbr => return wrong("partitions of an MBR have no names"),
            TableKind::Gpt if name.encode_utf16().count() > 36 => {
                return wrong("a GPT name has at most 36 characters");
            }
            TableKind::Gpt => {}
        }
    }
    Ok(())
}

/// Returns the type code as blkid prints it.
fn type_code(kind: &PartKind, table: TableKind, part: &str) -> Result<String, TableRule> {
    let (code, name) = match table {
        TableKind::Gpt => (kind.gpt.clone(), "GPT"),
        TableKind::Mbr => (kind.mbr.map(|byte| format!("{byte:#x}")), "MBR"),
    };
    code.ok_or(TableRule::NoSuchType { part: part.to_owned(), table: name })
}

fn script(disk: &Device, table: &Table, laid: &[NewPartition], parts: &[PartitionEntry]) -> String {
    let sector = u64::from(disk.sector);
    let mut lines = match table.kind {
        TableKind::Gpt => vec!["label: gpt".to_owned(), format!("label-id: {}", table.id)],
        TableKind::Mbr => vec!["label: dos".to_owned(), format!("label-id: 0x{}", table.id)],
    };
    lines.push("unit: sectors".into());
    for (new, part) in laid.iter().zip(parts) {
        let mut line = format!("start={}, size={}", new.start / sector, new.size / sector);
        line += ", type=";
        line += new.code.strip_prefix("0x").unwrap_or(&new.code);
        if table.kind == TableKind::Gpt {
            line += ", uuid=";
            line += &new.uuid;
        }
        if let Some(name) = &new.name {
            line += &format!(", name=\"{name}\"");
        }
        if part.bootable {
            line += match table.kind {
                // Legacy BIOS bootable: attribute bit 2 of the GPT entry.
                TableKind::Gpt => ", attrs=LegacyBIOSBootable",
                TableKind::Mbr => ", bootable",
            };
        }
        lines.push(line);
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::DeviceKind;
    use crate::types::{Label, ParamValue, Value};

    fn part(name: &str, size: &str, kind: &str) -> PartitionEntry {
        PartitionEntry {
            size: PartSize::decode(&Value::from(size)).expect(size),
            name: (!name.is_empty()).then(|| Label::decode(&Value::from(name)).expect(name)),
            kind: PartKind::decode(&Value::from(kind)).expect(kind),
            bootable: false,
        }
    }

    fn disk(path: &str, size: u64, sector: u32) -> Device {
        let mut disk = Device::new(path, size, DeviceKind::Disk);
        disk.sector = sector;
        disk
    }

    fn laid(
        disk: &Device,
        parts: &[PartitionEntry],
        kind: TableKind,
    ) -> Result<Vec<(u64, u64)>, TableRule> {
        write_input(disk, parts, kind, &mut Ids::new([7; 32]))
            .map(|layout| layout.parts.iter().map(|p| (p.start / MIB, p.size / MIB)).collect())
    }

    #[test]
    fn sizes_are_absolute_the_rest_or_from_the_end() {
        let disk = disk("/dev/sda", 1 << 30, 512);
        let parts = [
            part("boot", "100M", "linux"),
            part("root", "-200M", "luks"),
            part("swap", "rest", "swap"),
        ];
        let layout = laid(&disk, &parts, TableKind::Gpt);
        assert_eq!(layout, Ok(vec![(1, 100), (101, 722), (823, 200)]));
        let parts = [part("", "1000000", "linux"), part("", "rest", "0x07")];
        assert_eq!(laid(&disk, &parts, TableKind::Mbr), Ok(vec![(1, 1), (2, 1022)]));
    }

    #[test]
    fn sectors_of_4096_bytes_shorten_the_script_not_the_partitions() {
        let disk = disk("/dev/nvme0n1", 1 << 30, 4096);
        let parts = [part("", "100M", "linux"), part("", "rest", "luks")];
        let layout = write_input(&disk, &parts, TableKind::Gpt, &mut Ids::new([7; 32]))
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(layout.parts[1].start, 101 * MIB);
        assert!(layout.script.contains("start=256, size=25600"), "{}", layout.script);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_figures() {
        let disk = disk("/dev/sda", 64 * MIB, 512);
        let error = laid(&disk, &[part("root", "1G", "linux")], TableKind::Gpt).expect_err("full");
        assert_eq!(
            error.to_string(),
            "partition \"root\" does not fit on /dev/sda: it needs 1 GiB, 62 MiB are free"
        );
        let five: Vec<PartitionEntry> = (0..5).map(|_| part("", "1M", "linux")).collect();
        assert_eq!(laid(&disk, &five, TableKind::Mbr), Err(TableRule::TooMany { count: 5 }));
        let big = super::tests::disk("/dev/sdb", 3 << 40, 512);
        let parts = [part("", "rest", "linux")];
        assert!(matches!(laid(&big, &parts, TableKind::Mbr), Err(TableRule::TooLarge { .. })));
        let parts = [part("", "1M", "bios-boot")];
        assert!(matches!(laid(&disk, &parts, TableKind::Mbr), Err(TableRule::NoSuchType { .. })));
        let parts = [part("a", "1M", "linux"), part("a", "1M", "linux")];
        assert!(matches!(laid(&disk, &parts, TableKind::Gpt), Err(TableRule::Twice { .. })));
    }
}
