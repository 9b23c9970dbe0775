//! Facts about control groups, and their release.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::CgroupLimits;
use super::step::CgroupWrite;

/// A fact about control groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum CgroupFact {
    /// A group exists and has these controllers.
    CgroupMade {
        /// The name of the group.
        group: String,
        /// The controllers that were requested.
        controllers: Vec<String>,
        /// The directories of the group.
        directories: Vec<String>,
    },
    /// A group does not exist.
    CgroupRemoved {
        /// The name of the group.
        group: String,
    },
    /// A group has enabled controllers for its children, or disabled them.
    CgroupEnabled {
        /// The name of the group.
        group: String,
        /// The controllers.
        controllers: Vec<String>,
        /// Whether they are enabled.
        on: bool,
        /// Disables them again.
        revert: Vec<CgroupWrite>,
    },
    /// A group has these limits.
    CgroupLimited {
        /// The name of the group.
        group: String,
        /// The limits.
        limits: CgroupLimits,
        /// The limits before.
        before: CgroupLimits,
        /// Restores the limits.
        revert: Vec<CgroupWrite>,
    },
    /// The processes of a group are stopped, or run.
    CgroupFrozen {
        /// The name of the group.
        group: String,
        /// Whether they are stopped.
        frozen: bool,
        /// The file with the state.
        file: String,
    },
    /// A process is in a group.
    CgroupMember {
        /// The name of the group.
        group: String,
        /// The number of the process.
        pid: u32,
        /// The group before.
        from: String,
        /// The `cgroup.procs` files of that group.
        back: Vec<String>,
    },
    /// A group has no processes.
    CgroupEmpty {
        /// The name of the group.
        group: String,
    },
    /// The processes of a group can only open these devices.
    CgroupFiltered {
        /// The name of the group.
        group: String,
        /// The devices.
        devices: Vec<String>,
    },
}

impl CgroupFact {
    /// Returns the group.
    pub fn group(&self) -> &str {
        match self {
            Self::CgroupMade { group, .. }
            | Self::CgroupRemoved { group }
            | Self::CgroupEnabled { group, .. }
            | Self::CgroupLimited { group, .. }
            | Self::CgroupFrozen { group, .. }
            | Self::CgroupMember { group, .. }
            | Self::CgroupEmpty { group }
            | Self::CgroupFiltered { group, .. } => group,
        }
    }
}

impl fmt::Display for CgroupFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group();
        write!(f, "control group {group} ")?;
        match self {
            Self::CgroupMade { controllers, .. } if controllers.is_empty() => f.write_str("exists"),
            Self::CgroupMade { controllers, .. } => write!(f, "has {}", controllers.join(", ")),
            Self::CgroupRemoved { .. } => f.write_str("does not exist"),
            Self::CgroupEnabled { controllers, on, .. } => {
                let verb = if *on { "enables" } else { "does not enable" };
                write!(f, "{verb} {} for its children", controllers.join(", "))
            }
            Self::CgroupLimited { limits, .. } => {
                let texts: Vec<String> = limits
                    .iter()
                    .map(|(limit, value)| format!("{} {value}", limit.file()).trim_end().to_owned())
                    .collect();
                write!(f, "has {}", texts.join(", "))
            }
            Self::CgroupFrozen { frozen: true, .. } => f.write_str("is frozen"),
            Self::CgroupFrozen { .. } => f.write_str("is not frozen"),
            Self::CgroupMember { pid, .. } => write!(f, "contains process {pid}"),
            Self::CgroupEmpty { .. } => f.write_str("has no processes"),
            Self::CgroupFiltered { devices, .. } if devices.is_empty() => {
                f.write_str("can open no devices")
            }
            Self::CgroupFiltered { devices, .. } => write!(f, "can open {}", devices.join(", ")),
        }
    }
}

/// Reverts a fact about a group. Displays as the command that a user would type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CgroupRelease {
    /// The fact that is reverted.
    pub fact: CgroupFact,
}
