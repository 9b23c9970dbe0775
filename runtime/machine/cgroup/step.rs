//! Steps that change control groups, and their effects.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::effect::NeedKind::{Cgroups, Destroys};
use crate::machine::effect::{Declaration, PartEffect};

/// Text that is written to a file of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CgroupWrite {
    /// The path of the file.
    pub file: String,
    /// The text. The path of a device at its start stands for the number of the device.
    pub text: String,
}

/// A step that changes control groups: directories and files of the kernel (cgroups(7)).
#[derive(Debug, Clone, PartialEq)]
pub enum CgroupStep {
    /// Makes the directories of a group. Those that exist are kept.
    Make {
        /// The directories, one for each hierarchy.
        directories: Vec<String>,
    },
    /// Removes the directories of a group.
    Remove {
        /// The directories, one for each hierarchy.
        directories: Vec<String>,
        /// Whether the processes that are left move to the group above.
        evacuate: bool,
    },
    /// Writes to files, and returns their contents afterwards, one below the other.
    Write {
        /// The files and texts, in order.
        writes: Vec<CgroupWrite>,
    },
    /// Stops the processes of a group, or lets them run, and waits until it is so.
    Freeze {
        /// The file with the state.
        file: String,
        /// Whether to stop them.
        frozen: bool,
    },
    /// Moves a process.
    Move {
        /// The number of the process.
        pid: u32,
        /// The `cgroup.procs` files of the new group.
        files: Vec<String>,
        /// Whether a process that has ended is not an error.
        if_alive: bool,
    },
    /// Kills all processes of a group and of those below it, and waits until they have ended.
    Kill {
        /// The directory of the group.
        directory: String,
    },
    /// Allows the processes of a group to open and make these devices and no others.
    FilterDevices {
        /// The directory of the group.
        directory: String,
        /// The devices.
        devices: Vec<String>,
        /// Whether the hierarchy is of version 1.
        legacy: bool,
    },
}

/// The name of the file that lists the processes of a group.
pub(super) const PROCS: &str = "cgroup.procs";

/// Returns the text that stops the processes of a group, or lets them run.
pub(crate) fn freezing(file: &str, frozen: bool) -> &'static str {
    match (file.ends_with("/freezer.state"), frozen) {
        (true, true) => "FROZEN",
        (true, false) => "THAWED",
        (false, true) => "1",
        (false, false) => "0",
    }
}

/// Displays the step as the commands that do the same.
impl fmt::Display for CgroupStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let echo = |text: &str, file: &str| match text.split_once(' ') {
            Some((device, rest)) if device.starts_with('/') => {
                format!("echo $(lsblk -dno MAJ:MIN {device}) {rest} >{file}")
            }
            _ if text.contains([' ', '+']) || text.is_empty() => format!("echo '{text}' >{file}"),
            _ => format!("echo {text} >{file}"),
        };
        match self {
            Self::Make { directories } => write!(f, "mkdir {}", directories.join(" ")),
            Self::Remove { directories, .. } => write!(f, "rmdir {}", directories.join(" ")),
            Self::Write { writes } => {
                let each: Vec<String> =
                    writes.iter().map(|write| echo(&write.text, &write.file)).collect();
                f.write_str(&each.join("; "))
            }
            Self::Freeze { file, frozen } => f.write_str(&echo(freezing(file, *frozen), file)),
            Self::Move { pid, files, .. } => {
                let each: Vec<String> =
                    files.iter().map(|file| echo(&pid.to_string(), file)).collect();
                f.write_str(&each.join("; "))
            }
            Self::Kill { directory } => write!(f, "echo 1 >{directory}/cgroup.kill"),
            Self::FilterDevices { directory, devices, legacy: true } => {
                write!(f, "echo a >{directory}/devices.deny; allow {}", devices.join(" "))
            }
            Self::FilterDevices { directory, devices, .. } => {
                write!(f, "filter the devices of {directory}: allow {}", devices.join(" "))
            }
        }
    }
}

/// An effect on control groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum CgroupEffect {
    /// A group is made, changed or removed.
    AltersCgroup {
        /// The name of the group.
        group: String,
    },
    /// All processes of a group are killed, and lose what they have not saved.
    KillsCgroup {
        /// The name of the group.
        group: String,
    },
}

impl fmt::Display for CgroupEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AltersCgroup { group } => write!(f, "changes control group {group}"),
            Self::KillsCgroup { group } => {
                write!(f, "kills all processes of control group {group}")
            }
        }
    }
}

impl PartEffect for CgroupEffect {
    fn declaration(&self) -> Declaration<'_> {
        match self {
            Self::AltersCgroup { group } => Declaration::Named(Cgroups, group),
            Self::KillsCgroup { group } => Declaration::Named(Destroys, group),
        }
    }

    fn destroyed_item(&self) -> Option<&str> {
        match self {
            Self::AltersCgroup { .. } => None,
            Self::KillsCgroup { group } => Some(group),
        }
    }

    fn restores(&self) -> bool {
        matches!(self, Self::AltersCgroup { .. })
    }
}
