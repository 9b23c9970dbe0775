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
    /// Bytes of one extent.
    pub extent: u64,
    /// All extents.
    pub extents: u64,
    /// Extents that no volume uses.
    pub free: u64,
    /// Its logical volumes by name.
    #[serde(default, deserialize_with = "crate::machine::valid::unique")]
    pub volumes: BTreeMap<String, Volume>,
}

/// A logical volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Its size.
    pub extents: u64,
    /// Whether its device exists.
    pub active: bool,
    /// How it lies on the physical volumes.
    #[serde(default, skip_serializing_if = "VolumeKind::is_linear")]
    pub kind: VolumeKind,
}

/// How a logical volume lies on the physical volumes of its group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VolumeKind {
    /// Each of its extents is one extent of the group.
    #[default]
    Linear,
    /// Spread over several devices.
    Raid {
        /// `raid1` and so on.
        level: String,
        /// Over how many devices.
        images: u64,
    },
    /// Room for thin volumes. Only they can be used: a pool has no device of its own here.
    ThinPool {
        /// Extents for the list of what is where.
        metadata: u64,
    },
    /// A volume that takes room from a pool when it is written to.
    Thin {
        /// The pool.
        pool: String,
    },
}

impl VolumeKind {
    fn is_linear(&self) -> bool {
        *self == Self::Linear
    }

    /// Of how many devices the data fills each round, in a RAID of so many.
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
        }
    }
}

impl Volume {
    /// Extents of the group that it occupies.
    pub fn taken(&self) -> u64 {
        match &self.kind {
            VolumeKind::Linear => self.extents,
            VolumeKind::Thin { .. } => 0,
            VolumeKind::ThinPool { metadata } => self.extents.saturating_add(*metadata),
            VolumeKind::Raid { level, images } => {
                let each = self.extents.div_ceil(VolumeKind::data_images(level, *images));
                // One extent beside each image says which parts of it are in step.
                let beside = u64::from(level != "raid0");
                images.saturating_mul(each.saturating_add(beside))
            }
        }
    }

    /// Whether it shows as a block device when it is active.
    pub fn has_device(&self) -> bool {
        !matches!(self.kind, VolumeKind::ThinPool { .. })
    }
}

impl Group {
    /// The bytes of so many extents.
    pub fn bytes(&self, extents: u64) -> u64 {
        extents.saturating_mul(self.extent)
    }

    /// Extents that LVM keeps for repairing a pool: as many as the largest pool's metadata.
    pub fn spare(&self) -> u64 {
        let metadata = self.volumes.values().map(|volume| match volume.kind {
            VolumeKind::ThinPool { metadata } => metadata,
            _ => 0,
        });
        metadata.max().unwrap_or(0)
    }

    /// Extents that its volumes occupy.
    pub fn taken(&self) -> u64 {
        let taken = self.volumes.values().map(Volume::taken);
        taken.fold(self.spare(), u64::saturating_add)
    }

    /// Whether it lies on exactly these, in whichever order LVM lists them.
    pub fn has_members(&self, members: &[String]) -> bool {
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort();
            list
        };
        sorted(&self.members) == sorted(members)
    }

    /// Whether any volume is active.
    pub fn active(&self) -> bool {
        self.volumes.values().any(|volume| volume.active)
    }
}

/// The path under which device-mapper shows a logical volume (dashes are doubled).
pub fn dm_name(group: &str, volume: &str) -> String {
    format!("/dev/mapper/{}-{}", group.replace('-', "--"), volume.replace('-', "--"))
}

/// Whether device-mapper shows a volume of this group under a path.
pub fn is_volume_of(path: &str, group: &str) -> bool {
    let rest = path.strip_prefix(&dm_name(group, ""));
    rest.is_some_and(|volume| !volume.is_empty() && !volume.starts_with('-'))
}

/// A mounted filesystem, or a part of one (bind mount).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// The device, or the pseudo-filesystem's name.
    pub source: String,
    /// Where.
    pub at: String,
    /// Its type.
    pub kind: String,
    /// The directory of the filesystem that is seen there; `/` unless it is a bind mount.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub part: String,
    /// Options that differ from a plain read-write mount, as the kernel prints them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub options: BTreeSet<String>,
}

fn whole() -> String {
    "/".into()
}

fn is_whole(part: &str) -> bool {
    part == "/"
}

impl Mount {
    /// Whether `path` is this mount point or lies below it.
    pub fn covers(&self, path: &str) -> bool {
        is_below(path, &self.at)
    }
}

/// Whether `path` is `top` or lies below it, by whole components.
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
    fn below_goes_by_components() {
        assert!(is_below("/mnt/a", "/mnt/a"));
        assert!(is_below("/mnt/a/b", "/mnt/a"));
        assert!(is_below("/anything", "/"));
        assert!(!is_below("/mnt/ab", "/mnt/a"));
    }
}
