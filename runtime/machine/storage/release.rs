//! Releases of devices and mount points.

use std::fmt;

use super::is_lvm_uuid;
use crate::types::quote;

/// An act that releases a device. Displays as the command that a user would type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StorageRelease {
    /// Unmounts a filesystem.
    Unmount {
        /// The mount point.
        at: String,
    },
    /// Disables a swap area.
    SwapOff {
        /// The device or file.
        device: String,
    },
    /// Deactivates a volume group.
    Deactivate {
        /// The name of the group.
        group: String,
    },
    /// Deactivates a logical volume.
    DeactivateVolume {
        /// The name of its group.
        group: String,
        /// The name of the volume.
        volume: String,
    },
    /// Closes an encrypted mapping.
    Close {
        /// The name below `/dev/mapper`.
        name: String,
    },
    /// Stops an md array.
    Stop {
        /// The device of the array.
        array: String,
    },
}

impl fmt::Display for StorageRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmount { at } => write!(f, "umount {}", quote(at)),
            Self::SwapOff { device } => write!(f, "swapoff {device}"),
            Self::Deactivate { group } => {
                write!(f, "vgchange -a n {}", group_selection(group).join(" "))
            }
            Self::DeactivateVolume { group, volume } => {
                write!(f, "lvchange -a n {group}/{volume}")
            }
            Self::Close { name } => write!(f, "cryptsetup close {name}"),
            Self::Stop { array } => write!(f, "mdadm --stop {array}"),
        }
    }
}

/// Returns the arguments of vgchange(8) that select a group by the name or UUID under which it is
/// listed.
pub fn group_selection(key: &str) -> Vec<String> {
    match is_lvm_uuid(key) {
        true => vec!["--select".into(), format!("vg_uuid={key}")],
        false => vec![key.to_owned()],
    }
}
