//! Facts about disks, their contents, and mounts.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::device::is_false;
use crate::machine::{Content, Table, VolumeKind};

/// A fact about disks, their contents, or mounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum StorageFact {
    /// A disk has this table, with exactly these partitions.
    Partitioned {
        /// The disk.
        disk: String,
        /// Its table.
        table: Table,
        /// Its partitions, all blank.
        parts: Vec<NewPartition>,
    },
    /// A device has no signature and no partition table.
    Blank {
        /// The device.
        device: String,
    },
    /// A device has this content.
    Holds {
        /// The device.
        device: String,
        /// Its content.
        content: Content,
    },
    /// The container on a device has this header; the data in the container is unchanged.
    Header {
        /// The device.
        device: String,
        /// The container as the header describes it.
        content: Content,
        /// Whether the content is an assumed value, because the header could not be read
        /// beforehand.
        #[serde(default, skip_serializing_if = "is_false")]
        guessed: bool,
    },
    /// An encrypted container is open.
    Opened {
        /// The container.
        on: String,
        /// The name below `/dev/mapper`.
        name: String,
        /// Size of the mapping in bytes.
        size: u64,
        /// Logical sector size in bytes.
        sector: u32,
        /// The UUID of the LUKS header, if it is known and not on the container.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<String>,
    },
    /// There is no mapping with this name.
    Closed {
        /// The name below `/dev/mapper`.
        name: String,
    },
    /// A volume group exists, without volumes.
    GroupMade {
        /// The name of the group.
        group: String,
        /// Its physical volumes.
        members: Vec<String>,
        /// Size of an extent in bytes.
        extent: u64,
        /// Total number of extents.
        extents: u64,
    },
    /// There is no volume group with this name.
    GroupGone {
        /// The name of the group.
        group: String,
    },
    /// All volumes of a group are active, or all are inactive.
    GroupActive {
        /// The name of the group.
        group: String,
        /// Whether the volumes are active.
        active: bool,
    },
    /// A logical volume exists and is active.
    VolumeMade {
        /// The name of its group.
        group: String,
        /// The name of the volume.
        volume: String,
        /// Size in extents.
        extents: u64,
        /// Its allocation on the physical volumes.
        #[serde(default)]
        kind: VolumeKind,
    },
    /// A logical volume is inactive: it has no device, but keeps its contents.
    VolumeInactive {
        /// The name of its group.
        group: String,
        /// The name of the volume.
        volume: String,
    },
    /// There is no volume with this name in the group.
    VolumeGone {
        /// The name of the group.
        group: String,
        /// The name of the volume.
        volume: String,
    },
    /// An md array is running.
    ArrayRunning {
        /// The device of the array.
        array: String,
        /// The identifier of the array.
        uuid: String,
        /// Its current member devices.
        members: Vec<String>,
        /// RAID level, such as `raid1`.
        level: String,
        /// Size in bytes.
        size: u64,
        /// Logical sector size in bytes.
        sector: u32,
    },
    /// An md array is stopped: it has no device, but the data on its members is unchanged.
    ArrayStopped {
        /// The device of the array.
        array: String,
    },
    /// A filesystem is mounted.
    Mounted {
        /// The mount point.
        at: String,
        /// The source of the mount.
        origin: MountOrigin,
        /// Mount options that are set.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        options: BTreeSet<String>,
    },
    /// Nothing is mounted at or below this path.
    Unmounted {
        /// The path.
        at: String,
    },
    /// A swap area is active or inactive.
    Swapping {
        /// The device or file.
        device: String,
        /// Its priority if it is active, otherwise `None`.
        on: Option<i32>,
    },
}

/// A partition that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPartition {
    /// Partition number.
    pub number: u32,
    /// Offset of the first byte on the disk.
    pub start: u64,
    /// Size in bytes.
    pub size: u64,
    /// Partition type, as blkid prints it.
    pub code: String,
    /// PARTUUID.
    pub uuid: String,
    /// Partition name, on GPT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The source of a mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountOrigin {
    /// A filesystem on a device.
    Device {
        /// The device.
        device: String,
        /// The type of the filesystem.
        kind: String,
        /// The subvolume that is mounted; `/` for the whole filesystem, and `None` for the one that
        /// the filesystem has as its default.
        #[serde(default = "root_path")]
        part: Option<String>,
    },
    /// A filesystem without a device, such as proc, sysfs or tmpfs.
    Pseudo {
        /// The type of the filesystem.
        kind: String,
    },
    /// A bind mount of a directory.
    Bind {
        /// The directory.
        from: String,
        /// Whether the mounts below the directory are included.
        recursive: bool,
    },
}

#[expect(clippy::unnecessary_wraps, reason = "serde takes the default of the field's type")]
fn root_path() -> Option<String> {
    Some("/".into())
}

/// Displays the fact as a sentence.
impl fmt::Display for StorageFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partitioned { disk, parts, .. } => {
                write!(f, "{disk} has {} partitions", parts.len())
            }
            Self::Blank { device } => write!(f, "{device} is blank"),
            Self::Holds { device, content } | Self::Header { device, content, .. } => {
                write!(f, "{device} holds {content}")
            }
            Self::Opened { on, name, .. } => write!(f, "{on} is open as {name}"),
            Self::Closed { name } => write!(f, "{name} is closed"),
            Self::GroupMade { group, members, .. } => {
                write!(f, "volume group {group} is on {}", members.join(" "))
            }
            Self::GroupGone { group } => write!(f, "there is no volume group {group}"),
            Self::GroupActive { group, active: true } => write!(f, "{group} is active"),
            Self::GroupActive { group, active: false } => write!(f, "{group} is inactive"),
            Self::VolumeMade { group, volume, extents, .. } => {
                write!(f, "{group}/{volume} exists with {extents} extents")
            }
            Self::VolumeInactive { group, volume } => write!(f, "{group}/{volume} is inactive"),
            Self::VolumeGone { group, volume } => write!(f, "there is no {group}/{volume}"),
            Self::ArrayRunning { array, level, members, .. } => {
                write!(f, "{level} array {array} runs on {}", members.join(" "))
            }
            Self::ArrayStopped { array } => write!(f, "{array} is stopped"),
            Self::Mounted { at, .. } => write!(f, "{at} is mounted"),
            Self::Unmounted { at } => write!(f, "nothing is mounted at {at}"),
            Self::Swapping { device, on: Some(_) } => write!(f, "{device} is active swap"),
            Self::Swapping { device, on: None } => write!(f, "{device} is not active swap"),
        }
    }
}
