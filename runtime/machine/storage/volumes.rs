//! Volume groups and mounts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::device::{is_false, is_zero_u64};
use crate::types::printable;

/// An LVM volume group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its UUID, if it is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uuid: String,
    /// Its name, if another group has the same name. Such groups are listed by UUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why LVM refuses to activate or change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<GroupLock>,
    /// Paths of its physical volumes.
    pub members: Vec<String>,
    /// Size of an extent in bytes.
    pub extent: u64,
    /// Total number of extents.
    pub extents: u64,
    /// Number of extents that no volume uses.
    pub free: u64,
    /// Logical volumes by name.
    #[serde(default, deserialize_with = "crate::machine::valid::unique")]
    pub volumes: BTreeMap<String, Volume>,
}

/// The reason why LVM refuses to activate or change a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupLock {
    /// It was exported, to be moved to another machine (vgexport(8)).
    Exported,
    /// It belongs to the machine with this system ID (lvmsystemid(7)).
    Foreign(String),
    /// Several machines share it, which agree in this way, such as `sanlock` (lvmlockd(8)).
    Shared(String),
}

impl fmt::Display for GroupLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exported => f.write_str("is exported"),
            Self::Foreign(system) => {
                write!(f, "belongs to the machine with system ID {}", printable(system))
            }
            Self::Shared(kind) => {
                write!(f, "is shared by several machines (lock type {})", printable(kind))
            }
        }
    }
}

/// A logical volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Size in extents.
    pub extents: u64,
    /// Whether it is active.
    pub active: bool,
    /// Its allocation on the physical volumes.
    #[serde(default, skip_serializing_if = "VolumeKind::is_linear")]
    pub kind: VolumeKind,
    /// Whether LVM does not activate it because a physical volume is missing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub incomplete: bool,
    /// Whether it is activated only by its own name, as snapshots of thin volumes are.
    #[serde(default, skip_serializing_if = "is_false")]
    pub skipped: bool,
}

/// The allocation of a logical volume on the physical volumes of its group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VolumeKind {
    /// Each extent of the volume is one extent of the group.
    #[default]
    Linear,
    /// Distributed over several devices.
    Raid {
        /// RAID level, such as `raid1`.
        level: String,
        /// Number of devices.
        images: u64,
    },
    /// A pool of extents for thin volumes. Only these can be used: the pool has no device in the
    /// model.
    ThinPool {
        /// Number of extents for the pool's metadata.
        metadata: u64,
    },
    /// A volume that takes extents from a pool when it is written to.
    Thin {
        /// The name of the pool.
        pool: String,
        /// The volume outside of the pool on which it is based, and which cannot be removed without
        /// it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<String>,
    },
    /// The former contents of another volume, which cannot be removed without it.
    Snapshot {
        /// The name of the other volume.
        origin: String,
    },
    /// Any other layout: a cache, a mirror, compression. It can be used and removed, but not
    /// created.
    Layered {
        /// The layout according to LVM, such as `cache` or `cache,pool`.
        layout: String,
        /// Number of extents that the volume and its internal volumes occupy.
        taken: u64,
        /// Number of extents for the metadata of a cache pool.
        #[serde(default, skip_serializing_if = "is_zero_u64")]
        metadata: u64,
        /// The pool from which it takes extents, if it is a volume of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<String>,
        /// Its internal volumes, which are removed with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<String>,
    },
}

impl VolumeKind {
    fn is_linear(&self) -> bool {
        *self == Self::Linear
    }

    /// Returns how many of the devices of a RAID contain data in each stripe, excluding redundancy.
    pub fn data_images(level: &str, images: u64) -> u64 {
        match level {
            "raid1" => 1,
            "raid5" => images.saturating_sub(1).max(1),
            "raid6" => images.saturating_sub(2).max(1),
            "raid10" => (images / 2).max(1),
            _ => images.max(1),
        }
    }
}

impl fmt::Display for VolumeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linear => f.write_str("linear"),
            Self::Raid { level, images } => write!(f, "{level} over {images}"),
            Self::ThinPool { metadata } => write!(f, "thin pool, {metadata} for metadata"),
            Self::Thin { pool, .. } => write!(f, "thin in {pool}"),
            Self::Snapshot { origin } => write!(f, "snapshot of {origin}"),
            Self::Layered { layout, .. } => f.write_str(layout),
        }
    }
}

impl Volume {
    /// Returns the number of extents of the group that the volume occupies.
    pub fn allocated_extents(&self) -> u64 {
        match &self.kind {
            VolumeKind::Linear | VolumeKind::Snapshot { .. } => self.extents,
            VolumeKind::Thin { .. } => 0,
            VolumeKind::ThinPool { metadata } => self.extents.saturating_add(*metadata),
            VolumeKind::Layered { taken, .. } => *taken,
            VolumeKind::Raid { level, images } => {
                let each = self.extents.div_ceil(VolumeKind::data_images(level, *images));
                // Each image has an extent of metadata, which records the regions that are in sync.
                let beside = u64::from(level != "raid0");
                images.saturating_mul(each.saturating_add(beside))
            }
        }
    }

    /// Returns whether the volume has a block device when it is active.
    pub fn has_device(&self) -> bool {
        match &self.kind {
            VolumeKind::ThinPool { .. } => false,
            VolumeKind::Layered { layout, .. } => !is_pool(layout),
            _ => true,
        }
    }

