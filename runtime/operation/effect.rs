//! What an action does to the machine, in the terms in which it is approved.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that has to be approved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Everything on a device is lost.
    Destroys {
        /// The device, by the name that was given.
        device: String,
    },
    /// A key slot of a LUKS container is lost: for whoever has only that key, so is the container.
    RemovesKey {
        /// The container.
        device: String,
        /// The slot.
        slot: u32,
    },
    /// A volume group is lost, with its name and settings.
    RemovesGroup {
        /// The group.
        group: String,
    },
    /// Something on a device changes, and the rest stays.
    Alters {
        /// The device.
        device: String,
    },
    /// A volume group gets other volumes.
    AltersGroup {
        /// The group.
        group: String,
    },
    /// An encrypted container is opened.
    Opens {
        /// The container.
        device: String,
    },
    /// The volumes of a group become devices.
    Activates {
        /// The group.
        group: String,
    },
    /// A RAID array is started from its devices.
    Assembles {
        /// Its name.
        array: String,
    },
    /// Memory is swapped to a device or a file.
    SwapsTo {
        /// Which.
        area: String,
    },
    /// Files are written.
    Writes {
        /// The file, or a directory for everything below it.
        path: String,
    },
    /// A file is read, and nothing changes.
    Reads {
        /// The file.
        path: String,
    },
    /// A program runs that can do what it likes.
    Runs {
        /// The program.
        program: String,
        /// The root in which it is locked up; `/` for none.
        root: String,
    },
    /// A program downloads, or connects to other machines.
    Network {
        /// The program.
        program: String,
    },
    /// An action may be called that the plan can't reach.
    MayCall {
        /// Its name.
        action: String,
    },
    /// Something is mounted.
    Mounts {
        /// Where.
        at: String,
    },
    /// Something that is in use is given up.
    Ends {
        /// The command that ends it, `umount /mnt/gentoo`.
        what: String,
    },
}

impl fmt::Display for Effect {
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
            Self::Writes { path } => write!(f, "writes {path}"),
            Self::Reads { path } => write!(f, "reads {path}"),
            Self::Runs { program, root } if root == "/" => write!(f, "runs {program}"),
            Self::Runs { program, root } => write!(f, "runs {program} in {root}"),
            Self::Network { program } => write!(f, "uses the network ({program})"),
            Self::MayCall { action } => write!(f, "may call {action}, depending on the run"),
            Self::Mounts { at } => write!(f, "mounts {at}"),
            Self::Ends { what } => write!(f, "does {what}"),
        }
    }
}

/// Programs whose purpose is to connect to other machines. It warns; what else a program does that is run,
/// only the program knows.
const CONNECTING: &[&str] = &[
    "aria2c",
    "chronyd",
    "curl",
    "dhcpcd",
    "dig",
    "eix-sync",
    "emaint",
    "emerge",
    "emerge-webrsync",
    "esync",
    "ftp",
    "getuto",
    "git",
    "host",
    "lynx",
    "nc",
    "ncat",
    "nslookup",
    "ntpdate",
    "ping",
    "rsync",
    "scp",
    "sftp",
    "socat",
    "ssh",
    "telnet",
    "tftp",
    "wget",
];

impl Effect {
    /// A program that runs in a root, and uses the network if that is its purpose.
    pub fn runs(program: &str, root: &str) -> Vec<Self> {
        let mut effects = vec![Self::Runs { program: program.into(), root: root.into() }];
        let name = program.rsplit('/').next().unwrap_or(program);
        if CONNECTING.contains(&name) {
            effects.push(Self::Network { program: name.into() });
        }
        effects
    }

    /// What is lost and can't be restored, by the name with which it is approved.
    pub fn loses(&self) -> Option<&str> {
        match self {
            Self::Destroys { device } | Self::RemovesKey { device, .. } => Some(device),
            Self::RemovesGroup { group } => Some(group),
            _ => None,
        }
    }

    /// Whether what is on a device or in a volume group becomes different.
    pub fn changes_storage(&self) -> bool {
        self.loses().is_some() || matches!(self, Self::Alters { .. } | Self::AltersGroup { .. })
    }

    /// The device that it is about.
    pub fn device(&self) -> Option<&str> {
        match self {
            Self::Destroys { device }
            | Self::RemovesKey { device, .. }
            | Self::Alters { device }
            | Self::Opens { device }
            | Self::SwapsTo { area: device } => Some(device),
            _ => None,
        }
    }

    /// The volume group that it is about.
    pub fn group(&self) -> Option<&str> {
        match self {
            Self::RemovesGroup { group }
            | Self::AltersGroup { group }
            | Self::Activates { group } => Some(group),
            _ => None,
        }
    }

    /// The same effect on devices by other names.
    #[must_use]
    pub fn on(self, name: impl Fn(String) -> String) -> Self {
        match self {
            Self::Destroys { device } => Self::Destroys { device: name(device) },
            Self::RemovesKey { device, slot } => Self::RemovesKey { device: name(device), slot },
            Self::Alters { device } => Self::Alters { device: name(device) },
            Self::Opens { device } => Self::Opens { device: name(device) },
            Self::SwapsTo { area } => Self::SwapsTo { area: name(area) },
            other => other,
        }
    }
}
