//! A block device: its type, the devices that it is on, and its contents.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::hardware::Hardware;
use crate::types::{LuksVersion, TableKind};

/// A block device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Canonical path: `/dev/sda1`, `/dev/mapper/vg-root`.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Logical sector size in bytes: 512 or 4096.
    #[serde(default = "sector_512")]
    pub sector: u32,
    /// The type of the device.
    pub kind: DeviceKind,
    /// Properties of the hardware, if it is hardware.
    #[serde(default, skip_serializing_if = "Hardware::is_empty")]
    pub hardware: Hardware,
    /// Whether the kernel refuses to write to the device.
    #[serde(default, skip_serializing_if = "is_false")]
    pub read_only: bool,
    /// Whether the device is removable.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removable: bool,
    /// The partition table on the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// The signature on the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// The path of the file that a loop device shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backing_file: Option<String>,
    /// Users that the model lacks, as reported by the kernel: bcache, ZFS, another namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<String>,
    /// Whether the contents were not probed, so that they are unknown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unprobed: bool,
    /// The reason why a probe could not read the contents, which are unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
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
pub(in crate::machine) const fn is_zero_u64(value: &u64) -> bool {
    *value == 0
}

/// The type of a block device, with the devices that it is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A whole disk or USB stick.
    Disk,
    /// An optical drive.
    Rom,
    /// A partition of a disk.
    Partition(PartitionEntry),
    /// An opened LUKS container or other dm-crypt mapping.
    Crypt {
        /// The encrypted device.
        on: String,
        /// The UUID of the LUKS header, if it is not on that device.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<String>,
    },
    /// An active logical volume.
    Logical {
        /// Its volume group.
        group: String,
        /// Its name in the group.
        volume: String,
    },
    /// An md array that has a device.
    Raid {
        /// The member devices.
        members: Vec<String>,
        /// RAID level, such as `raid1`, or [`INACTIVE_ARRAY`].
        level: String,
    },
    /// A loop device: a file as a block device.
    Loop,
    /// Another device-mapper target.
    Mapped {
        /// The devices that it is on.
        on: Vec<String>,
        /// The type according to lsblk.
        what: String,
    },
}

/// The level of an md device that shows no data: members that were not started, or a container of
/// firmware RAID.
pub const INACTIVE_ARRAY: &str = "inactive";

/// An entry of a partition table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionEntry {
    /// The disk that contains the partition.
    pub disk: String,
    /// Partition number, starting at 1.
    pub number: u32,
    /// Offset of the first byte on the disk.
    pub start: u64,
    /// Partition type: a GUID in lower case on GPT, such as `0x83` on MBR.
    pub code: String,
    /// The identifier of the partition (PARTUUID).
    pub uuid: String,
    /// Partition name, on GPT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A partition table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The format of the table.
    pub kind: TableKind,
    /// The identifier of the table: a GUID on GPT, eight hexadecimal digits on MBR.
    pub id: String,
}

/// The signature that blkid(8) finds on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Content {
    /// A filesystem.
    Filesystem {
        /// The type, such as `ext4` or `vfat`.
        kind: String,
        /// The identifier as blkid prints it: a UUID, or `1234-ABCD` on FAT.
        uuid: String,
        /// Its label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// The identifier of this device as a member of the filesystem, for btrfs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<String>,
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
        /// Offset of the encrypted data in bytes.
        offset: u64,
        /// Key slots in use.
        slots: Vec<u32>,
        /// Cipher, such as `aes-xts-plain64`.
        cipher: String,
        /// Further properties; unknown in files of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        details: Option<LuksDetails>,
    },
    /// An LVM physical volume.
    Physical {
        /// LVM's identifier: seven groups of letters and digits.
        uuid: String,
    },
    /// A member of an md array.
    RaidMember {
        /// The identifier of the array.
        uuid: String,
        /// The name of the array, without the host before it; empty for the old format 0.90.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        /// RAID level, such as `raid1`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        level: String,
        /// Number of devices of the complete array.
        #[serde(default, skip_serializing_if = "is_zero")]
        devices: u32,
        /// Number of bytes of this device that the array uses.
        #[serde(default, skip_serializing_if = "is_zero_u64")]
        share: u64,
        /// The identifier of this device as a member; a number in the old format 0.90.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<String>,
    },
    /// Other content, including `several signatures`.
    Other {
        /// The type according to blkid.
        kind: String,
    },
}

