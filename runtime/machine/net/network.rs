//! The state of the network in the model, and what changes in it with a link.

use std::collections::{BTreeMap, BTreeSet};

use super::link::{Link, LinkAt, LinkKind, Route};
use super::namespace::{Links, Namespace};
use super::rollback::{Rollback, RollbackState};
use crate::machine::Contradiction;
use crate::types::{IpAddress, IpPrefix};

/// The directory of the files that name network namespaces (ip-netns(8)).
pub const NAMESPACES: &str = "/run/netns";

/// The state of the network in the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Links by name; `None` if they were not probed.
    pub links: Option<Links>,
    /// Routes of the main table.
    pub routes: BTreeSet<Route>,
    /// Named network namespaces (ip-netns(8)).
    pub namespaces: BTreeMap<String, Namespace>,
    /// The address of this machine that the SSH connection of the session uses.
    pub session: Option<IpAddress>,
    /// Changes that are rolled back unless they are confirmed, and those that were confirmed or
    /// rolled back since the kernel started, by identifier.
    pub rollbacks: BTreeMap<String, Rollback>,
}

/// What is lost with the network when a link changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// The SSH connection of the session, which uses this address.
    Session(IpAddress),
    /// The default route.
    DefaultRoute,
}

impl Network {
    /// Returns the links of a namespace; `None` if they are not known.
    pub fn links_in(&self, netns: Option<&str>) -> Option<&Links> {
        match netns {
            None => self.links.as_ref(),
            Some(netns) => self.namespaces.get(netns)?.links.as_ref(),
        }
    }

    pub(super) fn links_in_mut(&mut self, netns: Option<&str>) -> Option<&mut Links> {
        match netns {
            None => self.links.as_mut(),
            Some(netns) => self.namespaces.get_mut(netns)?.links.as_mut(),
        }
    }

    /// Returns the routes of a namespace.
    pub fn routes_in(&self, netns: Option<&str>) -> impl Iterator<Item = &Route> {
        let routes = match netns {
            None => Some(&self.routes),
            Some(netns) => self.namespaces.get(netns).map(|namespace| &namespace.routes),
        };
        routes.into_iter().flatten()
    }

    /// Returns the routes of a namespace, to change them.
    pub(super) fn routes_in_mut(&mut self, netns: Option<&str>) -> Option<&mut BTreeSet<Route>> {
        match netns {
            None => Some(&mut self.routes),
            Some(netns) => Some(&mut self.namespaces.get_mut(netns)?.routes),
        }
    }

    /// Returns a link.
    pub fn link(&self, at: &LinkAt) -> Option<&Link> {
        self.links_in(at.netns.as_deref())?.get(&at.link)
    }

    /// Returns a link to change it; `None` if links were not probed.
    pub(super) fn link_mut(&mut self, at: &LinkAt) -> Result<Option<&mut Link>, Contradiction> {
        // Links that were not probed stay unknown.
        let Some(links) = self.links_in_mut(at.netns.as_deref()) else { return Ok(None) };
        let missing = || Contradiction { what: format!("link {at}") };
        links.get_mut(&at.link).ok_or_else(missing).map(Some)
    }

    /// Returns the names of the links in a namespace that depend on a link: its VLANs and
    /// macvlans.
    pub(super) fn above(&self, at: &LinkAt) -> Vec<LinkAt> {
        let links = self.links_in(at.netns.as_deref()).into_iter().flatten();
        let above = links.filter(|(_, link)| link.parent.as_ref() == Some(&at.link));
        above.map(|(name, _)| at.beside(name)).collect()
    }

    /// Returns the links that the kernel removes with a link, itself first: the other end of a
    /// pair, VLANs and macvlans.
    pub fn removed_with(&self, at: &LinkAt) -> Vec<LinkAt> {
        let mut all = vec![at.clone()];
        let mut next = 0;
        while let Some(at) = all.get(next).cloned() {
            next += 1;
            let peer = self.link(&at).and_then(|link| link.peer.clone());
            for more in peer.into_iter().chain(self.above(&at)) {
                if !all.contains(&more) {
                    all.push(more);
                }
            }
        }
        all
    }

    /// Returns the links outside of a namespace that the kernel removes with it.
    pub fn removed_with_namespace(&self, name: &str) -> Vec<LinkAt> {
        let links = self.links_in(Some(name)).into_iter().flatten();
        let at = |link: &String| LinkAt { link: link.clone(), netns: Some(name.to_owned()) };
        let removed = links.flat_map(|(link, _)| self.removed_with(&at(link)));
        let outside: BTreeSet<LinkAt> =
            removed.filter(|at| at.netns.as_deref() != Some(name)).collect();
        outside.into_iter().collect()
    }

    /// Returns the rollback that is armed, with its identifier.
    pub fn armed(&self) -> Option<(&str, &Rollback)> {
        let mut armed = self.rollbacks.iter().filter(|(_, one)| one.state == RollbackState::Armed);
        armed.next().map(|(id, one)| (id.as_str(), one))
    }

    /// Returns the armed rollback that restores a link.
    pub fn restorer(&self, at: &LinkAt) -> Option<&Rollback> {
        let (_, one) = self.armed().filter(|_| at.netns.is_none())?;
        one.links.contains(&at.link).then_some(one)
    }

