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
    /// A disk carries this table, with exactly these partitions.
    Partitioned {
        /// The disk.
        disk: String,
        /// Its table.
        table: Table,
        /// Its partitions, all blank.
        parts: Vec<NewPartition>,
    },
    /// No signature and no partition table is left on a device.
    Blank {
        /// The device.
        device: String,
    },
    /// A device carries this content.
    Holds {
        /// The device.
        device: String,
        /// What is on it.
        content: Content,
    },
    /// The container on a device has this header; what is in it stays as it is.
    Header {
        /// The device.
        device: String,
        /// The container as the header describes it.
        content: Content,
        /// Whether nobody could read the header beforehand.
        #[serde(default, skip_serializing_if = "is_false")]
        guessed: bool,
    },
    /// An encrypted container is open.
    Opened {
        /// The container.
        on: String,
        /// The name below `/dev/mapper`.
        name: String,
        /// Bytes of the mapping.
        size: u64,
        /// Bytes of its logical sector.
        sector: u32,
    },
    /// No mapping has this name.
    Closed {
        /// The name below `/dev/mapper`.
        name: String,
    },
    /// A volume group exists, without volumes.
    GroupMade {
        /// Its name.
        group: String,
        /// Its physical volumes.
        members: Vec<String>,
        /// Bytes of an extent.
        extent: u64,
        /// All its extents.
        extents: u64,
    },
    /// No volume group has this name.
    GroupGone {
        /// The name.
        group: String,
    },
    /// All volumes of a group are active, or none is.
    GroupActive {
        /// Its name.
        group: String,
        /// Which of both.
        active: bool,
    },
    /// A logical volume exists and is active.
    VolumeMade {
        /// Its group.
        group: String,
        /// Its name.
        volume: String,
        /// Its size.
        extents: u64,
        /// How it lies on the physical volumes.
        #[serde(default)]
        kind: VolumeKind,
    },
    /// A volume is inactive: its device is gone, its contents are not.
    VolumeInactive {
        /// The group.
        group: String,
        /// The name.
        volume: String,
    },
    /// No volume of the group has this name.
    VolumeGone {
        /// The group.
        group: String,
        /// The name.
        volume: String,
    },
    /// An md array runs.
    ArrayRunning {
        /// Its device.
        array: String,
        /// Its identifier.
        uuid: String,
        /// The devices that it has now.
        members: Vec<String>,
        /// `raid1` and so on.
        level: String,
        /// Its size in bytes.
        size: u64,
        /// Bytes of its logical sector.
        sector: u32,
    },
    /// An md array does not run: its device is gone, what is on its members is not.
    ArrayStopped {
        /// Its device.
        array: String,
    },
    /// Something is mounted.
    Mounted {
        /// Where.
        at: String,
        /// What.
        origin: MountOrigin,
        /// With which options.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        options: BTreeSet<String>,
    },
    /// Nothing is mounted at this place or below it.
    Unmounted {
        /// The place.
        at: String,
    },
    /// A swap area is active, or not.
    Swapping {
        /// The device.
        device: String,
        /// Its priority when active.
        on: Option<i32>,
    },
}

/// A partition that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPartition {
    /// Its number.
    pub number: u32,
    /// First byte.
    pub start: u64,
    /// Bytes.
    pub size: u64,
    /// Type, as blkid prints it.
    pub code: String,
    /// PARTUUID.
    pub uuid: String,
    /// Name, on GPT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountOrigin {
    /// A filesystem on a device.
    Device {
        /// Which.
        device: String,
        /// The filesystem's type.
        kind: String,
        /// The subvolume of it that is seen; `/` for all.
        #[serde(default = "whole")]
        part: String,
    },
    /// A filesystem without a device: proc, sysfs, tmpfs …
    Pseudo {
        /// Its type.
        kind: String,
    },
    /// A directory that is visible elsewhere already.
    Bind {
        /// That directory.
        from: String,
        /// With everything mounted below it.
        recursive: bool,
    },
}

fn whole() -> String {
    "/".into()
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
