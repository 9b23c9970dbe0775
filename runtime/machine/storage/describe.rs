//! Creation of a machine from a short description of its disks. For tests of recipes, and for the
//! machine that `check` assumes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::machine::{
    Content, Device, DeviceKind, Hardware, LuksDetails, Machine, Mount, PartitionEntry, Table,
};
use crate::types::{Choice, FsKind, LuksVersion, MIB, ParamValue, Size, TableKind, Value, sha256};

/// The description of a disk.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DiskSpec {
    size: String,
    model: Option<String>,
    serial: Option<String>,
    bus: Option<String>,
    sector: Option<u32>,
    removable: bool,
    read_only: bool,
    table: Option<TableKind>,
    parts: Vec<PartitionSpec>,
    content: Option<String>,
    label: Option<String>,
    mounted: Option<String>,
}

/// The description of a partition.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PartitionSpec {
    size: String,
    name: Option<String>,
    content: Option<String>,
    label: Option<String>,
    mounted: Option<String>,
}

impl DiskSpec {
    fn content_spec(&self) -> ContentSpec<'_> {
        let (content, label) = (self.content.as_deref(), self.label.as_deref());
        ContentSpec { content, label, mounted: self.mounted.as_deref() }
    }
}

impl PartitionSpec {
    fn content_spec(&self) -> ContentSpec<'_> {
        let (content, label) = (self.content.as_deref(), self.label.as_deref());
        ContentSpec { content, label, mounted: self.mounted.as_deref() }
    }
}

/// The contents of a disk or partition.
struct ContentSpec<'a> {
    content: Option<&'a str>,
    label: Option<&'a str>,
    mounted: Option<&'a str>,
}

/// The mounts of every live system.
const MOUNTS: [(&str, &str); 6] = [
    ("overlay", "/"),
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("devpts", "/dev/pts"),
    ("tmpfs", "/run"),
];

/// Size of a LUKS2 header in bytes.
const LUKS_OFFSET: u64 = 16 * MIB;

impl Machine {
    /// Creates a live system with these disks: `#{ "/dev/sda": #{ size: "64G" } }`.
    pub fn from_description(disks: &Value) -> Result<Self, String> {
        let json = serde_json::to_value(disks).map_err(|error| error.to_string())?;
        let disks: BTreeMap<String, DiskSpec> = serde_path_to_error::deserialize(json)
            .map_err(|error| format!("at {}: {}", error.path(), error.inner()))?;
        let mut machine = Self::empty();
        machine.storage.mounts = MOUNTS.iter().map(|(kind, at)| mount(kind, at, kind)).collect();
        for (path, disk) in &disks {
            machine.add_disk(path, disk).map_err(|why| format!("at {path}: {why}"))?;
        }
        Ok(machine)
    }

    fn add_disk(&mut self, path: &str, disk: &DiskSpec) -> Result<(), String> {
        if !path.starts_with("/dev/") {
            return Err("the path of a disk begins with /dev/".into());
        }
        let size = size(&disk.size)?;
        let mut device = Device::new(path, size, DeviceKind::Disk);
        let (model, serial, bus) = (disk.model.clone(), disk.serial.clone(), disk.bus.clone());
        device.hardware = Hardware { model, serial, bus, wwn: None };
        device.sector = disk.sector.unwrap_or(device.sector);
        (device.removable, device.read_only) = (disk.removable, disk.read_only);
        let kind = disk.table.unwrap_or(TableKind::Gpt);
        if !disk.parts.is_empty() || disk.table.is_some() {
            device.table = Some(Table { kind, id: table_id(kind, path) });
        }
        self.add_device(&disk.content_spec(), device.clone())?;
        let mut start = MIB;
        for (number, part) in (1..).zip(&disk.parts) {
            let left = size.saturating_sub(start + MIB);
            let size = if part.size == "rest" { left } else { self::size(&part.size)? };
            if size > left {
                return Err(format!("partition {number} does not fit"));
            }
            let entry = PartitionEntry {
                disk: path.to_owned(),
                number,
                start,
                code: if kind == TableKind::Gpt { LINUX_GPT } else { "0x83" }.into(),
                uuid: part_id(kind, path, number),
                name: part.name.clone(),
            };
            let path = device.partition_path(number);
            let mut part_device = Device::new(path, size, DeviceKind::Partition(entry));
            part_device.sector = device.sector;
            self.add_device(&part.content_spec(), part_device)?;
            start += size;
        }
        Ok(())
    }

