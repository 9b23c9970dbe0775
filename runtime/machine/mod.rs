//! The model of a machine: its files, storage and network, as plain data.
//!
//! A [`Machine`] is created by probing the real one ([`probe`]), by reading a JSON file, or by
//! adding [`Fact`]s to another machine. Everything here is pure, so simulated and real runs follow
//! the same rules.
//!
//! Reading order: `parts` (the list of parts), `fact` (what an operation makes true), then the
//! directories of the parts. In `storage`: `lookup` (finds a device by any of its names), `usage`
//! (what uses a device), `compare` (the predicted against the probed state), `layout` and `picture`
//! (what is shown to the user). `valid` checks machine files.

pub mod builds;
pub mod cgroup;
mod cmd;
mod compare;
mod difference;
mod effect;
mod fact;
mod file;
pub mod files;
mod firmware;
pub mod guest;
mod joined;
mod listing;
pub mod net;
mod part;
pub(crate) mod parts;
mod programs;
mod scope;
pub mod share;
mod state;
mod step;
pub mod storage;
mod tagged;
mod valid;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use parts::parts;

pub use cmd::{Cmd, Program, Reading, Stdin};
pub use compare::compare;
pub use difference::Difference;
pub(crate) use difference::Differences;
pub use effect::NeedKind;
pub(crate) use effect::{Declaration, PartEffect};
pub use fact::{Contradiction, Fact, Lifetime, Release, Unfinished, restored_after_reboot};
pub use files::{FilesEffect, FilesFact, FilesStep, origin};
pub use firmware::FirmwareState;
pub use joined::joined_releases;
pub use listing::listing;
pub(crate) use part::MachinePart;
pub use programs::{HIDDEN_DIRECTORIES, MissingProgram, PROGRAMS, ProgramInfo, program_info};
pub use scope::Scope;
pub use step::Step;
pub use storage::{
    Canvas, Content, Device, DeviceKind, Group, GroupLock, Hardware, INACTIVE_ARRAY, Identity,
    LuksDetails, MISSING, Mount, MountCall, MountOrigin, NewPartition, NoSuchDevice,
    PartitionEntry, Resolved, Storage, StorageEffect, StorageFact, StorageRelease, StorageStep,
    Table, Use, Volume, VolumeKind, dm_name, group_selection, is_below, is_lvm_uuid, is_volume_of,
    layout, layout_within, partition_path, picture, probe, svg,
};
pub(crate) use tagged::by_tag;
pub use valid::MachineProblem;

/// The format of machine files. It is incremented when an older program could misread a newer file.
pub const MACHINE_FORMAT: u32 = 1;

macro_rules! machine {
    ($($module:ident $Part:ident,)*) => {
        /// The model of a machine, limited to what installing and repairing a system needs.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Machine {
            /// The format of the machine file: [`MACHINE_FORMAT`].
            pub format: u32,
            /// Properties of the machine as a whole.
            pub host: HostState,
            $(
                #[doc = concat!("The state of the part `", stringify!($module), "`.")]
                pub $module: <$module::Part as MachinePart>::State,
            )*
        }

        impl Machine {
            /// Returns a machine with a udev daemon and without any devices.
            pub fn empty() -> Self {
                Self {
                    format: MACHINE_FORMAT,
                    host: HostState {
                        udev: true,
                        secondhand: false,
                        programs: None,
                        architecture: None,
                        firmware: None,
                        notes: Vec::new(),
                    },
                    $($module: Default::default(),)*
                }
            }
        }
    };
}

parts!(machine);

/// Properties of a machine that belong to none of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostState {
    /// Whether a udev daemon creates the device nodes and their symbolic links.
    pub udev: bool,
    /// Whether the contents of devices come from the udev database, because the probe lacked the
    /// permission to read the devices themselves.
    #[serde(default, skip_serializing_if = "storage::is_false")]
    pub secondhand: bool,
    /// Programs found in the search path; `None` if they were not probed, so any may be installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programs: Option<BTreeMap<String, String>>,
    /// The architecture as of uname(2), such as `x86_64`; `None` if it was not probed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The firmware that booted the machine; `None` if it was not probed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<FirmwareState>,
    /// What the probe had to leave out, as sentences for the user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
