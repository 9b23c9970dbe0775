//! One block device: what it is, what it lies on, and what is on it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::{LuksVersion, TableKind};

/// A block device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Canonical path: `/dev/sda1`, `/dev/mapper/vg-root`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Bytes of a logical sector: 512 or 4096.
    #[serde(default = "sector_512")]
    pub sector: u32,
    /// What it is.
    pub kind: DeviceKind,
    /// What is printed on the hardware, where it is hardware.
    #[serde(default, skip_serializing_if = "Hardware::is_empty")]
    pub hardware: Hardware,
    /// Whether the kernel refuses to write to it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub read_only: bool,
    /// Whether it can be pulled out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removable: bool,
    /// The partition table on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// The signature on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Who holds it besides what lies on it here, as the kernel says: bcache, ZFS, another namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<String>,
    /// Whether nobody has looked at what is on it: it may be anything.
    #[serde(skip)]
    pub unseen: bool,
}

const fn sector_512() -> u32 {
    512
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(in crate::machine) const fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none_of_it(value: &u64) -> bool {
    *value == 0
}

/// What a block device is, with what it lies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A whole disk or stick.
    Disk,
    /// An optical drive.
    Rom,
    /// A part of a disk.
    Partition(PartitionEntry),
    /// An opened LUKS container or other dm-crypt mapping.
    Crypt {
        /// The encrypted device.
        on: String,
    },
    /// An active logical volume.
    Logical {
        /// Its volume group.
        group: String,
        /// Its name in the group.
        volume: String,
    },
    /// A running md array.
    Raid {
        /// The member devices.
        members: Vec<String>,
        /// `raid1` and so on.
        level: String,
    },
    /// A file as a block device.
    Loop,
    /// Another device-mapper target.
    Mapped {
        /// What it lies on.
        on: Vec<String>,
        /// lsblk's word for it.
        what: String,
    },
}

/// An entry of a partition table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionEntry {
    /// The disk it is on.
    pub disk: String,
    /// Its number, from 1.
    pub number: u32,
    /// Its first byte on the disk.
    pub start: u64,
    /// Type: a GUID in lower case on GPT, `0x83` on MBR.
    pub code: String,
    /// The partition's own identifier (PARTUUID).
    pub uuid: String,
    /// Its name, on GPT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A partition table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its format.
    pub kind: TableKind,
    /// Its identifier: a GUID on GPT, eight hexadecimal digits on MBR.
    pub id: String,
}

/// The signature that blkid(8) finds on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Content {
    /// A filesystem.
    Filesystem {
        /// `ext4`, `vfat` …
        kind: String,
        /// As blkid prints it: a UUID, or `1234-ABCD` on FAT.
        uuid: String,
        /// Its label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
    },
    /// A swap area.
    Swap {
        /// Its UUID.
        uuid: String,
        /// Its label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
    },
    /// A LUKS container.
    Luks {
        /// Format of the header.
        version: LuksVersion,
        /// UUID of the header.
        uuid: String,
        /// Where its data begins, in bytes.
        offset: u64,
        /// Key slots in use.
        slots: Vec<u32>,
        /// `aes-xts-plain64`
        cipher: String,
    },
    /// An LVM physical volume.
    Physical {
        /// LVM's identifier, six groups of letters.
        uuid: String,
    },
    /// A member of an md array.
    RaidMember {
        /// The array's identifier.
        uuid: String,
        /// The array's name, without the host before it; nothing in the old format 0.90.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        /// `raid1` and so on.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        level: String,
        /// How many devices the array has when it is complete.
        #[serde(default, skip_serializing_if = "is_zero")]
        devices: u32,
        /// Bytes of this device that the array uses.
        #[serde(default, skip_serializing_if = "is_none_of_it")]
        share: u64,
    },
    /// Something else, by blkid's name; also `several signatures`.
    Other {
        /// blkid's name for it.
        kind: String,
    },
}

