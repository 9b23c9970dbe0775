//! Effects on the network.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::link::LinkAt;
use super::network::NAMESPACES;
use crate::machine::effect::NeedKind::Interfaces;
use crate::machine::effect::{Declaration, PartEffect};

/// An effect on the network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum NetEffect {
    /// The state, an address or a route of a link is changed.
    AltersLink {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
    },
    /// A link is created.
    CreatesLink {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
    },
    /// A link is removed.
    RemovesLink {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
    },
    /// A network namespace is created.
    CreatesNamespace {
        /// The name.
        netns: String,
    },
    /// A network namespace is removed.
    RemovesNamespace {
        /// The name.
        netns: String,
    },
    /// A link is restored unless its change is confirmed.
    ArmsRollback {
        /// The link.
        link: String,
    },
    /// The run waits until the user confirms a change.
    AwaitsConfirmation {
        /// The identifier of the change.
        change: String,
    },
    /// The run waits for a link.
    AwaitsLink {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
    },
}

impl fmt::Display for NetEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AltersLink { at } => write!(f, "changes link {at}"),
            Self::CreatesLink { at } => write!(f, "creates link {at}"),
            Self::RemovesLink { at } => write!(f, "removes link {at}"),
            Self::CreatesNamespace { netns } => write!(f, "creates network namespace {netns}"),
            Self::RemovesNamespace { netns } => write!(f, "removes network namespace {netns}"),
            Self::ArmsRollback { link } => {
                write!(f, "restores link {link} unless its change is confirmed")
            }
            Self::AwaitsConfirmation { change } => {
                write!(f, "waits for the confirmation of network change {change}")
            }
            Self::AwaitsLink { at } => write!(f, "waits for link {at}"),
        }
    }
}

impl NetEffect {
    /// Returns the link that the effect creates, changes or removes.
    pub fn changed_link(&self) -> Option<&LinkAt> {
        match self {
            Self::AltersLink { at } | Self::CreatesLink { at } | Self::RemovesLink { at } => {
                Some(at)
            }
            _ => None,
        }
    }
}

impl PartEffect for NetEffect {
    /// A namespace declares everything in it.
    fn declaration(&self) -> Declaration<'_> {
        match self {
            Self::AltersLink { at } | Self::CreatesLink { at } | Self::RemovesLink { at } => {
                Declaration::Named(Interfaces, at.netns.as_ref().unwrap_or(&at.link))
            }
            Self::CreatesNamespace { netns } | Self::RemovesNamespace { netns } => {
                Declaration::Named(Interfaces, netns)
            }
            Self::ArmsRollback { link } => Declaration::Named(Interfaces, link),
            Self::AwaitsConfirmation { .. } | Self::AwaitsLink { .. } => Declaration::Nothing,
        }
    }

    fn restores(&self) -> bool {
        !matches!(self, Self::RemovesLink { .. } | Self::RemovesNamespace { .. })
    }

    /// Returns the directory of the link in sysfs(5), or the file of the namespace, because two
    /// runs must not change the same link.
    fn directory(&self) -> Option<String> {
        let file = |netns: &str| format!("{NAMESPACES}/{netns}");
        match self {
            Self::AltersLink { at } | Self::CreatesLink { at } | Self::RemovesLink { at } => {
                let own = || format!("/sys/class/net/{}", at.link);
                Some(at.netns.as_deref().map_or_else(own, file))
            }
            Self::CreatesNamespace { netns } | Self::RemovesNamespace { netns } => {
                Some(file(netns))
            }
            Self::ArmsRollback { link } => Some(format!("/sys/class/net/{link}")),
            Self::AwaitsConfirmation { .. } | Self::AwaitsLink { .. } => None,
        }
    }
}