    /// Adds a device with its contents.
    fn add_device(&mut self, on: &ContentSpec<'_>, mut device: Device) -> Result<(), String> {
        if let Some(kind) = on.content {
            device.content = Some(content(kind, on.label.map(str::to_owned), &device.path)?);
        }
        if let Some(at) = on.mounted {
            let kind = device.content.as_ref().map(|content| content.kind().to_owned());
            let kind = kind.ok_or("a mounted device needs contents")?;
            self.storage.mounts.push(mount(&device.path, at, &kind));
        }
        self.insert(device);
        Ok(())
    }
}

/// The type of a GPT partition for Linux filesystems.
const LINUX_GPT: &str = "0fc63daf-8483-4772-8e79-3d69d8477de4";

fn size(text: &str) -> Result<u64, String> {
    let size = Size::decode(&Value::Text(text.to_owned()));
    size.map(Size::get).map_err(|mismatch| mismatch.to_string())
}

fn mount(source: &str, at: &str, kind: &str) -> Mount {
    Mount {
        source: source.to_owned(),
        at: at.to_owned(),
        kind: kind.to_owned(),
        part: "/".into(),
        options: std::collections::BTreeSet::new(),
    }
}

fn content(kind: &str, label: Option<String>, path: &str) -> Result<Content, String> {
    let uuid = id(&[path, "content"]);
    let filesystem = |kind: &str| FsKind::ALL.iter().any(|known| known.word() == kind);
    Ok(match kind {
        "swap" => Content::Swap { uuid, label },
        "luks" => Content::Luks {
            version: LuksVersion::Luks2,
            uuid,
            offset: LUKS_OFFSET,
            slots: vec![0],
            cipher: "aes-xts-plain64".into(),
            details: Some(LuksDetails { sector: 512, argon2: vec![0] }),
        },
        // The identifier of FAT is short.
        "vfat" => {
            let short = uuid.to_ascii_uppercase();
            let uuid = format!("{}-{}", &short[..4], &short[4..8]);
            Content::Filesystem { kind: kind.into(), uuid, label, member: None }
        }
        _ if filesystem(kind) => {
            Content::Filesystem { kind: kind.into(), uuid, label, member: None }
        }
        _ => {
            let known: Vec<&str> = FsKind::ALL.iter().map(|kind| kind.word()).collect();
            return Err(format!(
                "unknown contents {kind:?}; expected one of {}, swap, luks",
                known.join(", ")
            ));
        }
    })
}

/// Returns an identifier that is always the same for the same strings.
fn id(of: &[&str]) -> String {
    let hash = sha256(of.join("\0").as_bytes());
    let bytes = u128::from_str_radix(&hash[..32], 16).unwrap_or_default().to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string()
}

fn table_id(kind: TableKind, disk: &str) -> String {
    let id = id(&[disk, "table"]);
    if kind == TableKind::Gpt { id } else { id[..8].to_owned() }
}

fn part_id(kind: TableKind, disk: &str, number: u32) -> String {
    match kind {
        TableKind::Gpt => id(&[disk, "part", &number.to_string()]),
        TableKind::Mbr => format!("{}-{number:02x}", table_id(kind, disk)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_partitions_and_contents() {
        let part = |size: &str, content: &str| {
            let text = |text: &str| Value::from(text);
            Value::Map(vec![("size".into(), text(size)), ("content".into(), text(content))])
        };
        let disk = |parts| {
            let parts = Value::List(parts);
            let disk = vec![("size".into(), Value::from("1G")), ("parts".into(), parts)];
            Value::Map(vec![("/dev/sda".into(), Value::Map(disk))])
        };
        let good = disk(vec![part("100M", "vfat"), part("rest", "ext4")]);
        let machine = Machine::from_description(&good).expect("the description is valid");
        assert_eq!(machine.partitions("/dev/sda").len(), 2);
        assert_eq!(machine.partitions("/dev/sda")[1].size, (1 << 30) - 102 * MIB);
        let why = |parts| {
            Machine::from_description(&disk(parts)).expect_err("the description is invalid")
        };
        assert_eq!(why(vec![part("2G", "ext4")]), "at /dev/sda: partition 1 does not fit");
        assert!(why(vec![part("1M", "ext5")]).contains(
            "unknown contents \"ext5\"; expected one \
            of"
        ));
    }
}