impl Content {
    /// The identifier of the content, if it has one.
    pub fn uuid(&self) -> Option<&str> {
        match self {
            Self::Filesystem { uuid, .. }
            | Self::Swap { uuid, .. }
            | Self::Luks { uuid, .. }
            | Self::Physical { uuid, .. }
            | Self::RaidMember { uuid, .. } => Some(uuid),
            Self::Other { .. } => None,
        }
    }

    /// The identifier, where a file or a command line can name the content by it. What blkid reads may be
    /// any text: a LUKS1 header has 40 bytes of it.
    pub fn identifier(&self) -> Option<&str> {
        let plain = |id: &&str| {
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:.".contains(&b))
        };
        self.uuid().filter(plain)
    }

    /// The label, if it has one.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Filesystem { label, .. } | Self::Swap { label, .. } => label.as_deref(),
            _ => None,
        }
    }

    /// blkid's name for it, which is also what lsblk prints as FSTYPE.
    pub fn kind(&self) -> &str {
        match self {
            Self::Filesystem { kind, .. } | Self::Other { kind } => kind,
            Self::Swap { .. } => "swap",
            Self::Luks { .. } => "crypto_LUKS",
            Self::Physical { .. } => "LVM2_member",
            Self::RaidMember { .. } => "linux_raid_member",
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Luks { version: LuksVersion::Luks1, .. } => f.write_str("LUKS1 container"),
            Self::Luks { version: LuksVersion::Luks2, .. } => f.write_str("LUKS2 container"),
            Self::Physical { .. } => f.write_str("LVM physical volume"),
            Self::RaidMember { name, level, .. } if !name.is_empty() => {
                write!(f, "member of {level} {name}")
            }
            Self::RaidMember { .. } => f.write_str("RAID member"),
            Self::Swap { .. } => f.write_str("swap"),
            Self::Filesystem { kind, .. } | Self::Other { kind } => f.write_str(kind),
        }?;
        match self.label() {
            Some(label) => write!(f, " {label:?}"),
            None => Ok(()),
        }
    }
}

/// What identifies a piece of hardware.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hardware {
    /// Maker and model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// World wide name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wwn: Option<String>,
    /// `sata`, `nvme`, `usb` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bus: Option<String>,
}

impl Hardware {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Device {
    /// A device with nothing on it.
    pub fn new(path: impl Into<String>, size: u64, kind: DeviceKind) -> Self {
        Self {
            path: path.into(),
            size,
            sector: sector_512(),
            kind,
            hardware: Hardware::default(),
            read_only: false,
            removable: false,
            table: None,
            content: None,
            held_by: Vec::new(),
            unseen: false,
        }
    }

    /// The short name, without `/dev/` or `/dev/mapper/`.
    pub fn name(&self) -> &str {
        let name = self.path.strip_prefix("/dev/").unwrap_or(&self.path);
        name.strip_prefix("mapper/").unwrap_or(name)
    }

    /// The table entry, if it is a partition.
    pub fn partition(&self) -> Option<&PartitionEntry> {
        match &self.kind {
            DeviceKind::Partition(entry) => Some(entry),
            _ => None,
        }
    }

    /// Whether it is a whole disk, something that carries a partition table.
    pub fn is_disk(&self) -> bool {
        matches!(self.kind, DeviceKind::Disk | DeviceKind::Loop | DeviceKind::Raid { .. })
    }

    /// The path of a partition of this device: `sda` → `sda1`, `nvme0n1` → `nvme0n1p1`.
    pub fn partition_path(&self, number: u32) -> String {
        partition_path(&self.path, number)
    }
}

/// The path of a partition of the disk with this path.
pub fn partition_path(disk: &str, number: u32) -> String {
    let digit = disk.ends_with(|c: char| c.is_ascii_digit());
    let mapped = disk.starts_with("/dev/mapper/");
    match (digit, mapped) {
        (false, false) => format!("{disk}{number}"),
        (true, _) => format!("{disk}p{number}"),
        (false, true) => format!("{disk}-part{number}"),
    }
}
