//! Facts about the network, and the release of links.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A fact about the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum NetFact {
    /// A link exists and is set up or down.
    LinkState {
        /// The name of the link.
        link: String,
        /// Whether it is set up.
        up: bool,
    },
}

impl fmt::Display for NetFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::LinkState { link, up } = self;
        write!(f, "link {link} is {}", if *up { "up" } else { "down" })
    }
}

/// An act that releases a link. Displays as the command that a user would type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NetRelease {
    /// Sets a link down.
    Down {
        /// The name of the link.
        link: String,
    },
}

impl fmt::Display for NetRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Down { link } = self;
        write!(f, "ip link set {link} down")
    }
}