/// Properties of a LUKS container that decide what can be done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LuksDetails {
    /// Size of an encrypted sector in bytes, from 512 to 4096.
    pub sector: u32,
    /// Key slots in use whose key is derived by argon2, which older boot loaders lack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argon2: Vec<u32>,
}

impl Content {
    /// Returns whether this content is the expected one, as far as that is known.
    pub fn is_as_expected(&self, expected: &Self) -> bool {
        let mut found = self.clone();
        if let (Self::Luks { details, .. }, Self::Luks { details: None, .. }) =
            (&mut found, expected)
        {
            *details = None;
        }
        // mkfs.btrfs and mdadm choose it.
        if let Self::Filesystem { member, .. } | Self::RaidMember { member, .. } = &mut found
            && expected.member().is_none()
        {
            *member = None;
        }
        found == *expected
    }

    /// Returns the identifier of the content, if any.
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

    /// Returns the identifier of the device as a member of its filesystem or array, if it is known.
    pub fn member(&self) -> Option<&str> {
        match self {
            Self::Filesystem { member, .. } | Self::RaidMember { member, .. } => member.as_deref(),
            _ => None,
        }
    }

    /// Returns the identifier if it can be used in files and on command lines. An identifier that
    /// blkid reads can be any string: a LUKS1 header has 40 bytes for it.
    pub fn identifier(&self) -> Option<&str> {
        let plain = |id: &&str| {
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:.".contains(&b))
        };
        self.uuid().filter(plain)
    }

    /// Returns the label, if any.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Filesystem { label, .. } | Self::Swap { label, .. } => label.as_deref(),
            _ => None,
        }
    }

    /// Returns blkid's name for the type, which lsblk prints as FSTYPE.
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

impl Device {
    /// Creates a device without contents.
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
            backing_file: None,
            held_by: Vec::new(),
            unprobed: false,
            unreadable: None,
        }
    }

    /// Returns the short name, without `/dev/` or `/dev/mapper/`.
    pub fn name(&self) -> &str {
        let name = self.path.strip_prefix("/dev/").unwrap_or(&self.path);
        name.strip_prefix("mapper/").unwrap_or(name)
    }

    /// Returns the partition table entry, if the device is a partition.
    pub fn partition(&self) -> Option<&PartitionEntry> {
        match &self.kind {
            DeviceKind::Partition(entry) => Some(entry),
            _ => None,
        }
    }

    /// Returns whether the device is an md array that does not run, or a container of arrays.
    pub fn is_inactive_array(&self) -> bool {
        matches!(&self.kind, DeviceKind::Raid { level, .. } if level == INACTIVE_ARRAY)
    }

    /// Returns whether the device can have a partition table.
    pub fn is_disk(&self) -> bool {
        match &self.kind {
            DeviceKind::Disk | DeviceKind::Loop | DeviceKind::Raid { .. } => true,
            DeviceKind::Mapped { what, .. } => what == "loop",
            _ => false,
        }
    }

    /// Returns the path of a partition of this device: `sda` → `sda1`, `nvme0n1` → `nvme0n1p1`.
    pub fn partition_path(&self, number: u32) -> String {
        partition_path(&self.path, number)
    }
}

/// Returns the path of a partition of a disk.
pub fn partition_path(disk: &str, number: u32) -> String {
    let digit = disk.ends_with(|c: char| c.is_ascii_digit());
    let mapped = disk.starts_with("/dev/mapper/");
    match (digit, mapped) {
        (false, false) => format!("{disk}{number}"),
        (true, _) => format!("{disk}p{number}"),
        (false, true) => format!("{disk}-part{number}"),
    }
}
