//! Violated rules about control groups.

use crate::error::Rule;

/// A violated rule about control groups.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CgroupRule {
    /// No hierarchy is mounted.
    #[error("control groups: no hierarchy is mounted")]
    NotMounted,
    /// The group does not exist.
    #[error("control group {group}: no such group")]
    NoSuchGroup {
        /// The name of the group.
        group: String,
    },
    /// The group exists without these controllers.
    #[error("control group {group}: exists without {}", lacks.join(", "))]
    Exists {
        /// The name of the group.
        group: String,
        /// The missing controllers.
        lacks: Vec<String>,
    },
    /// The kernel does not offer the controller.
    #[error("controller {controller}: not available in control group {group}")]
    Unavailable {
        /// The controller.
        controller: String,
        /// The group above that does not have it.
        group: String,
        /// The available controllers.
        available: Vec<String>,
    },
    /// Processes are in the way of a controller (`no internal processes`).
    #[error(
        "control group {group}: cannot enable {controller} for its children while it has {processes} processes of its own"
    )]
    InternalProcesses {
        /// The group above.
        group: String,
        /// The controller.
        controller: String,
        /// The number of processes.
        processes: usize,
    },
    /// Controllers are in the way of a process (`no internal processes`).
    #[error("control group {group}: cannot have processes of its own while it enables {} for its children", enabled.join(", "))]
    EnablesControllers {
        /// The group.
        group: String,
        /// The controllers.
        enabled: Vec<String>,
    },
    /// The group has processes.
    #[error("control group {group}: has processes {processes}")]
    HasProcesses {
        /// The group.
        group: String,
        /// Their numbers.
        processes: String,
    },
    /// The group contains groups.
    #[error("control group {group}: contains control group {below}")]
    HasGroups {
        /// The group.
        group: String,
        /// One of the groups in it.
        below: String,
    },
    /// The group does not have the controller of a limit.
    #[error("control group {group}: has no controller {controller}")]
    LacksController {
        /// The group.
        group: String,
        /// The controller.
        controller: String,
    },
    /// The limit does not exist in version 1.
    #[error("{limit}: not available in version 1 of control groups")]
    OnlyUnified {
        /// The limit.
        limit: &'static str,
        /// What can be used instead.
        instead: &'static str,
    },
    /// The group at the top of a hierarchy cannot be changed.
    #[error("control group /: cannot be {what}")]
    Top {
        /// What was attempted, such as `removed`.
        what: &'static str,
    },
    /// A call without limits.
    #[error("control group {group}: no limit is given")]
    NoLimit {
        /// The group.
        group: String,
    },
    /// A device is a part of another one.
    #[error("device {device}: is a partition, which has no limits of its own")]
    PartOfDisk {
        /// The device.
        device: String,
        /// The device with the limits.
        disk: String,
    },
    /// A device does not exist.
    #[error("device {device}: no such file")]
    NoSuchNode {
        /// The path of the device.
        device: String,
    },
    /// The version of the kernel cannot freeze groups.
    #[error("control group {group}: has no freezer")]
    NoFreezer {
        /// The group.
        group: String,
    },
}

impl Rule for CgroupRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotMounted => "run mount -t cgroup2 cgroup2 /sys/fs/cgroup".into(),
            Self::NoSuchGroup { group } => format!("create it first: cgroup::create({group:?})"),
            Self::Exists { group, .. } => {
                format!("remove it first (cgroup::remove({group:?})), or choose another name")
            }
            Self::Unavailable { available, .. } if available.is_empty() => {
                "build a kernel with the controller, or have the group delegated".into()
            }
            Self::Unavailable { available, .. } => {
                format!(
                    "use one of {}, or build a kernel with the controller",
                    available.join(", ")
                )
            }
            Self::InternalProcesses { group, .. } => format!(
                "create a group in it for its processes (cgroup::create(\"{group}/own\")), and move them \
                 there: cgroup::add_process(\"{group}/own\", PID)"
            ),
            Self::EnablesControllers { group, .. } => {
                format!("create a group in it for the process: cgroup::create(\"{group}/own\")")
            }
            Self::HasProcesses { group, .. } => format!(
                "move them to another group with cgroup::add_process, or kill them: \
                 cgroup::kill({group:?})"
            ),
            Self::HasGroups { below, .. } => format!("remove it first: cgroup::remove({below:?})"),
            Self::LacksController { group, controller } => format!(
                "create the group with it: cgroup::create({group:?}, #{{ controllers: [{controller:?}] \
                 }})"
            ),
            Self::OnlyUnified { instead, .. } => (*instead).into(),
            Self::Top { .. } => "create a group and use that: cgroup::create(\"NAME\")".into(),
            Self::NoLimit { .. } => {
                "add a limit, for example memory_max: \"512M\" or pids_max: 100".into()
            }
            Self::PartOfDisk { disk, .. } => format!("limit its disk: {disk}"),
            Self::NoSuchNode { .. } => "list the devices with: ls -l /dev".into(),
            Self::NoFreezer { .. } => "mount version 2, or the controller freezer".into(),
        })
    }
}