    /// Returns whether LVM activates the volume with its group.
    pub fn activates_with_group(&self) -> bool {
        let cache_pool =
            matches!(&self.kind, VolumeKind::Layered { layout, .. } if is_pool(layout));
        !self.incomplete && !self.skipped && !cache_pool
    }
}

impl Group {
    /// Returns the names of the volumes that LVM removes with a volume: its snapshots, and the
    /// volumes in a pool. Snapshots in thin pools are independent of their origin.
    pub fn dependents(&self, volume: &str) -> Vec<String> {
        let depends = |kind: &VolumeKind| match kind {
            VolumeKind::Snapshot { origin } => origin == volume,
            VolumeKind::Thin { pool, origin } => {
                pool == volume || origin.as_deref() == Some(volume)
            }
            VolumeKind::Layered { pool, .. } => pool.as_deref() == Some(volume),
            _ => false,
        };
        let dependents = self.volumes.iter().filter(|(_, other)| depends(&other.kind));
        dependents.map(|(name, _)| name.clone()).collect()
    }

    /// Returns the device-mapper path of one of its volumes; `key` is the name or UUID under which
    /// the group is listed.
    pub fn volume_path(&self, key: &str, volume: &str) -> String {
        dm_name(self.name.as_deref().unwrap_or(key), volume)
    }

    /// Returns the number of physical volumes that are missing.
    pub fn missing(&self) -> usize {
        self.members.iter().filter(|member| *member == MISSING).count()
    }

    /// Returns the size of this number of extents in bytes.
    pub fn bytes(&self, extents: u64) -> u64 {
        extents.saturating_mul(self.extent)
    }

    /// Returns the number of extents that LVM reserves for repairing a pool: the size of the
    /// largest pool's metadata.
    pub fn reserved_extents(&self) -> u64 {
        let metadata = self.volumes.values().map(|volume| match volume.kind {
            VolumeKind::ThinPool { metadata } | VolumeKind::Layered { metadata, .. } => metadata,
            _ => 0,
        });
        metadata.max().unwrap_or(0)
    }

    /// Returns the number of extents that the volumes and the reserve occupy.
    pub fn allocated_extents(&self) -> u64 {
        let taken = self.volumes.values().map(Volume::allocated_extents);
        taken.fold(self.reserved_extents(), u64::saturating_add)
    }

    /// Returns whether the group consists of exactly these physical volumes, in any order.
    pub fn has_members(&self, members: &[String]) -> bool {
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort();
            list
        };
        sorted(&self.members) == sorted(members)
    }

    /// Returns whether all volumes are active that LVM activates with the group, or none at all.
    pub fn is_all(&self, active: bool) -> bool {
        let mut volumes = self.volumes.values();
        match active {
            true => volumes.all(|volume| volume.active || !volume.activates_with_group()),
            false => volumes.all(|volume| !volume.active),
        }
    }

    /// Returns whether any volume is active.
    pub fn active(&self) -> bool {
        self.volumes.values().any(|volume| volume.active)
    }
}

/// Returns whether a layout is that of a pool for caching, which has no device of its own.
fn is_pool(layout: &str) -> bool {
    layout == "cache,pool"
}

/// LVM's name for a missing physical volume.
pub const MISSING: &str = "[unknown]";

/// Returns whether this is a UUID of LVM: groups of 6, 4, 4, 4, 4, 4 and 6 letters and digits.
pub fn is_lvm_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [6, 4, 4, 4, 4, 4, 6] && text.bytes().all(|b| b == b'-' || b.is_ascii_alphanumeric())
}

/// Returns the device-mapper path of a logical volume, in which dashes of names are doubled.
pub fn dm_name(group: &str, volume: &str) -> String {
    format!("/dev/mapper/{}-{}", group.replace('-', "--"), volume.replace('-', "--"))
}

/// Returns whether a path is the device-mapper path of a volume of this group.
pub fn is_volume_of(path: &str, group: &str) -> bool {
    let rest = path.strip_prefix(&dm_name(group, ""));
    rest.is_some_and(|volume| !volume.is_empty() && !volume.starts_with('-'))
}

/// A mounted filesystem, or a part of one (bind mount).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// The device, or the name of a pseudo-filesystem.
    pub source: String,
    /// The mount point.
    pub at: String,
    /// The type of the filesystem.
    pub kind: String,
    /// The directory of the filesystem that is mounted; `/` unless it is a bind mount or a
    /// subvolume. In a plan it is empty where the filesystem's default subvolume will be mounted.
    #[serde(default = "root_path", skip_serializing_if = "is_root_path")]
    pub part: String,
    /// Options other than those of a plain read-write mount, as the kernel prints them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub options: BTreeSet<String>,
}

fn root_path() -> String {
    "/".into()
}

fn is_root_path(part: &str) -> bool {
    part == "/"
}

impl Mount {
    /// Returns whether `path` is this mount point or is below it.
    pub fn covers(&self, path: &str) -> bool {
        is_below(path, &self.at)
    }
}

/// Returns whether `path` is `top` or is below it, comparing whole components.
pub fn is_below(path: &str, top: &str) -> bool {
    match path.strip_prefix(top.trim_end_matches('/')) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_dashes_are_doubled_as_device_mapper_does() {
        assert_eq!(dm_name("my-vg", "a-b"), "/dev/mapper/my--vg-a--b");
    }

    #[test]
    fn is_below_compares_components() {
        assert!(is_below("/mnt/a", "/mnt/a"));
        assert!(is_below("/mnt/a/b", "/mnt/a"));
        assert!(is_below("/anything", "/"));
        assert!(!is_below("/mnt/ab", "/mnt/a"));
    }
}
