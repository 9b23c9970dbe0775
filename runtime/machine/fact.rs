//! What an operation makes true. Facts drive the simulation, the check of the real machine after
//! every operation, "unchanged", and the release of what ends with a reboot.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::device::is_false;
use super::{Content, Release, Table, VolumeKind};
use crate::types::{Mode, Place};

/// Something that is so after an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
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
    /// A regular file has this content.
    File {
        /// Which.
        place: Place,
        /// SHA-256 of its content, where the content is known beforehand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// Its permission bits, where they were asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
    },
    /// A file is a copy of a container's header.
    HeaderSaved {
        /// The file.
        place: Place,
        /// The container as the header describes it.
        content: Content,
    },
    /// A directory exists.
    Dir {
        /// Which.
        place: Place,
    },
    /// A directory is a subvolume of btrfs.
    Subvolume {
        /// Which.
        place: Place,
    },
    /// A symbolic link exists.
    Link {
        /// Which.
        place: Place,
        /// Its text.
        to: String,
    },
    /// Nothing is there.
    Absent {
        /// Where.
        place: Place,
    },
    /// A file or directory has these permission bits.
    Mode {
        /// Which.
        place: Place,
        /// The bits.
        mode: Mode,
    },
    /// A file or directory belongs to somebody.
    Owned {
        /// Which.
        place: Place,
        /// Owner's number.
        uid: u32,
        /// Group's number.
        gid: u32,
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

/// How long a fact holds by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It survives a reboot.
    Lasting,
    /// It ends with the running kernel.
    UntilReboot,
}

impl Fact {
    /// How long it holds by itself.
    pub const fn lifetime(&self) -> Lifetime {
        match self {
            Self::Opened { .. }
            | Self::GroupActive { active: true, .. }
            | Self::ArrayRunning { .. }
            | Self::Mounted { .. }
            | Self::Swapping { on: Some(_), .. } => Lifetime::UntilReboot,
            _ => Lifetime::Lasting,
        }
    }

    /// What it is about: of two facts with one subject the later one counts. `None` for what is
    /// over by itself, such as a mount that was ended.
    pub fn subject(&self) -> Option<String> {
        Some(match self {
            Self::Partitioned { disk: device, .. }
            | Self::Blank { device }
            | Self::Holds { device, .. }
            | Self::Header { device, .. } => format!("content of {device}"),
            Self::GroupMade { group, .. } | Self::GroupGone { group } => format!("group {group}"),
            Self::VolumeMade { group, volume, .. } | Self::VolumeGone { group, volume } => {
                format!("volume {group}/{volume}")
            }
            Self::File { place, .. }
            | Self::HeaderSaved { place, .. }
            | Self::Dir { place }
            | Self::Subvolume { place }
            | Self::Link { place, .. }
            | Self::Absent { place } => format!("file {place}"),
            Self::Mode { place, .. } => format!("mode of {place}"),
            Self::Owned { place, .. } => format!("owner of {place}"),
            Self::Opened { .. }
            | Self::Closed { .. }
            | Self::GroupActive { .. }
            | Self::VolumeInactive { .. }
            | Self::ArrayRunning { .. }
            | Self::ArrayStopped { .. }
            | Self::Mounted { .. }
            | Self::Unmounted { .. }
            | Self::Swapping { .. } => return None,
        })
    }

    /// What ends it, if a clean-up has to.
    pub fn release(&self) -> Option<Release> {
        match self {
            Self::Opened { name, .. } => Some(Release::Close { name: name.clone() }),
            Self::GroupActive { group, active: true } | Self::GroupMade { group, .. } => {
                Some(Release::Deactivate { group: group.clone() })
            }
            Self::VolumeMade { group, volume, .. } => {
                let (group, volume) = (group.clone(), volume.clone());
                Some(Release::DeactivateVolume { group, volume })
            }
            Self::ArrayRunning { array, .. } => Some(Release::Stop { array: array.clone() }),
            Self::Mounted { at, .. } => Some(Release::Unmount { at: at.clone() }),
            Self::Swapping { device, on: Some(_) } => {
                Some(Release::SwapOff { device: device.clone() })
            }
            _ => None,
        }
    }
}

/// The fact as a sentence.
impl fmt::Display for Fact {
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
            Self::File { place, .. } => write!(f, "{place} has the requested contents"),
            Self::HeaderSaved { place, content } => {
                write!(f, "{place} is a copy of the header of the {content}")
            }
            Self::Dir { place } => write!(f, "{place} is a directory"),
            Self::Subvolume { place } => write!(f, "{place} is a subvolume"),
            Self::Link { place, to } => write!(f, "{place} links to {to}"),
            Self::Absent { place } => write!(f, "{place} does not exist"),
            Self::Mode { place, mode } => write!(f, "{place} has mode {mode}"),
            Self::Owned { place, uid, gid } => write!(f, "{place} is owned by {uid}:{gid}"),
        }
    }
}