    /// Returns what a change to a link of this machine would cut: the link, a bridge or bond that
    /// it belongs to, or a VLAN or macvlan on it may carry the session or the default route.
    pub fn carries(&self, at: &LinkAt) -> Option<Connection> {
        if at.netns.is_some() {
            return None;
        }
        let mut all = vec![at.clone()];
        let mut next = 0;
        while let Some(at) = all.get(next).cloned() {
            next += 1;
            let master = self.link(&at).and_then(|link| link.master.as_deref());
            let more = master.map(|master| at.beside(master)).into_iter().chain(self.above(&at));
            for more in more {
                if !all.contains(&more) {
                    all.push(more);
                }
            }
        }
        let has = |address: &IpAddress| {
            let links = all.iter().filter_map(|at| self.link(at));
            links.flat_map(Link::all_addresses).any(|prefix| prefix.address == *address)
        };
        if let Some(address) = self.session.filter(has) {
            return Some(Connection::Session(address));
        }
        let default =
            |route: &Route| route.to.is_default() && all.iter().any(|at| at.link == route.link);
        self.routes.iter().any(default).then_some(Connection::DefaultRoute)
    }

    /// Returns the link of a namespace that already has an address.
    pub fn holder(&self, netns: Option<&str>, address: IpAddress) -> Option<&str> {
        let mut links = self.links_in(netns)?.iter();
        let found = links.find(|(_, link)| link.all_addresses().any(|p| p.address == address));
        found.map(|(name, _)| name.as_str())
    }

    /// Returns the network and the link of a namespace that a new network overlaps: a route or the
    /// network of an address, on another link.
    pub fn overlapped(&self, at: &LinkAt, network: IpPrefix) -> Option<(IpPrefix, &str)> {
        let netns = at.netns.as_deref();
        let links = self.links_in(netns).into_iter().flatten();
        let networks = links.flat_map(|(name, link)| {
            link.all_addresses().map(move |prefix| (*prefix, name.as_str()))
        });
        let routes = self.routes_in(netns).filter(|route| !route.to.is_default());
        let routes = routes.map(|route| (route.to, route.link.as_str()));
        networks.chain(routes).find(|(to, link)| *link != at.link && to.overlaps(network))
    }
}

/// Changes of the model.
impl Network {
    /// Adds a link, and the other end of a pair.
    pub(super) fn add(
        &mut self,
        at: &LinkAt,
        kind: &LinkKind,
        group: u32,
    ) -> Result<(), Contradiction> {
        let mut both = vec![(at.clone(), kind.link(group))];
        if let LinkKind::Veth { peer } = kind {
            let end = LinkKind::Veth { peer: at.clone() };
            both.push((peer.clone(), end.link(group)));
        }
        for (at, link) in both {
            if let Some(netns) = at.netns.as_ref().filter(|name| !self.is_namespace(name)) {
                return Err(Contradiction { what: format!("network namespace {netns}") });
            }
            if let Some(links) = self.links_in_mut(at.netns.as_deref()) {
                links.insert(at.link, link);
            }
        }
        Ok(())
    }

    /// Returns whether a name stands for a namespace.
    pub fn is_namespace(&self, name: &str) -> bool {
        self.namespaces.get(name).is_some_and(|namespace| namespace.links.is_some())
    }

    /// Removes a link and all that the kernel removes with it.
    pub(super) fn remove(&mut self, at: &LinkAt) {
        for at in self.removed_with(at) {
            self.remove_routes(&at, |_| true);
            let Some(links) = self.links_in_mut(at.netns.as_deref()) else { continue };
            links.remove(&at.link);
            for link in links.values_mut() {
                link.master.take_if(|master| *master == at.link);
            }
        }
    }

    /// Sets a link up or down, and its VLANs with it. A link that is down has no routes and no IPv6
    /// addresses.
    pub(super) fn set_up(&mut self, at: &LinkAt, up: bool) -> Result<(), Contradiction> {
        let Some(link) = self.link_mut(at)? else { return Ok(()) };
        link.up = up;
        if !up {
            let is_v4 = |prefix: &IpPrefix| prefix.address.get().is_ipv4();
            link.addresses.retain(is_v4);
            link.dynamic.retain(is_v4);
            self.remove_routes(at, |_| true);
        }
        for vlan in self.above(at) {
            if self.link(&vlan).is_some_and(|link| link.vlan.is_some()) {
                self.set_up(&vlan, up)?;
            }
        }
        Ok(())
    }

    /// Adds or removes an address. The routes of a link end with its last address.
    pub(super) fn set_address(
        &mut self,
        at: &LinkAt,
        address: IpPrefix,
        present: bool,
    ) -> Result<(), Contradiction> {
        let Some(link) = self.link_mut(at)? else { return Ok(()) };
        if present {
            link.addresses.insert(address);
            return Ok(());
        }
        link.addresses.remove(&address);
        link.dynamic.remove(&address);
        let alike = |prefix: &IpPrefix| prefix.address.is_like(address.address);
        if address.address.get().is_ipv4() && !link.all_addresses().any(alike) {
            self.remove_routes(at, alike);
        }
        Ok(())
    }

    fn remove_routes(&mut self, at: &LinkAt, also: impl Fn(&IpPrefix) -> bool) {
        if let Some(routes) = self.routes_in_mut(at.netns.as_deref()) {
            routes.retain(|route| route.link != at.link || !also(&route.to));
        }
    }

    /// Adds a namespace, which has a loopback link, or removes one.
    pub(super) fn set_namespace(&mut self, name: &str, exists: bool) {
        if exists {
            let lo = Link { mtu: 65536, ..Link::default() };
            let links = Some(BTreeMap::from([("lo".to_owned(), lo)]));
            self.namespaces.insert(name.into(), Namespace { links, ..Namespace::default() });
            return;
        }
        for at in self.removed_with_namespace(name) {
            self.remove(&at);
        }
        self.namespaces.remove(name);
    }
}
