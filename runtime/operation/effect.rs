//! The effects of an action on the machine, in the terms in which they are approved.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::machine::parts::parts;
use crate::machine::{
    Declaration, FilesEffect, MachinePart, NeedKind, PartEffect, StorageEffect, by_tag, is_below,
};

/// An effect of a program that a run starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum ProgramEffect {
    /// Runs a program, whose changes are unknown.
    Runs {
        /// The program.
        program: String,
        /// The root directory to which the program is confined; `/` for none.
        root: String,
    },
    /// Connects to other machines, for example to download files.
    Network {
        /// The program.
        program: String,
    },
    /// Connects to another machine that the recipe names.
    Connects {
        /// The name or address of the machine.
        host: String,
    },
    /// Lets Portage install packages from a repository, whose ebuilds run as root.
    UsesRepository {
        /// The name of the repository.
        repository: String,
        /// The address that it is downloaded from, where the action sets one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// May call an action that the plan cannot reach.
    MayCall {
        /// The name of the action.
        action: String,
    },
    /// Releases a resource that is in use.
    Ends {
        /// The command that releases the resource, for example `umount /mnt/gentoo`.
        what: String,
    },
}

impl fmt::Display for ProgramEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs { program, root } if root == "/" => write!(f, "runs {program}"),
            Self::Runs { program, root } => write!(f, "runs {program} in {root}"),
            Self::Network { program } => write!(f, "uses the network ({program})"),
            Self::Connects { host } => write!(f, "connects to {host}"),
            Self::UsesRepository { repository, from: None } => {
                write!(f, "changes repository {repository}")
            }
            Self::UsesRepository { repository, from: Some(from) } => {
                write!(f, "installs from repository {repository} ({from})")
            }
            Self::MayCall { action } => write!(f, "may call {action}, depending on the run"),
            Self::Ends { what } => write!(f, "does {what}"),
        }
    }
}

impl PartEffect for ProgramEffect {
    fn declaration(&self) -> Declaration<'_> {
        match self {
            // A release is listed in the plan as a command of its own, and an announced action has
            // effects of its own.
            Self::Ends { .. } | Self::MayCall { .. } => Declaration::Nothing,
            Self::Network { .. } => Declaration::Any(NeedKind::Network),
            Self::Connects { host } => Declaration::Named(NeedKind::Network, host),
            Self::UsesRepository { repository, .. } => {
                Declaration::Named(NeedKind::Repositories, repository)
            }
            Self::Runs { program, .. } => Declaration::Named(NeedKind::Runs, program),
        }
    }

    fn directory(&self) -> Option<String> {
        match self {
            Self::Runs { root, .. } if root != "/" => Some(root.clone()),
            _ => None,
        }
    }
}

macro_rules! effects {
    ($($module:ident $Part:ident,)*) => {
        /// An effect that has to be approved.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(untagged)]
        pub enum Effect {
            /// An effect of a program.
            Program(ProgramEffect),
            $(
                #[doc = concat!("An effect of the part `", stringify!($module), "`.")]
                $Part(<crate::machine::$module::Part as MachinePart>::Effect),
            )*
        }

        impl<'de> Deserialize<'de> for Effect {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(from)?;
                $(
                    if let Some(effect) = by_tag("effect", &value) {
                        return effect.map(Self::$Part).map_err(Error::custom);
                    }
                )*
                serde_json::from_value(value).map(Self::Program).map_err(Error::custom)
            }
        }

        impl Effect {
            fn part(&self) -> &dyn PartEffect {
                match self {
                    Self::Program(effect) => effect,
                    $(Self::$Part(effect) => effect,)*
                }
            }

            fn part_mut(&mut self) -> &mut dyn PartEffect {
                match self {
                    Self::Program(effect) => effect,
                    $(Self::$Part(effect) => effect,)*
                }
            }
        }

        $(
            impl From<<crate::machine::$module::Part as MachinePart>::Effect> for Effect {
                fn from(effect: <crate::machine::$module::Part as MachinePart>::Effect) -> Self {
                    Self::$Part(effect)
                }
            }
        )*
    };
}

parts!(effects);

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part().fmt(f)
    }
}

/// Programs whose purpose is to connect to other machines. The list only serves as a warning: other
/// programs that a recipe runs may connect as well.
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
    /// Returns the effects of a program that runs in a root, including network access if that is
    /// its purpose.
    pub fn runs(program: &str, root: &str) -> Vec<Self> {
        let mut effects =
            vec![Self::Program(ProgramEffect::Runs { program: program.into(), root: root.into() })];
        let name = program.rsplit('/').next().unwrap_or(program);
        if CONNECTING.contains(&name) {
            effects.push(Self::Program(ProgramEffect::Network { program: name.into() }));
        }
        effects
    }

    /// Returns the effect of reading a file, or a device that is named by its path.
    pub(crate) fn reads(path: &str) -> Self {
        match is_below(path, "/dev") {
            true => Self::Storage(StorageEffect::Uses { device: path.to_owned() }),
            false => Self::Files(FilesEffect::Reads { path: path.to_owned() }),
        }
    }

    /// Returns whether something is only read.
    pub(crate) const fn is_read(&self) -> bool {
        matches!(
            self,
            Self::Files(FilesEffect::Reads { .. }) | Self::Storage(StorageEffect::Uses { .. })
        )
    }

    /// Returns the `[needs]` entry that declares the effect.
    pub(crate) fn announced(&self) -> Declaration<'_> {
        self.part().declaration()
    }

    /// Returns the name under which an irrecoverable loss of data is approved; `None` if nothing is
    /// lost.
    pub fn loses(&self) -> Option<&str> {
        self.part().destroyed_item()
    }

    /// Returns whether the contents of a device or volume group change.
    pub fn changes_storage(&self) -> bool {
        self.part().changes_storage()
    }

    /// Returns the action whose announcement includes the effect.
    pub fn announced_by(&self) -> Option<&'static str> {
        self.part().announced_by()
    }

    /// Returns whether the effect only restores what a reboot ended.
    pub fn restores(&self) -> bool {
        self.part().restores()
    }

    /// Returns the device that the effect concerns.
    pub fn device(&self) -> Option<&str> {
        self.part().device()
    }

    /// Returns the volume group that the effect concerns.
    pub fn group(&self) -> Option<&str> {
        self.part().group()
    }

    /// Returns the directory that the effect changes, if any.
    pub fn directory(&self) -> Option<String> {
        self.part().directory()
    }

    /// Returns the same effect with device names replaced.
    #[must_use]
    pub fn on(mut self, name: impl Fn(String) -> String) -> Self {
        self.part_mut().rename(&|device| name(device.to_owned()));
        self
    }
}
