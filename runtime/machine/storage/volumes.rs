//! Volume groups and mounts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// An LVM volume group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
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

/// A logical volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Size in extents.
    pub extents: u64,
    /// Whether it is active.
    pub active: bool,
    /// Its allocation on the physical volumes.
    #[serde(default, skip_serializing_if = "VolumeKind::is_linear")]
    pub kind: VolumeKind,
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
    },
    /// The former contents of another volume, which cannot be removed without it.
    Snapshot {
        /// The name of the other volume.
        origin: String,
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
            Self::Thin { pool } => write!(f, "thin in {pool}"),
            Self::Snapshot { origin } => write!(f, "snapshot of {origin}"),
        }
    }
}

impl Volume {
    /// Returns the number of extents of the group that the volume occupies.
    pub fn taken(&self) -> u64 {
        match &self.kind {
            VolumeKind::Linear | VolumeKind::Snapshot { .. } => self.extents,
            VolumeKind::Thin { .. } => 0,
            VolumeKind::ThinPool { metadata } => self.extents.saturating_add(*metadata),
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
        !matches!(self.kind, VolumeKind::ThinPool { .. })
    }
}

impl Group {
    /// Returns the names of the snapshots that LVM removes with a volume. Those in thin pools are
    /// independent of it.
    pub fn snapshots(&self, volume: &str) -> Vec<String> {
        let is_snapshot =
            |kind: &VolumeKind| matches!(kind, VolumeKind::Snapshot { origin } if origin == volume);
        let snapshots = self.volumes.iter().filter(|(_, other)| is_snapshot(&other.kind));
        snapshots.map(|(name, _)| name.clone()).collect()
    }

    /// Returns the size of this number of extents in bytes.
    pub fn bytes(&self, extents: u64) -> u64 {
        extents.saturating_mul(self.extent)
    }

    /// Returns the number of extents that LVM reserves for repairing a pool: the size of the
    /// largest pool's metadata.
    pub fn spare(&self) -> u64 {
        let metadata = self.volumes.values().map(|volume| match volume.kind {
            VolumeKind::ThinPool { metadata } => metadata,
            _ => 0,
        });
        metadata.max().unwrap_or(0)
    }

    /// Returns the number of extents that the volumes and the reserve occupy.
    pub fn taken(&self) -> u64 {
        let taken = self.volumes.values().map(Volume::taken);
        taken.fold(self.spare(), u64::saturating_add)
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

    /// Returns whether any volume is active.
    pub fn active(&self) -> bool {
        self.volumes.values().any(|volume| volume.active)
    }
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
    /// subvolume.
    #[serde(default = "whole", skip_serializing_if = "is_root_path")]
    pub part: String,
    /// Options other than those of a plain read-write mount, as the kernel prints them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub options: BTreeSet<String>,
}

fn whole() -> String {
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
