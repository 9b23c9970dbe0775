//! Facts about guests, and their release.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::entry::{GuestState, path_and_name};
use super::kind::GuestKind;
use crate::machine::cgroup::CgroupLimits;

/// A fact about a guest, which is named by its directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum GuestFact {
    /// A guest exists.
    GuestMade {
        /// Its directory.
        guest: String,
        /// The software that runs it.
        #[serde(default)]
        kind: GuestKind,
        /// The directory of its files, if the configuration is written by this program.
        rootfs: Option<String>,
        /// The images that it uses as disks.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        disks: Vec<String>,
    },
    /// A guest does not exist.
    GuestGone {
        /// Its directory.
        guest: String,
    },
    /// A guest runs, is frozen, or does not run.
    GuestIs {
        /// Its directory.
        guest: String,
        /// The software that runs it.
        #[serde(default)]
        kind: GuestKind,
        /// What it does.
        state: GuestState,
        /// What it did before.
        was: GuestState,
    },
    /// A guest is configured with these limits; others are kept.
    GuestLimited {
        /// Its directory.
        guest: String,
        /// The limits.
        limits: CgroupLimits,
    },
}

impl GuestFact {
    /// Returns the directory of the guest.
    pub fn guest(&self) -> &str {
        match self {
            Self::GuestMade { guest, .. }
            | Self::GuestGone { guest }
            | Self::GuestIs { guest, .. }
            | Self::GuestLimited { guest, .. } => guest,
        }
    }
}

impl fmt::Display for GuestFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guest {} ", path_and_name(self.guest()).1)?;
        match self {
            Self::GuestMade { .. } => f.write_str("exists"),
            Self::GuestGone { .. } => f.write_str("does not exist"),
            Self::GuestIs { state, .. } => write!(f, "is {}", state.name()),
            Self::GuestLimited { limits, .. } => {
                let each: Vec<String> = limits
                    .iter()
                    .map(|(limit, value)| format!("{} {value}", limit.file()))
                    .collect();
                write!(f, "has {}", each.join(", "))
            }
        }
    }
}

/// An act that returns a guest to the state before. Displays as its step does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuestRelease {
    /// The directory of the guest.
    pub guest: String,
    /// The software that runs it.
    pub kind: GuestKind,
    /// The state to return to.
    pub to: GuestState,
}
