//! What can become true of the network, and what gives it back.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that is so of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum NetFact {
    /// A link exists, and is set up or down.
    LinkState {
        /// Its name.
        link: String,
        /// Which of both.
        up: bool,
    },
}

impl fmt::Display for NetFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::LinkState { link, up } = self;
        write!(f, "link {link} is {}", if *up { "up" } else { "down" })
    }
}

/// One act that gives something of the network back. Displays as the command a person would type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NetRelease {
    /// Set a link down.
    Down {
        /// Its name.
        link: String,
    },
}

impl fmt::Display for NetRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Down { link } = self;
        write!(f, "ip link set {link} down")
    }
}
