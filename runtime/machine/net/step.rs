//! Steps that change the network, as messages to the kernel (rtnetlink(7)).

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::fact::{NetFact, list, state};
use super::link::{LinkAt, LinkKind, Route, ip};
use crate::machine::step::PartStep;
use crate::types::{Choice, IpPrefix};

/// A step that changes the network.
#[derive(Debug, Clone, PartialEq)]
pub enum NetStep {
    /// Sets a link up or down.
    SetLink {
        /// The link.
        at: LinkAt,
        /// Whether to set it up.
        up: bool,
    },
    /// Creates a link.
    AddLink {
        /// The link.
        at: LinkAt,
        /// Its kind.
        new: LinkKind,
        /// The link group.
        group: u32,
    },
    /// Removes a link.
    RemoveLink {
        /// The link.
        at: LinkAt,
    },
    /// Removes all links of a group with one message, and one by one if another link has the group.
    RemoveGroup {
        /// The network namespace.
        netns: Option<String>,
        /// The number of the group.
        group: u32,
        /// The links.
        links: Vec<String>,
    },
    /// Makes a link a port of a bridge, or of none.
    SetBridge {
        /// The link.
        at: LinkAt,
        /// The bridge.
        bridge: Option<String>,
    },
    /// Adds an address to a link, or removes it.
    SetAddress {
        /// The link.
        at: LinkAt,
        /// The address.
        address: IpPrefix,
        /// Whether to add the address.
        add: bool,
    },
    /// Adds a route, or removes it.
    SetRoute {
        /// The network namespace.
        netns: Option<String>,
        /// The route.
        route: Route,
        /// Whether to add the route.
        add: bool,
    },
    /// Creates or removes a named network namespace.
    SetNamespace {
        /// The name.
        netns: String,
        /// Whether to create the namespace.
        create: bool,
    },
    /// Sets the maximum transmission unit of a link.
    SetMtu {
        /// The link.
        at: LinkAt,
        /// The size in bytes.
        mtu: u32,
    },
    /// Starts the process that restores links unless their change is confirmed.
    ArmRollback {
        /// The identifier of the change.
        change: String,
        /// The links.
        links: BTreeSet<String>,
        /// The time for the confirmation in seconds.
        seconds: u32,
    },
    /// Waits until a change is confirmed. Fails if it is rolled back instead.
    AwaitConfirmation {
        /// The identifier of the change.
        change: String,
        /// The links.
        links: BTreeSet<String>,
        /// The time for the confirmation in seconds.
        seconds: u32,
    },
    /// Restores the links of a change at once.
    RollBack {
        /// The identifier of the change.
        change: String,
    },
    /// Waits until a link is up and has a carrier and no tentative address.
    AwaitLink {
        /// The link.
        at: LinkAt,
        /// Whether the link must also have an address.
        address: bool,
        /// The time limit.
        limit: Duration,
    },
}

/// Displays the step as the command that does the same.
impl fmt::Display for NetStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = |add: &bool| if *add { "add" } else { "delete" };
        match self {
            Self::SetLink { at, up } => {
                write!(f, "{} link set {} {}", at.ip(), at.link, state(*up))
            }
            Self::AddLink { at, new: LinkKind::Tap { owner }, group } => {
                write!(f, "{} tuntap add dev {} mode tap", at.ip(), at.link)?;
                if let Some(owner) = owner {
                    write!(f, " user {owner}")?;
                }
                write!(f, "; {} link set {} group {group}", at.ip(), at.link)
            }
            Self::AddLink { at, new, group } => add_link(f, at, new, *group),
            Self::RemoveLink { at } => write!(f, "{} link delete {}", at.ip(), at.link),
            Self::RemoveGroup { netns, group, .. } => {
                write!(f, "{} link delete group {group}", ip(netns.as_deref()))
            }
            Self::SetBridge { at, bridge: Some(bridge) } => {
                write!(f, "{} link set {} master {bridge}", at.ip(), at.link)
            }
            Self::SetBridge { at, bridge: None } => {
                write!(f, "{} link set {} nomaster", at.ip(), at.link)
            }
            Self::SetAddress { at, address, add } => {
                write!(f, "{} address {} {address} dev {}", at.ip(), verb(add), at.link)
            }
            Self::SetRoute { netns, route, add } => {
                write!(f, "{} route {} {route}", ip(netns.as_deref()), verb(add))
            }
            Self::SetNamespace { netns, create } => write!(f, "ip netns {} {netns}", verb(create)),
            Self::SetMtu { at, mtu } => write!(f, "{} link set {} mtu {mtu}", at.ip(), at.link),
            Self::ArmRollback { change, links, seconds } => write!(
                f,
                "restore {} unless network change {change} is confirmed within {seconds} s",
                list(links)
            ),
            Self::AwaitConfirmation { change, seconds, .. } => {
                write!(f, "wait up to {seconds} s for: gscript confirm {change}")
            }
            Self::RollBack { change } => write!(f, "gscript confirm --roll-back {change}"),
            Self::AwaitLink { at, limit, .. } => {
                write!(f, "wait up to {} s for link {at}", limit.as_secs())
            }
        }
    }
}

fn add_link(f: &mut fmt::Formatter<'_>, at: &LinkAt, new: &LinkKind, group: u32) -> fmt::Result {
    write!(f, "{} link add {}", at.ip(), at.link)?;
    if let Some(parent) = new.parent() {
        write!(f, " link {parent}")?;
    }
    write!(f, " group {group} type {}", new.name())?;
    match new {
        LinkKind::Bridge | LinkKind::Tap { .. } => Ok(()),
        LinkKind::Vlan { id, .. } => write!(f, " id {id}"),
        LinkKind::Macvlan { mode, .. } => write!(f, " mode {}", mode.word()),
        LinkKind::Veth { peer } => {
            write!(f, " peer name {} group {group}", peer.link)?;
            match &peer.netns {
                Some(netns) => write!(f, " netns {netns}"),
                None => Ok(()),
            }
        }
    }
}

impl NetStep {
    /// Returns the fact that is true after the step.
    pub fn fact(&self) -> Option<NetFact> {
        Some(match self.clone() {
            Self::SetLink { at, up } => NetFact::LinkState { at, up },
            Self::AddLink { at, new, group } => NetFact::LinkMade { at, new, group },
            Self::RemoveLink { at } => NetFact::LinkGone { at },
            Self::RemoveGroup { netns, links, .. } => NetFact::LinksGone { netns, links },
            Self::SetBridge { at, bridge } => NetFact::LinkPort { at, bridge },
            Self::SetAddress { at, address, add } => {
                NetFact::LinkAddress { at, address, present: add }
            }
            Self::SetRoute { netns, route, add } => {
                NetFact::NetRoute { netns, route, present: add }
            }
            Self::SetNamespace { netns, create } => NetFact::NetNamespace { netns, exists: create },
            Self::ArmRollback { change, links, seconds } => {
                NetFact::RollbackArmed { change, links, seconds }
            }
            Self::AwaitConfirmation { change, links, .. } => {
                NetFact::ChangeConfirmed { change, links }
            }
            Self::AwaitLink { .. } | Self::SetMtu { .. } | Self::RollBack { .. } => return None,
        })
    }
}

impl PartStep for NetStep {
    fn needs_root(&self) -> bool {
        !matches!(self, Self::AwaitLink { at: LinkAt { netns: None, .. }, .. })
    }
}
