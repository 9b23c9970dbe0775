//! A rollback of network links: their state before a change, and the steps that restore it.
//!
//! The state is restored by comparing it with the present one, not by undoing each step: the result
//! is the same wherever the change was interrupted, and however often the rollback is repeated.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::link::{Link, LinkAt, LinkKind, Route};
use super::namespace::{Links, Namespace};
use super::step::NetStep;

/// Returns whether a string can be the identifier of a change: 8 hexadecimal digits, as
/// `format!("{:08x}")` writes them. It is the name of a directory.
pub fn is_change_id(id: &str) -> bool {
    id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The state of a rollback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollbackState {
    /// The links are restored unless the change is confirmed.
    #[default]
    Armed,
    /// The change was confirmed.
    Confirmed,
    /// The links were restored.
    RolledBack,
}

/// A rollback of links in the network namespace of this process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// The links that may be changed, including those that are going to be created.
    pub links: BTreeSet<String>,
    /// The time for the confirmation in seconds.
    pub seconds: u32,
    /// The links before the change, with those that depend on them, and the routes through them.
    pub before: Namespace,
    /// The state.
    #[serde(default)]
    pub state: RollbackState,
}

/// Returns the link with this name in the namespace of this process.
fn own(link: &str) -> LinkAt {
    LinkAt { link: link.to_owned(), netns: None }
}

impl Rollback {
    /// Returns the links before the change.
    pub(super) fn old_links(&self) -> impl Iterator<Item = (&String, &Link)> {
        self.before.links.iter().flatten()
    }

    /// Returns a link before the change.
    pub fn old_link(&self, name: &str) -> Option<&Link> {
        self.before.links.as_ref()?.get(name)
    }

    /// Returns whether a route leads through one of the links.
    pub(super) fn has_route(&self, route: &Route) -> bool {
        self.links.contains(&route.link) || self.old_link(&route.link).is_some()
    }

    /// Returns the steps from the present state to that before the change. The kernel may have
    /// removed more with a link than these steps show, so they are planned again until there are
    /// none.
    pub fn steps(&self, now: &Namespace) -> Vec<NetStep> {
        let no_links = Links::new();
        let links = now.links.as_ref().unwrap_or(&no_links);
        let mut steps = self.removals(links, now);
        for (name, old) in self.old_links() {
            match links.get(name) {
                Some(link) => settings(&mut steps, name, old, link),
                None => steps.extend(kind(old).map(|new| NetStep::AddLink {
                    at: own(name),
                    new,
                    group: old.group,
                })),
            }
        }
        let up = |link: &str| links.get(link).is_some_and(|link| link.up);
        let lost = self.before.routes.difference(&now.routes).filter(|route| up(&route.link));
        steps.extend(lost.map(|route| set_route(route, true)));
        steps
    }

    /// Removes what the change has added.
    fn removals(&self, links: &Links, now: &Namespace) -> Vec<NetStep> {
        let added = |route: &&Route| self.has_route(route) && !self.before.routes.contains(*route);
        let mut steps: Vec<NetStep> =
            now.routes.iter().filter(added).map(|route| set_route(route, false)).collect();
        for (name, old) in self.old_links() {
            let Some(link) = links.get(name) else { continue };
            if link.master.is_some() && link.master != old.master {
                steps.push(NetStep::SetBridge { at: own(name), bridge: None });
            }
            let added =
                link.all_addresses().filter(|has| !old.all_addresses().any(|was| was == *has));
            steps.extend(added.map(|address| NetStep::SetAddress {
                at: own(name),
                address: *address,
                add: false,
            }));
        }
        let made = |name: &&String| links.contains_key(*name) && self.old_link(name).is_none();
        let made = self.links.iter().filter(made);
        steps.extend(made.map(|name| NetStep::RemoveLink { at: own(name) }));
        steps
    }
}

/// Restores what is set for a link.
fn settings(steps: &mut Vec<NetStep>, name: &str, old: &Link, link: &Link) {
    if let Some(master) = old.master.as_ref().filter(|_| link.master != old.master) {
        steps.push(NetStep::SetBridge { at: own(name), bridge: Some(master.clone()) });
    }
    if link.mtu != old.mtu {
        steps.push(NetStep::SetMtu { at: own(name), mtu: old.mtu });
    }
    // Before the addresses, because a link that is set down loses those of IPv6.
    if link.up != old.up {
        steps.push(NetStep::SetLink { at: own(name), up: old.up });
    }
    let lost = old.all_addresses().filter(|was| !link.all_addresses().any(|has| has == *was));
    steps.extend(lost.map(|address| NetStep::SetAddress {
        at: own(name),
        address: *address,
        add: true,
    }));
}

fn set_route(route: &Route, add: bool) -> NetStep {
    NetStep::SetRoute { netns: None, route: route.clone(), add }
}

/// Returns how a link is created again; `None` if its kind does not determine it.
pub fn kind(link: &Link) -> Option<LinkKind> {
    let parent = link.parent.clone();
    match link.kind.as_deref()? {
        "bridge" => Some(LinkKind::Bridge),
        "vlan" => Some(LinkKind::Vlan { parent: parent?, id: link.vlan? }),
        "macvlan" => Some(LinkKind::Macvlan { parent: parent?, mode: link.mode? }),
        _ => None,
    }
}
