//! The release of what a run made in the network until the next reboot.

use std::collections::BTreeSet;
use std::fmt;

use super::fact::NetFact;
use super::link::{LinkAt, Route};
use super::network::Network;
use super::rollback::RollbackState;
use super::step::NetStep;
use crate::machine::fact::PartRelease;
use crate::machine::{Fact, Machine, Release, Step};
use crate::types::IpPrefix;

/// An act that releases an item of the network. Displays as the command that a user would type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NetRelease {
    /// Sets a link down.
    Down {
        /// The link.
        at: LinkAt,
    },
    /// Removes a link.
    RemoveLink {
        /// The link.
        at: LinkAt,
    },
    /// Removes all links of a group.
    RemoveGroup {
        /// The network namespace.
        netns: Option<String>,
        /// The number of the group.
        group: u32,
        /// The links, in the order in which they would be removed one by one.
        links: Vec<String>,
    },
    /// Removes a port from its bridge.
    RemovePort {
        /// The link.
        at: LinkAt,
        /// The bridge.
        bridge: String,
    },
    /// Removes an address.
    RemoveAddress {
        /// The link.
        at: LinkAt,
        /// The address.
        address: IpPrefix,
    },
    /// Removes a route.
    RemoveRoute {
        /// The network namespace.
        netns: Option<String>,
        /// The route.
        route: Route,
    },
    /// Removes a network namespace, with the links in it.
    RemoveNamespace {
        /// The name.
        netns: String,
    },
    /// Restores the links of a change that is not confirmed.
    RollBack {
        /// The identifier of the change.
        change: String,
        /// The links.
        links: BTreeSet<String>,
    },
}

impl NetRelease {
    /// Returns the release of a fact.
    pub(super) fn of(fact: &NetFact) -> Option<Self> {
        match fact.clone() {
            NetFact::LinkState { at, up: true } => Some(Self::Down { at }),
            NetFact::LinkMade { at, .. } => Some(Self::RemoveLink { at }),
            NetFact::LinkPort { at, bridge: Some(bridge) } => Some(Self::RemovePort { at, bridge }),
            NetFact::LinkAddress { at, address, present: true } => {
                Some(Self::RemoveAddress { at, address })
            }
            NetFact::NetRoute { netns, route, present: true } => {
                Some(Self::RemoveRoute { netns, route })
            }
            NetFact::NetNamespace { netns, exists: true } => Some(Self::RemoveNamespace { netns }),
            NetFact::RollbackArmed { change, links, .. } => Some(Self::RollBack { change, links }),
            _ => None,
        }
    }

    /// Returns whether releasing what another fact has made releases this, too: all settings of a
    /// link end with it, all links in a namespace, and all that a rollback restores.
    pub fn ends_with(&self, made: &NetFact) -> bool {
        if let NetFact::RollbackArmed { links, .. } = made {
            return self.fact().is_of(links);
        }
        let (netns, link) = match self {
            Self::Down { at } | Self::RemovePort { at, .. } | Self::RemoveAddress { at, .. } => {
                (&at.netns, Some(&at.link))
            }
            Self::RemoveLink { at } => (&at.netns, None),
            Self::RemoveGroup { netns, .. } => (netns, None),
            Self::RemoveRoute { netns, route } => (netns, Some(&route.link)),
            Self::RemoveNamespace { .. } | Self::RollBack { .. } => return false,
        };
        match made {
            NetFact::LinkMade { at, .. } => at.netns == *netns && Some(&at.link) == link,
            NetFact::NetNamespace { netns: made, exists: true } => netns.as_ref() == Some(made),
            _ => false,
        }
    }

    /// Returns the link with which the setting ends; `None` for what is no setting of a link.
    pub(super) fn set_on(&self) -> Option<LinkAt> {
        match self {
            Self::Down { at } | Self::RemovePort { at, .. } | Self::RemoveAddress { at, .. } => {
                Some(at.clone())
            }
            Self::RemoveRoute { netns, route } => {
                Some(LinkAt { link: route.link.clone(), netns: netns.clone() })
            }
            _ => None,
        }
    }

