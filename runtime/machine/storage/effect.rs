//! Effects on storage, which have to be approved.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::is_below;
use crate::machine::effect::NeedKind::{Alters, Destroys, Devices, Mounts, Opens, Writes};
use crate::machine::effect::{Declaration, PartEffect};

/// The primitive that mounts a device.
pub(super) const MOUNT: &str = "mount.mount";

/// An effect on storage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum StorageEffect {
    /// All data on a device is lost.
    Destroys {
        /// The device, under the name that was given.
        device: String,
    },
    /// A key slot of a LUKS container is erased. Without another key, all data in the container is
    /// lost.
    RemovesKey {
        /// The container.
        device: String,
        /// The key slot.
        slot: u32,
    },
    /// A volume group is removed, with its name and settings.
    RemovesGroup {
        /// The group.
        group: String,
    },
    /// Some data on a device changes, and the rest is unchanged.
    Alters {
        /// The device.
        device: String,
    },
    /// The volumes of a volume group change.
    AltersGroup {
        /// The group.
        group: String,
    },
    /// An encrypted container is opened.
    Opens {
        /// The container.
        device: String,
    },
    /// The volumes of a group are activated.
    Activates {
        /// The group.
        group: String,
    },
    /// A RAID array is assembled and started.
    Assembles {
        /// The name of the array.
        array: String,
    },
    /// A device or file is used as swap space.
    SwapsTo {
        /// The device or file.
        area: String,
    },
    /// The contents of a device are read, or made available by a mount or to a control group.
    Uses {
        /// The device.
        device: String,
    },
    /// A filesystem is mounted.
    Mounts {
        /// The mount point.
        at: String,
    },
}

impl fmt::Display for StorageEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Destroys { device } => write!(f, "destroys {device}"),
            Self::RemovesKey { device, slot } => write!(f, "removes key slot {slot} of {device}"),
            Self::RemovesGroup { group } => write!(f, "removes volume group {group}"),
            Self::Alters { device } => write!(f, "changes {device}"),
            Self::AltersGroup { group } => write!(f, "changes volume group {group}"),
            Self::Opens { device } => write!(f, "opens {device}"),
            Self::Activates { group } => write!(f, "activates volume group {group}"),
            Self::Assembles { array } => write!(f, "starts RAID array {array}"),
            Self::SwapsTo { area } => write!(f, "swaps to {area}"),
            Self::Uses { device } => write!(f, "uses {device}"),
            Self::Mounts { at } => write!(f, "mounts {at}"),
        }
    }
}

impl PartEffect for StorageEffect {
    fn declaration(&self) -> Declaration<'_> {
        match self {
            Self::Mounts { at: path } => Declaration::Below(Mounts, path),
            Self::SwapsTo { area } if !is_below(area, "/dev") => Declaration::Below(Writes, area),
            Self::Destroys { device: name }
            | Self::RemovesKey { device: name, .. }
            | Self::RemovesGroup { group: name } => Declaration::Named(Destroys, name),
            Self::Alters { device: name } | Self::AltersGroup { group: name } => {
                Declaration::Named(Alters, name)
            }
            Self::Opens { device: name }
            | Self::Activates { group: name }
            | Self::Assembles { array: name }
            | Self::SwapsTo { area: name } => Declaration::Named(Opens, name),
            Self::Uses { device: name } => Declaration::Named(Devices, name),
        }
    }

    fn destroyed_item(&self) -> Option<&str> {
        match self {
            Self::Destroys { device } | Self::RemovesKey { device, .. } => Some(device),
            Self::RemovesGroup { group } => Some(group),
            _ => None,
        }
    }

    fn changes_storage(&self) -> bool {
        self.destroyed_item().is_some()
            || matches!(self, Self::Alters { .. } | Self::AltersGroup { .. })
    }

    fn restores(&self) -> bool {
        matches!(
            self,
            Self::Mounts { .. }
                | Self::Uses { .. }
                | Self::Opens { .. }
                | Self::Activates { .. }
                | Self::Assembles { .. }
                | Self::SwapsTo { .. }
        )
    }

    fn announced_by(&self) -> Option<&'static str> {
        matches!(self, Self::Uses { .. }).then_some(MOUNT)
    }

    fn device(&self) -> Option<&str> {
        match self {
            Self::Destroys { device }
            | Self::RemovesKey { device, .. }
            | Self::Alters { device }
            | Self::Opens { device }
            | Self::Uses { device }
            | Self::SwapsTo { area: device } => Some(device),
            _ => None,
        }
    }

    fn group(&self) -> Option<&str> {
        match self {
            Self::RemovesGroup { group }
            | Self::AltersGroup { group }
            | Self::Activates { group } => Some(group),
            _ => None,
        }
    }

    fn directory(&self) -> Option<String> {
        match self {
            Self::Mounts { at } => Some(at.clone()),
            Self::SwapsTo { area } if !is_below(area, "/dev") => Some(area.clone()),
            _ => None,
        }
    }

    fn rename(&mut self, name: &dyn Fn(&str) -> String) {
        match self {
            Self::Destroys { device }
            | Self::RemovesKey { device, .. }
            | Self::Alters { device }
            | Self::Opens { device }
            | Self::Uses { device }
            | Self::SwapsTo { area: device } => *device = name(device),
            _ => {}
        }
    }
}
