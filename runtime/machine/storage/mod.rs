//! The part `storage`: block devices, volume groups, mounts and swap.
//!
//! Reading order: `device` and `volumes` (the state), `lookup` (finding a device by any of its
//! names), `usage` (what uses a device), `fact` and `release`, `learn`, `holds` and `changes` (what
//! facts mean for the model), `probe` (parsers of tool output), `compare` (the predicted against
//! the probed state), `layout` and `picture` (what is shown to the user), `check` (machine files).

mod anonymous;
mod changes;
mod check;
mod compare;
mod copies;
mod dependents;
mod describe;
mod device;
mod effect;
mod fact;
mod hardware;
mod hidden;
mod holds;
mod identity;
mod layout;
mod learn;
mod lookup;
mod overlap;
mod picture;
mod places;
pub mod probe;
mod release;
mod revealed;
mod scope;
mod state;
mod step;
mod usage;
mod uuids;
mod volumes;

use std::collections::BTreeMap;

use super::part::MachinePart;

pub(in crate::machine) use device::is_false;
pub use device::{
    Content, Device, DeviceKind, INACTIVE_ARRAY, LuksDetails, PartitionEntry, Table, partition_path,
};
pub use effect::StorageEffect;
pub use fact::{MountOrigin, NewPartition, StorageFact};
pub use hardware::Hardware;
pub use identity::Identity;
pub use layout::{layout, layout_within};
pub use lookup::{NoSuchDevice, Resolved};
pub use picture::{Canvas, picture, svg};
pub use release::{StorageRelease, group_selection};
pub use scope::StorageScope;
pub use step::{MountCall, StorageStep};
pub use usage::Use;
pub use volumes::{
    Group, GroupLock, MISSING, Mount, Volume, VolumeKind, dm_name, is_below, is_lvm_uuid,
    is_volume_of,
};

/// The part `storage`.
pub struct Part;

impl MachinePart for Part {
    type State = Storage;
    type Scope = StorageScope;
    type Fact = StorageFact;
    type Step = StorageStep;
    type Effect = StorageEffect;
    type Release = StorageRelease;

    const RESTORED_BY: &'static [&'static str] = &[
        "luks.open",
        "crypt.swap_on",
        "md.assemble",
        "lvm.vg_activate",
        effect::MOUNT,
        "mount.tmpfs",
        "mount.bind",
        "mount.swap_on",
        "chroot.prepare",
    ];
}

/// The state of storage in the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Storage {
    /// Block devices by their canonical path.
    pub devices: BTreeMap<String, Device>,
    /// Other names of devices: symbolic links below `/dev`.
    pub aliases: BTreeMap<String, String>,
    /// LVM volume groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Mounted filesystems, in the order in which they were mounted.
    pub mounts: Vec<Mount>,
    /// Active swap areas with their priorities.
    pub swaps: BTreeMap<String, i32>,
    /// The known contents of closed containers.
    hidden: hidden::ClosedContents,
}
