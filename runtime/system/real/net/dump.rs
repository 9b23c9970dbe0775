//! The state of the network as the kernel reports it, one namespace at a time, and its conversion
//! to the model.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::netlink;
use super::raw::{RawAddress, RawLink, RawRoute, RouteOrigin};
use crate::machine::net::{LinkAt, Links, Namespace, Network, Route};

/// The state of one namespace, or of some links of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Dump {
    /// Sorted by number.
    links: Vec<RawLink>,
    /// Sorted by the number of their link.
    addresses: Vec<RawAddress>,
    routes: Vec<RawRoute>,
}

impl Dump {
    /// Reads the state of the namespace of this thread; `None` on a kernel without a network.
    pub(super) fn read() -> io::Result<Option<Self>> {
        let Some(links) = netlink::links()? else { return Ok(None) };
        Ok(Some(Self::sorted(links, netlink::addresses()?, netlink::routes()?)))
    }

    /// Reads some links of the namespace of this thread with their addresses. The links that they
    /// belong to, and those below them, are read without addresses.
    pub(super) fn read_links(names: &BTreeSet<&str>) -> io::Result<Self> {
        let (mut links, mut addresses) = (BTreeMap::new(), Vec::new());
        for name in names {
            if let Some(raw) = netlink::link_named(name)? {
                addresses.extend(netlink::addresses_of(raw.index)?);
                links.insert(raw.index, raw);
            }
        }
        let below = |raw: &RawLink| raw.below.filter(|_| !raw.below_is_foreign);
        let others: BTreeSet<u32> =
            links.values().flat_map(|raw| raw.master.into_iter().chain(below(raw))).collect();
        for index in others {
            if !links.contains_key(&index)
                && let Some(raw) = netlink::link_numbered(index)?
            {
                links.insert(index, raw);
            }
        }
        Ok(Self::sorted(links.into_values().collect(), addresses, Vec::new()))
    }

    fn sorted(
        mut links: Vec<RawLink>,
        mut addresses: Vec<RawAddress>,
        routes: Vec<RawRoute>,
    ) -> Self {
        links.sort_by_key(|link| link.index);
        addresses.sort_by_key(|address| address.index);
        Self { links, addresses, routes }
    }

    fn numbered(&self, index: u32) -> Option<&RawLink> {
        let at = self.links.binary_search_by_key(&index, |link| link.index).ok()?;
        self.links.get(at)
    }

    fn addresses_of(&self, index: u32) -> &[RawAddress] {
        let start = self.addresses.partition_point(|address| address.index < index);
        let end = self.addresses.partition_point(|address| address.index <= index);
        self.addresses.get(start..end).unwrap_or_default()
    }

    /// Returns whether a link is up with a carrier, and whether it has an address. Both are false
    /// while an address is tentative.
    pub(super) fn readiness(&self, name: &str) -> (bool, bool) {
        let Some(link) = self.links.iter().find(|link| link.name == name) else {
            return (false, false);
        };
        let own = self.addresses_of(link.index);
        let tentative = own.iter().any(|address| address.tentative);
        (link.running && !tentative, !own.is_empty() && !tentative)
    }

    /// Converts the links and routes. `peer` returns the other end of a pair.
    pub(super) fn namespace(&self, peer: &dyn Fn(&RawLink) -> Option<LinkAt>) -> Namespace {
        let name = |index: u32| self.numbered(index).map(|raw| raw.name.clone());
        let mut links = Links::new();
        for raw in &self.links {
            let mut link = raw.link.clone();
            // A link in another network namespace has no name here.
            link.master = raw.master.and_then(name);
            match link.kind.as_deref() {
                Some("veth") => link.peer = peer(raw),
                Some(_) if !raw.below_is_foreign => link.parent = raw.below.and_then(name),
                _ => {}
            }
            for address in self.addresses_of(raw.index) {
                let kind = if address.dynamic { &mut link.dynamic } else { &mut link.addresses };
                kind.insert(address.prefix);
            }
            links.insert(raw.name.clone(), link);
        }
        let routes = self.origins().into_iter().map(|(route, _)| route);
        Namespace { links: Some(links), routes: routes.collect() }
    }

    /// Returns the routes with what the model omits; several of them may have the same model.
    pub(super) fn origins(&self) -> Vec<(Route, RouteOrigin)> {
        let route = |raw: &RawRoute| {
            let link = self.numbered(raw.index)?.name.clone();
            let route = Route { to: raw.to, via: raw.via, link };
            Some((route, raw.origin))
        };
        self.routes.iter().filter_map(route).collect()
    }
}

/// The state of several namespaces; `None` is the one of this process.
#[derive(Default)]
pub(super) struct Dumps(pub(super) BTreeMap<Option<String>, Dump>);

impl Dumps {
    /// Returns a namespace of the model. `known` is the model so far.
    pub(super) fn namespace(&self, netns: Option<&str>, known: &Network) -> Option<Namespace> {
        let dump = self.0.get(&netns.map(str::to_owned))?;
        Some(dump.namespace(&|raw| self.peer(dump, netns, raw, known)))
    }

    /// Returns the other end of a pair: of numbers that several namespaces use, or if the namespace
    /// of the other end was not read, the end that the model knows.
    fn peer(
        &self,
        own: &Dump,
        netns: Option<&str>,
        raw: &RawLink,
        known: &Network,
    ) -> Option<LinkAt> {
        let pair =
            |other: &RawLink| other.link.kind == raw.link.kind && other.below == Some(raw.index);
        let at = |netns: Option<&str>, other: &RawLink| LinkAt {
            link: other.name.clone(),
            netns: netns.map(str::to_owned),
        };
        let below = raw.below?;
        if !raw.below_is_foreign {
            return own.numbered(below).filter(|other| pair(other)).map(|other| at(netns, other));
        }
        let others = self.0.iter().filter(|(other, _)| other.as_deref() != netns);
        let mut ends = others.filter_map(|(netns, dump)| {
            let other = dump.numbered(below)?;
            (other.below_is_foreign && pair(other)).then(|| at(netns.as_deref(), other))
        });
        match (ends.next(), ends.next()) {
            (Some(end), None) => Some(end),
            _ => known.link(&at(netns, raw))?.peer.clone(),
        }
    }
}

/// Returns the names of the links that the kernel created in the namespace of this thread.
pub(super) fn created_links() -> io::Result<Vec<String>> {
    let links = netlink::links()?.unwrap_or_default();
    let created = links.into_iter().filter(|raw| raw.link.kind.is_some());
    Ok(created.map(|raw| raw.name).collect())
}
