//! Steps that change the network, and their effects.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::effect::NeedKind::Alters;
use crate::machine::effect::{Declaration, PartEffect};

/// A step that changes the network: a message to the kernel (rtnetlink(7)).
#[derive(Debug, Clone, PartialEq)]
pub enum NetStep {
    /// Sets a link up or down.
    SetLink {
        /// The name of the link.
        link: String,
        /// Whether to set it up.
        up: bool,
    },
}

/// Displays the step as the command that does the same.
impl fmt::Display for NetStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::SetLink { link, up } = self;
        write!(f, "ip link set {link} {}", if *up { "up" } else { "down" })
    }
}

/// An effect on the network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum NetEffect {
    /// The state of a link is changed.
    AltersLink {
        /// The name of the link.
        link: String,
    },
}

impl fmt::Display for NetEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::AltersLink { link } = self;
        write!(f, "changes link {link}")
    }
}

impl PartEffect for NetEffect {
    fn declaration(&self) -> Declaration<'_> {
        let Self::AltersLink { link } = self;
        Declaration::Named(&[Alters], link)
    }

    fn restores(&self) -> bool {
        true
    }

    /// Returns the directory of the link in sysfs(5), because two runs must not change the same
    /// link.
    fn directory(&self) -> Option<String> {
        let Self::AltersLink { link } = self;
        Some(format!("/sys/class/net/{link}"))
    }
}
