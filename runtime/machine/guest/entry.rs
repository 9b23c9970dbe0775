//! A guest: what runs it, what it does, and its place.

use serde::{Deserialize, Serialize};

use super::kind::GuestKind;
use crate::machine::cgroup::CgroupLimits;

/// What a guest does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuestState {
    /// It does not run.
    #[default]
    Stopped,
    /// It runs.
    Running,
    /// All of its processes are stopped.
    Frozen,
}

impl GuestState {
    /// Returns the state in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Running => "running",
            Self::Frozen => "frozen",
        }
    }
}

/// A guest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// The software that runs it.
    pub kind: GuestKind,
    /// What it does.
    pub state: GuestState,
    /// The number of its first process on this system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<u32>,
    /// The directory of its files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rootfs: Option<String>,
    /// The images that it uses as disks, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<String>,
    /// The terminal on this system that is a console of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<String>,
    /// Its limits by name, as they are configured.
    #[serde(default, skip_serializing_if = "CgroupLimits::is_empty")]
    pub limits: CgroupLimits,
}

/// Returns the directory of all guests, and the name of the guest, from the directory of one.
pub fn path_and_name(directory: &str) -> (&str, &str) {
    directory.rsplit_once('/').unwrap_or(("", directory))
}
