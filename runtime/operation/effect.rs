//! What an action does to the machine, in the terms in which it is approved.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::machine::parts::parts;
use crate::machine::{Announced, MachinePart, NeedKind, PartEffect, by_tag};

/// What a program does that a run starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum ProgramEffect {
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
    /// Something that is in use is given up.
    Ends {
        /// The command that ends it, `umount /mnt/gentoo`.
        what: String,
    },
}

impl fmt::Display for ProgramEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs { program, root } if root == "/" => write!(f, "runs {program}"),
            Self::Runs { program, root } => write!(f, "runs {program} in {root}"),
            Self::Network { program } => write!(f, "uses the network ({program})"),
            Self::MayCall { action } => write!(f, "may call {action}, depending on the run"),
            Self::Ends { what } => write!(f, "does {what}"),
        }
    }
}

impl PartEffect for ProgramEffect {
    fn announced(&self) -> Announced<'_> {
        match self {
            // What a run ends has its own command in the plan.
            Self::Ends { .. } | Self::MayCall { .. } => Announced::Nothing,
            Self::Network { .. } => Announced::Network,
            Self::Runs { program, .. } => Announced::Named(&[NeedKind::Runs], program),
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
        /// Something that has to be approved.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(untagged)]
        pub enum Effect {
            /// Of a program.
            Program(ProgramEffect),
            $(
                #[doc = concat!("Of the part `", stringify!($module), "`.")]
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
        let mut effects =
            vec![Self::Program(ProgramEffect::Runs { program: program.into(), root: root.into() })];
        let name = program.rsplit('/').next().unwrap_or(program);
        if CONNECTING.contains(&name) {
            effects.push(Self::Program(ProgramEffect::Network { program: name.into() }));
        }
        effects
    }

    /// Returns what declares it in `[needs]`.
    pub(crate) fn announced(&self) -> Announced<'_> {
        self.part().announced()
    }

    /// What is lost and can't be restored, by the name with which it is approved.
    pub fn loses(&self) -> Option<&str> {
        self.part().loses()
    }

    /// Whether what is on a device or in a volume group becomes different.
    pub fn changes_storage(&self) -> bool {
        self.part().changes_storage()
    }

    /// Whether it only makes again what a reboot ended.
    pub fn restores(&self) -> bool {
        self.part().restores()
    }

    /// The device that it is about.
    pub fn device(&self) -> Option<&str> {
        self.part().device()
    }

    /// The volume group that it is about.
    pub fn group(&self) -> Option<&str> {
        self.part().group()
    }

    /// Returns the directory that it changes, if any.
    pub fn directory(&self) -> Option<String> {
        self.part().directory()
    }

    /// The same effect on devices by other names.
    #[must_use]
    pub fn on(mut self, name: impl Fn(String) -> String) -> Self {
        self.part_mut().rename(&|device| name(device.to_owned()));
        self
    }
}
