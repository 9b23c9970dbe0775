//! Facts about the network.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::link::{LinkAt, LinkKind, Route};
use crate::types::IpPrefix;

/// A fact about the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum NetFact {
    /// A link exists and is set up or down.
    LinkState {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
        /// Whether it is set up.
        up: bool,
    },
    /// A link exists.
    LinkMade {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
        /// Its kind.
        new: LinkKind,
        /// The link group of the run.
        group: u32,
    },
    /// A link does not exist.
    LinkGone {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
    },
    /// Several links do not exist.
    LinksGone {
        /// The network namespace; `None` for the one of this process.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        netns: Option<String>,
        /// The names of the links.
        links: Vec<String>,
    },
    /// A link is a port of a bridge, or of none.
    LinkPort {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
        /// The bridge.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bridge: Option<String>,
    },
    /// A link has an address, or does not.
    LinkAddress {
        /// The link.
        #[serde(flatten)]
        at: LinkAt,
        /// The address.
        address: IpPrefix,
        /// Whether the link has the address.
        present: bool,
    },
    /// A route exists, or does not.
    NetRoute {
        /// The network namespace; `None` for the one of this process.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        netns: Option<String>,
        /// The route.
        route: Route,
        /// Whether the route exists.
        present: bool,
    },
    /// A named network namespace exists, or does not.
    NetNamespace {
        /// The name.
        netns: String,
        /// Whether it exists.
        exists: bool,
    },
    /// Links are restored unless their change is confirmed.
    RollbackArmed {
        /// The identifier of the change.
        change: String,
        /// The links.
        links: BTreeSet<String>,
        /// The time for the confirmation in seconds.
        seconds: u32,
    },
    /// A change of links was confirmed.
    ChangeConfirmed {
        /// The identifier of the change.
        change: String,
        /// The links.
        links: BTreeSet<String>,
    },
    /// The links of a change were restored.
    ChangeRolledBack {
        /// The identifier of the change.
        change: String,
        /// The links.
        links: BTreeSet<String>,
    },
}

impl fmt::Display for NetFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkState { at, up } => write!(f, "link {at} is {}", state(*up)),
            Self::LinkMade { at, new, .. } => write!(f, "{} {at} exists", new.name()),
            Self::LinkGone { at } => write!(f, "link {at} does not exist"),
            Self::LinksGone { netns, links } => {
                let links = links.join(", ");
                write!(f, "links {links}{} do not exist", inside(netns.as_deref()))
            }
            Self::LinkPort { at, bridge: Some(bridge) } => {
                write!(f, "link {at} is a port of {bridge}")
            }
            Self::LinkPort { at, bridge: None } => write!(f, "link {at} is not a port"),
            Self::LinkAddress { at, address, present: true } => {
                write!(f, "link {at} has address {address}")
            }
            Self::LinkAddress { at, address, present: false } => {
                write!(f, "link {at} does not have address {address}")
            }
            Self::NetRoute { netns, route, present } => {
                let verb = if *present { "exists" } else { "does not exist" };
                write!(f, "route {route}{} {verb}", inside(netns.as_deref()))
            }
            Self::NetNamespace { netns, exists: true } => {
                write!(f, "network namespace {netns} exists")
            }
            Self::NetNamespace { netns, exists: false } => {
                write!(f, "network namespace {netns} does not exist")
            }
            Self::RollbackArmed { change, links, .. } => {
                write!(
                    f,
                    "network change {change} of {} is rolled back unless confirmed",
                    list(links)
                )
            }
            Self::ChangeConfirmed { change, links } => {
                write!(f, "network change {change} of {} is confirmed", list(links))
            }
            Self::ChangeRolledBack { change, links } => {
                write!(f, "network change {change} of {} is rolled back", list(links))
            }
        }
    }
}

/// Returns the word for the state of a link.
pub(super) fn state(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

/// Returns the names of links for messages.
pub(super) fn list(links: &BTreeSet<String>) -> String {
    links.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn inside(netns: Option<&str>) -> String {
    netns.map(|netns| format!(" in namespace {netns}")).unwrap_or_default()
}

impl NetFact {
    /// Returns the link that the fact is about.
    pub(super) fn at(&self) -> Option<&LinkAt> {
        match self {
            Self::LinkState { at, .. }
            | Self::LinkMade { at, .. }
            | Self::LinkGone { at }
            | Self::LinkPort { at, .. }
            | Self::LinkAddress { at, .. } => Some(at),
            Self::LinksGone { .. }
            | Self::NetRoute { .. }
            | Self::NetNamespace { .. }
            | Self::RollbackArmed { .. }
            | Self::ChangeConfirmed { .. }
            | Self::ChangeRolledBack { .. } => None,
        }
    }

    /// Returns the links that the fact reports as removed together.
    pub(super) fn gone(&self) -> impl Iterator<Item = LinkAt> {
        let (netns, links) = match self {
            Self::LinksGone { netns, links } => (netns.as_ref(), links.as_slice()),
            _ => (None, [].as_slice()),
        };
        links.iter().map(move |link| LinkAt { link: link.clone(), netns: netns.cloned() })
    }

    /// Returns whether the fact is about one of these links of the namespace of this process.
    pub(super) fn is_of(&self, links: &BTreeSet<String>) -> bool {
        match self {
            Self::NetRoute { netns: None, route, .. } => links.contains(&route.link),
            _ => self.at().is_some_and(|at| at.netns.is_none() && links.contains(&at.link)),
        }
    }

    /// Returns the name of the namespace in which the fact holds.
    pub(super) fn netns(&self) -> Option<&str> {
        match self {
            Self::NetRoute { netns, .. } | Self::LinksGone { netns, .. } => netns.as_deref(),
            Self::NetNamespace { netns, .. } => Some(netns),
            _ => self.at()?.netns.as_deref(),
        }
    }
}
