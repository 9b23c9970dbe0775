//! The state of the network as the kernel reports it, one namespace at a time, and its conversion
//! to the model.

use std::collections::BTreeMap;
use std::io;

use super::netlink;
use super::raw::{RawAddress, RawLink, RawRoute, RouteOrigin};
use crate::machine::net::{LinkAt, Links, Namespace, Network, Route};

/// The state of one namespace.
#[derive(Debug, Clone, Default)]
pub(super) struct Dump {
    links: Vec<RawLink>,
    addresses: Vec<RawAddress>,
    routes: Vec<RawRoute>,
}

impl Dump {
    /// Reads the state of the namespace of this thread; `None` on a kernel without a network.
    pub(super) fn read() -> io::Result<Option<Self>> {
        let Some(links) = netlink::links()? else { return Ok(None) };
        Ok(Some(Self { links, addresses: netlink::addresses()?, routes: netlink::routes()? }))
    }

    /// Returns whether a link is up with a carrier, and whether it has an address. Both are false
    /// while an address is tentative.
    pub(super) fn readiness(&self, name: &str) -> (bool, bool) {
        let Some(link) = self.links.iter().find(|link| link.name == name) else {
            return (false, false);
        };
        let mut own = self.addresses.iter().filter(|address| address.index == link.index);
        let tentative = own.clone().any(|address| address.tentative);
        (link.running && !tentative, own.next().is_some() && !tentative)
    }

    /// Converts the links and routes. `peer` returns the other end of a pair.
    pub(super) fn namespace(&self, peer: &dyn Fn(&RawLink) -> Option<LinkAt>) -> Namespace {
        let names: BTreeMap<u32, &str> =
            self.links.iter().map(|raw| (raw.index, raw.name.as_str())).collect();
        let name = |index: u32| names.get(&index).map(|name| (*name).to_owned());
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
            for address in self.addresses.iter().filter(|address| address.index == raw.index) {
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
        let name = |index: u32| {
            let link = self.links.iter().find(|link| link.index == index)?;
            Some(link.name.clone())
        };
        let route = |raw: &RawRoute| {
            let route = Route { to: raw.to, via: raw.via, link: name(raw.index)? };
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
        let pair = |other: &RawLink| {
            other.link.kind == raw.link.kind
                && Some(other.index) == raw.below
                && other.below == Some(raw.index)
        };
        let at = |netns: Option<&str>, other: &RawLink| LinkAt {
            link: other.name.clone(),
            netns: netns.map(str::to_owned),
        };
        if !raw.below_is_foreign {
            return own.links.iter().find(|other| pair(other)).map(|other| at(netns, other));
        }
        let others = self.0.iter().filter(|(other, _)| other.as_deref() != netns);
        let mut ends = others.flat_map(|(netns, dump)| {
            dump.links
                .iter()
                .filter(|other| other.below_is_foreign && pair(other))
                .map(move |other| at(netns.as_deref(), other))
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
