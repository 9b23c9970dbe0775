//! The model of a machine: block devices, volume groups, mounts and swap, as plain data.
//!
//! A [`Machine`] comes from probing the real one ([`probe`]), from a JSON file, or from another
//! machine by learning [`Fact`]s. Everything here is pure: the same rules hold for the simulated
//! and for the real run. Reading order: `parts` (the list of parts), `fact` (what an operation makes true), `storage` (what there is; `lookup` (finding
//! it by any name), `usage` (who holds what), `fact` (what an operation makes true), `compare`
//! (predicted against probed), `layout` and `picture` (what a person sees), `valid` (machine files).

mod cmd;
mod compare;
mod difference;
mod effect;
mod fact;
mod file;
pub mod files;
pub mod net;
mod part;
pub(crate) mod parts;
mod programs;
mod scope;
mod state;
mod step;
pub mod storage;
mod tagged;
mod valid;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use parts::parts;

pub use cmd::{Cmd, Program, Stdin};
pub use compare::compare;
pub use difference::Difference;
pub(crate) use difference::Differences;
pub(crate) use effect::{Announced, NeedKind, PartEffect};
pub use fact::{Contradiction, Fact, Lifetime, Release, makes_again};
pub use files::{FilesEffect, FilesFact, FilesStep, origin};
pub(crate) use part::MachinePart;
pub use programs::{MissingProgram, PROGRAMS, ProgramInfo, program_info};
pub use scope::Scope;
pub use step::Step;
pub use storage::{
    Canvas, Content, Device, DeviceKind, Group, Hardware, Identity, Mount, MountCall, MountOrigin,
    NewPartition, NoSuchDevice, PartitionEntry, Resolved, Storage, StorageEffect, StorageFact,
    StorageRelease, StorageStep, Table, Use, Volume, VolumeKind, dm_name, is_below, is_volume_of,
    layout, layout_within, partition_path, picture, probe, svg,
};
pub(crate) use tagged::by_tag;
pub use valid::Flaw;

/// The format of machine files; raised when an old program could misread a new file.
pub const MACHINE_FORMAT: u32 = 1;

macro_rules! machine {
    ($($module:ident $Part:ident,)*) => {
        /// A whole machine, as far as installing and repairing a system needs it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Machine {
            /// See [`MACHINE_FORMAT`].
            pub format: u32,
            /// What the machine as such can do.
            pub host: HostState,
            $(
                #[doc = concat!("What is known of the part `", stringify!($module), "`.")]
                pub $module: <$module::Part as MachinePart>::State,
            )*
        }

        impl Machine {
            /// A machine without anything in it.
            pub fn empty() -> Self {
                Self {
                    format: MACHINE_FORMAT,
                    host: HostState { udev: true, secondhand: false, programs: None },
                    $($module: Default::default(),)*
                }
            }
        }
    };
}

parts!(machine);

/// The machine apart from its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostState {
    /// Whether a udev daemon makes the device nodes and their symlinks.
    pub udev: bool,
    /// Whether the contents of devices are what udev remembers: whoever looked was not allowed to
    /// read the devices themselves.
    #[serde(default, skip_serializing_if = "storage::is_false")]
    pub secondhand: bool,
    /// Programs found in the search path; `None` where nobody looked, so that any may be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programs: Option<BTreeMap<String, String>>,
}
