//! The part `cgroup`: the control groups of the running kernel (cgroups(7)), of both versions.
//!
//! `hierarchy` finds the hierarchies and the directories of a group, `limits` converts limits
//! between the formats of both versions, `throughput` those of single devices, `fact` and `step` contain the facts, releases, steps and
//! effects, `changes` what they mean to the rest of the program, `state` machine files and
//! comparison. A limit more is a variant of `CgroupLimit`.

mod changes;
mod fact;
mod hierarchy;
mod limits;
mod pids;
mod state;
mod step;
mod throughput;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::part::MachinePart;

pub use fact::{CgroupFact, CgroupRelease};
pub use hierarchy::{DEFAULT_MOUNT, hierarchies};
pub use limits::{CgroupLimit, CgroupLimits};
pub use pids::{pid_ranges, pids_of};
pub(crate) use step::freezing;
pub use step::{CgroupEffect, CgroupStep, CgroupWrite};
pub use throughput::{Throughput, has_devices, with_paths};

/// The part `cgroup`.
pub struct Part;

impl MachinePart for Part {
    type State = Cgroups;
    type Scope = CgroupScope;
    type Fact = CgroupFact;
    type Step = CgroupStep;
    type Effect = CgroupEffect;
    type Release = CgroupRelease;

    const RESTORED_BY: &'static [&'static str] =
        &["cgroup.create", "cgroup.set", "cgroup.device_allow"];
}

/// The name of the group at the top of every hierarchy.
pub const ROOT: &str = "/";

/// The state of control groups in the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cgroups {
    /// The hierarchies and groups; `None` if they were not probed.
    pub found: Option<ControlGroups>,
}

/// The hierarchies that are mounted, and their groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlGroups {
    /// The mount point of version 2.
    pub unified: Option<String>,
    /// The mount point of each controller of version 1. `blkio` has its name of version 2, `io`.
    pub legacy: BTreeMap<String, String>,
    /// The groups by their path below the mount points; [`ROOT`] is the group at the top.
    pub groups: BTreeMap<String, ControlGroup>,
}

/// A control group: its directories in all hierarchies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlGroup {
    /// The controllers that act on the group.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub controllers: BTreeSet<String>,
    /// The controllers of version 2 that the group has enabled for its children
    /// (`cgroup.subtree_control`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub enabled: BTreeSet<String>,
    /// The limits that differ from the kernel's defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: CgroupLimits,
    /// The processes in the group itself, as ranges of numbers; none for [`ROOT`].
    #[serde(default, with = "pids", skip_serializing_if = "BTreeSet::is_empty")]
    pub processes: BTreeSet<u32>,
    /// Whether the group was frozen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
}

/// The groups that a fact is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CgroupScope {
    /// Groups that may differ.
    pub groups: BTreeSet<String>,
}
