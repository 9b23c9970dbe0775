//! The model of a machine: block devices, volume groups, mounts and swap, as plain data.
//!
//! A [`Machine`] comes from probing the real one ([`probe`]), from a JSON file, or from another
//! machine by learning [`Fact`]s. Everything here is pure: the same rules hold for the simulated
//! and for the real run. Reading order: `device` and `storage` (what there is), `lookup` (finding
//! it by any name), `usage` (who holds what), `fact` (what an operation makes true), `compare`
//! (predicted against probed), `layout` and `picture` (what a person sees), `valid` (machine files).

mod anonymous;
mod compare;
mod describe;
mod device;
mod fact;
pub mod files;
mod hidden;
mod holds;
mod identity;
mod layout;
mod learn;
mod lookup;
pub mod origin;
mod picture;
pub mod probe;
mod revealed;
mod scope;
mod storage;
mod ties;
mod usage;
mod valid;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use compare::{Difference, compare};
pub use device::{Content, Device, Hardware, Kind, PartitionEntry, Table, partition_path};
pub use fact::{Fact, Lifetime, MountOrigin, NewPartition};
pub use identity::Identity;
pub use layout::{layout, layout_within};
pub use learn::Contradiction;
pub use lookup::{NoSuchDevice, Resolved};
pub use picture::{Canvas, picture, svg};
pub use scope::Scope;
pub use storage::{Group, Mount, Volume, VolumeKind, dm_name, is_below, is_volume_of};
pub use usage::{Release, Use};
pub use valid::Flaw;

/// The format of machine files; raised when an old program could misread a new file.
pub const MACHINE_FORMAT: u32 = 1;

/// A whole machine, as far as installing and repairing a system needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// See [`MACHINE_FORMAT`].
    pub format: u32,
    /// What the machine as such can do.
    pub host: Host,
    /// Block devices by their canonical path.
    #[serde(deserialize_with = "valid::unique")]
    pub devices: BTreeMap<String, Device>,
    /// Further names of devices (symlinks below `/dev`).
    #[serde(
        default,
        deserialize_with = "valid::unique",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub aliases: BTreeMap<String, String>,
    /// LVM volume groups by name.
    #[serde(
        default,
        deserialize_with = "valid::unique",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub groups: BTreeMap<String, Group>,
    /// Mounted filesystems, in the order in which they were mounted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
    /// Active swap areas with their priority.
    #[serde(
        default,
        deserialize_with = "valid::unique",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub swaps: BTreeMap<String, i32>,
    /// What is known about containers that are closed at the moment.
    #[serde(skip)]
    hidden: hidden::Hidden,
}

/// The machine apart from its storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Whether a udev daemon makes the device nodes and their symlinks.
    pub udev: bool,
    /// Whether the contents of devices are what udev remembers: whoever looked was not allowed to
    /// read the devices themselves.
    #[serde(default, skip_serializing_if = "device::is_false")]
    pub secondhand: bool,
    /// Programs found in the search path; `None` where nobody looked, so that any may be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programs: Option<BTreeMap<String, String>>,
}

impl Machine {
    /// A machine without anything in it.
    pub fn empty() -> Self {
        Self {
            format: MACHINE_FORMAT,
            host: Host { udev: true, secondhand: false, programs: None },
            devices: BTreeMap::new(),
            aliases: BTreeMap::new(),
            groups: BTreeMap::new(),
            mounts: Vec::new(),
            swaps: BTreeMap::new(),
            hidden: hidden::Hidden::default(),
        }
    }

    /// Adds a device under its own path.
    pub fn insert(&mut self, device: Device) {
        self.devices.insert(device.path.clone(), device);
    }
}
