//! Volume groups and mounts.

use std::collections::{BTreeMap, BTreeSet};

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
    #[serde(default, deserialize_with = "super::valid::unique")]
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
}

impl Group {
    /// Whether any volume is active.
    pub fn active(&self) -> bool {
        self.volumes.values().any(|volume| volume.active)
    }
}

/// The path under which device-mapper shows a logical volume (dashes are doubled).
pub fn dm_name(group: &str, volume: &str) -> String {
    format!("/dev/mapper/{}-{}", group.replace('-', "--"), volume.replace('-', "--"))
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
    /// The folder of the filesystem that is seen there; `/` unless it is a bind mount.
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
