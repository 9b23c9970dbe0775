//! Steps that change guests, and effects on them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::entry::path_and_name;
use super::qemu::step::QemuStep;
use super::uml::step::UmlStep;
use crate::machine::effect::NeedKind::{Destroys, Guests};
use crate::machine::effect::{Declaration, PartEffect};
use crate::machine::step::PartStep;

/// A step that changes guests. Those of LXC are commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuestStep {
    /// A step on a guest of QEMU.
    Qemu(QemuStep),
    /// A step on a guest of User Mode Linux.
    Uml(UmlStep),
}

impl fmt::Display for GuestStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Qemu(step) => step.fmt(f),
            Self::Uml(step) => step.fmt(f),
        }
    }
}

impl PartStep for GuestStep {
    fn needs_root(&self) -> bool {
        matches!(self, Self::Qemu(_))
    }

    fn tools(&self) -> Vec<&'static str> {
        match self {
            Self::Qemu(step) => step.tools(),
            Self::Uml(step) => step.tools(),
        }
    }
}

/// An effect on a guest, which is named by its directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum GuestEffect {
    /// A guest is created or configured.
    AltersGuest {
        /// Its directory.
        guest: String,
    },
    /// A guest is started, stopped, frozen or thawed.
    SwitchesGuest {
        /// Its directory.
        guest: String,
        /// What is done, such as `starts`.
        act: GuestAct,
    },
    /// The processes of a guest are killed, and lose what they have not saved.
    KillsGuest {
        /// Its directory.
        guest: String,
    },
    /// A guest is removed with all of its files.
    DestroysGuest {
        /// Its directory.
        guest: String,
    },
}

/// A change of what a guest does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuestAct {
    /// It is started.
    Starts,
    /// It is stopped in an orderly way.
    Stops,
    /// Its processes are stopped until it is thawed.
    Freezes,
    /// Its processes run again.
    Thaws,
}

impl GuestEffect {
    fn guest(&self) -> &str {
        match self {
            Self::AltersGuest { guest }
            | Self::SwitchesGuest { guest, .. }
            | Self::KillsGuest { guest }
            | Self::DestroysGuest { guest } => guest,
        }
    }

    fn name(&self) -> &str {
        path_and_name(self.guest()).1
    }
}

impl fmt::Display for GuestEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::AltersGuest { .. } => write!(f, "changes guest {name}"),
            Self::SwitchesGuest { act, .. } => {
                let verb = match act {
                    GuestAct::Starts => "starts",
                    GuestAct::Stops => "stops",
                    GuestAct::Freezes => "freezes",
                    GuestAct::Thaws => "thaws",
                };
                write!(f, "{verb} guest {name}")
            }
            Self::KillsGuest { .. } => write!(f, "kills all processes of guest {name}"),
            Self::DestroysGuest { guest } => {
                write!(f, "destroys guest {name} with all files in {guest}")
            }
        }
    }
}

impl PartEffect for GuestEffect {
    fn declaration(&self) -> Declaration<'_> {
        match self {
            Self::AltersGuest { .. } | Self::SwitchesGuest { .. } => {
                Declaration::Named(Guests, self.name())
            }
            Self::KillsGuest { .. } | Self::DestroysGuest { .. } => {
                Declaration::Named(Destroys, self.name())
            }
        }
    }

    fn destroyed_item(&self) -> Option<&str> {
        match self {
            Self::KillsGuest { .. } | Self::DestroysGuest { .. } => Some(self.name()),
            _ => None,
        }
    }

    fn restores(&self) -> bool {
        matches!(self, Self::SwitchesGuest { act: GuestAct::Starts | GuestAct::Freezes, .. })
    }

    fn directory(&self) -> Option<String> {
        Some(self.guest().to_owned())
    }
}
