//! What gives devices and mount points back.

use std::fmt;

use crate::types::quote;

/// An act that releases a device. Displays as the command that a user would type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StorageRelease {
    /// Unmount what is mounted there.
    Unmount {
        /// The mount point.
        at: String,
    },
    /// Stop swapping to it.
    SwapOff {
        /// The swap device.
        device: String,
    },
    /// Deactivate a volume group.
    Deactivate {
        /// Its name.
        group: String,
    },
    /// Deactivate one logical volume.
    DeactivateVolume {
        /// Its group.
        group: String,
        /// Its name.
        volume: String,
    },
    /// Close an encrypted mapping.
    Close {
        /// Its name below `/dev/mapper`.
        name: String,
    },
    /// Stop an md array.
    Stop {
        /// Its device.
        array: String,
    },
}

impl fmt::Display for StorageRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmount { at } => write!(f, "umount {}", quote(at)),
            Self::SwapOff { device } => write!(f, "swapoff {device}"),
            Self::Deactivate { group } => write!(f, "vgchange -a n {group}"),
            Self::DeactivateVolume { group, volume } => {
                write!(f, "lvchange -a n {group}/{volume}")
            }
            Self::Close { name } => write!(f, "cryptsetup close {name}"),
            Self::Stop { array } => write!(f, "mdadm --stop {array}"),
        }
    }
}
