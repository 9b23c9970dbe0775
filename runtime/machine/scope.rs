//! What has to be looked at to see whether a fact is so.

use std::collections::BTreeSet;

use super::{Device, Fact, Kind};

/// Which parts of the machine a fact is about, so that only those are probed again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Devices whose signature may differ.
    pub signatures: BTreeSet<String>,
    /// Devices below or above which devices may have come or gone.
    pub topology: BTreeSet<String>,
    /// Whether volume groups may differ.
    pub groups: BTreeSet<String>,
    /// Places at or below which mounts may differ.
    pub mounts: BTreeSet<String>,
    /// Swap devices that may have come or gone.
    pub swaps: BTreeSet<String>,
}

impl Scope {
    /// Whether nothing needs to be probed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Fact {
    /// Adds what must be probed to see whether it is so.
    pub fn scope(&self, scope: &mut Scope) {
        match self {
            Self::Partitioned { disk, parts, .. } => {
                scope.topology.insert(disk.clone());
                scope.signatures.insert(disk.clone());
                let device = Device::new(disk, 0, Kind::Disk);
                scope.signatures.extend(parts.iter().map(|p| device.partition_path(p.number)));
            }
            Self::Blank { device } => {
                scope.topology.insert(device.clone());
                scope.signatures.insert(device.clone());
            }
            Self::Holds { device, .. } | Self::Header { device, .. } => {
                scope.signatures.insert(device.clone());
            }
            Self::Opened { on, name, .. } => {
                scope.topology.insert(on.clone());
                scope.signatures.insert(format!("/dev/mapper/{name}"));
            }
            Self::Closed { name } => {
                scope.topology.insert(format!("/dev/mapper/{name}"));
            }
            Self::GroupMade { group, .. }
            | Self::GroupGone { group }
            | Self::GroupActive { group, .. }
            | Self::VolumeMade { group, .. }
            | Self::VolumeInactive { group, .. }
            | Self::VolumeGone { group, .. } => {
                scope.groups.insert(group.clone());
            }
            Self::ArrayRunning { array, members, .. } => {
                scope.topology.extend(members.iter().cloned());
                scope.topology.insert(array.clone());
                scope.signatures.insert(array.clone());
            }
            Self::ArrayStopped { array } => {
                scope.topology.insert(array.clone());
            }
            Self::Mounted { at, .. } | Self::Unmounted { at } => {
                scope.mounts.insert(at.clone());
            }
            Self::Swapping { device, .. } => {
                scope.swaps.insert(device.clone());
            }
            Self::File { .. }
            | Self::HeaderSaved { .. }
            | Self::Dir { .. }
            | Self::Subvolume { .. }
            | Self::Link { .. }
            | Self::Absent { .. }
            | Self::Mode { .. }
            | Self::Owned { .. } => {}
        }
    }
}