    fn step_of(&self) -> NetStep {
        match self.clone() {
            Self::Down { at } => NetStep::SetLink { at, up: false },
            Self::RemoveLink { at } => NetStep::RemoveLink { at },
            Self::RemoveGroup { netns, group, links } => {
                NetStep::RemoveGroup { netns, group, links }
            }
            Self::RemovePort { at, .. } => NetStep::SetBridge { at, bridge: None },
            Self::RemoveAddress { at, address } => NetStep::SetAddress { at, address, add: false },
            Self::RemoveRoute { netns, route } => NetStep::SetRoute { netns, route, add: false },
            Self::RemoveNamespace { netns } => NetStep::SetNamespace { netns, create: false },
            Self::RollBack { change, .. } => NetStep::RollBack { change },
        }
    }

    fn fact(&self) -> NetFact {
        match self.clone() {
            Self::Down { at } => NetFact::LinkState { at, up: false },
            Self::RemoveLink { at } => NetFact::LinkGone { at },
            Self::RemoveGroup { netns, links, .. } => NetFact::LinksGone { netns, links },
            Self::RemovePort { at, .. } => NetFact::LinkPort { at, bridge: None },
            Self::RemoveAddress { at, address } => {
                NetFact::LinkAddress { at, address, present: false }
            }
            Self::RemoveRoute { netns, route } => {
                NetFact::NetRoute { netns, route, present: false }
            }
            Self::RemoveNamespace { netns } => NetFact::NetNamespace { netns, exists: false },
            Self::RollBack { change, links } => NetFact::ChangeRolledBack { change, links },
        }
    }

    fn is_pending(&self, machine: &Machine) -> bool {
        let net = &machine.net;
        match self {
            Self::Down { at } => net.link(at).is_some_and(|link| link.up),
            Self::RemoveLink { at } => net.link(at).is_some(),
            Self::RemoveGroup { netns, group, links } => {
                !removals(net, netns.as_ref(), *group, links).is_empty()
            }
            Self::RemovePort { at, bridge } => {
                net.link(at).is_some_and(|link| link.master.as_ref() == Some(bridge))
            }
            Self::RemoveAddress { at, address } => {
                net.link(at).is_some_and(|link| link.addresses.contains(address))
            }
            Self::RemoveRoute { netns, route } => {
                net.routes_in(netns.as_deref()).any(|found| found == route)
            }
            Self::RemoveNamespace { netns } => net.namespaces.contains_key(netns),
            Self::RollBack { change, .. } => {
                net.rollbacks.get(change).is_some_and(|one| one.state == RollbackState::Armed)
            }
        }
    }
}

/// Returns the removals that remove these links: one for all of them if no other link has their
/// group, and otherwise one for each. Links that do not exist are omitted.
fn removals(
    net: &Network,
    netns: Option<&String>,
    group: u32,
    links: &[String],
) -> Vec<NetRelease> {
    let at = |link: &String| LinkAt { link: link.clone(), netns: netns.cloned() };
    let left: Vec<LinkAt> = links.iter().map(at).filter(|at| net.link(at).is_some()).collect();
    let with_them: BTreeSet<LinkAt> = left.iter().flat_map(|at| net.removed_with(at)).collect();
    let all = net.links_in(netns.map(String::as_str)).into_iter().flatten();
    let mut same = all.filter(|(_, link)| link.group == group).map(|(name, _)| at(name));
    let whole = left.iter().all(|at| net.link(at).is_some_and(|link| link.group == group))
        && same.all(|at| with_them.contains(&at));
    if left.len() > 1 && whole {
        let links = left.into_iter().map(|at| at.link).collect();
        return vec![NetRelease::RemoveGroup { netns: netns.cloned(), group, links }];
    }
    left.into_iter().map(|at| NetRelease::RemoveLink { at }).collect()
}

impl fmt::Display for NetRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.step_of().fmt(f)
    }
}

impl PartRelease for NetRelease {
    fn resulting_fact(&self) -> Fact {
        self.fact().into()
    }

    fn step(&self, _machine: &Machine) -> Step {
        self.step_of().into()
    }

    fn pending(&self, machine: &Machine) -> Vec<Release> {
        if let Self::RemoveGroup { netns, group, links } = self {
            let due = removals(&machine.net, netns.as_ref(), *group, links);
            return due.into_iter().map(Release::from).collect();
        }
        match self.is_pending(machine) {
            true => vec![self.clone().into()],
            false => Vec::new(),
        }
    }
}
