//! The part of the network that an action may have changed.

use std::collections::BTreeSet;

use super::link::{Link, LinkAt};
use super::namespace::Namespace;
use super::network::Network;

/// The items that a fact is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetScope {
    /// Links that may differ.
    pub links: BTreeSet<LinkAt>,
    /// Links that may change with them, beside those that depend on them.
    pub beside: BTreeSet<LinkAt>,
    /// Namespaces of which any link or route may have changed.
    pub whole: BTreeSet<Option<String>>,
    /// Namespaces of which the routes may differ.
    pub routes: BTreeSet<Option<String>>,
    /// Namespaces that may have appeared or disappeared.
    pub namespaces: BTreeSet<String>,
    /// Whether a rollback may have been armed or have ended.
    pub rollbacks: bool,
}

impl NetScope {
    /// Returns whether nothing needs to be probed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether the links or routes of a namespace may differ.
    pub fn includes(&self, netns: Option<&str>) -> bool {
        let of_link = |at: &LinkAt| at.netns.as_deref() == netns;
        self.links.iter().any(of_link)
            || self.whole.iter().chain(&self.routes).any(|space| space.as_deref() == netns)
            || netns.is_some_and(|netns| self.namespaces.contains(netns))
    }

    /// Returns whether nothing but the named links, and those that depend on them, can have changed.
    pub fn is_bounded(&self) -> bool {
        let Self { links: _, beside: _, whole, routes, namespaces, rollbacks } = self;
        whole.is_empty() && routes.is_empty() && namespaces.is_empty() && !rollbacks
    }
}

impl Network {
    /// Returns a copy of the links of a bounded scope.
    #[must_use]
    pub fn links_of(&self, scope: &NetScope) -> Self {
        let space = |netns: Option<&str>| {
            let all = self.links_in(netns)?;
            let of_space = scope.links.iter().filter(|at| at.netns.as_deref() == netns);
            let found = of_space.filter_map(|at| all.get_key_value(&at.link));
            Some(found.map(|(name, link)| (name.clone(), link.clone())).collect())
        };
        let names = scope.links.iter().filter_map(|at| at.netns.as_ref());
        let namespace = |name: &String| {
            self.namespaces.get(name)?;
            let namespace = Namespace { links: space(Some(name)), ..Namespace::default() };
            Some((name.clone(), namespace))
        };
        let namespaces = names.filter_map(namespace).collect();
        Self { links: space(None), namespaces, ..Self::default() }
    }

    /// Returns the links of a bounded scope, and those that may have changed with them: the other
    /// ends of pairs, VLANs and macvlans.
    pub fn to_read(&self, scope: &NetScope) -> BTreeSet<LinkAt> {
        let named = scope.links.iter().chain(&scope.beside);
        named.flat_map(|at| self.removed_with(at)).collect()
    }

    /// Replaces a link by the one that was found. Does nothing if links were not probed.
    pub fn replace(&mut self, at: &LinkAt, found: Option<Link>) {
        let Some(links) = self.links_in_mut(at.netns.as_deref()) else { return };
        match found {
            Some(link) => drop(links.insert(at.link.clone(), link)),
            None => drop(links.remove(&at.link)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::net::{LinkKind, NetFact};
    use crate::machine::{Fact, Machine, Scope, compare};
    use crate::types::{IpAddress, IpPrefix};

    fn at(link: &str) -> LinkAt {
        LinkAt { link: link.into(), netns: None }
    }

    /// Returns a machine with a bridge that has a VLAN, a pair, and a tap with an address.
    fn machine() -> Machine {
        let text = r#"{"format": 1, "host": {"udev": true}, "devices": {}, "net": {"links": {
            "br0": {"up": false, "kind": "bridge", "mtu": 1500},
            "br0.5": {"up": false, "kind": "vlan", "parent": "br0", "vlan": 5, "mtu": 1500},
            "va": {"up": false, "kind": "veth", "peer": {"link": "vb"}, "mtu": 1500},
            "vb": {"up": false, "kind": "veth", "peer": {"link": "va"}, "mtu": 1500},
            "vm0": {"up": true, "kind": "tap", "mtu": 1500, "addresses": ["192.0.2.1/24"]}},
            "routes": [{"to": "10.0.0.0/8", "via": "192.0.2.9", "link": "vm0"}]}}"#;
        Machine::read(text).expect("a machine")
    }

    fn scope_of(fact: &NetFact) -> Scope {
        let mut scope = Scope::default();
        Fact::from(fact.clone()).scope(&mut scope);
        scope
    }

    fn port(bridge: Option<&str>) -> NetFact {
        NetFact::LinkPort { at: at("vm0"), bridge: bridge.map(str::to_owned) }
    }

    #[test]
    fn only_links_that_can_have_changed_are_read() {
        let net = machine().net;
        let read = |fact: &NetFact| {
            let scope = scope_of(fact).net;
            let links = net.to_read(&scope).into_iter().map(|at| at.link);
            scope.is_bounded().then(|| links.collect::<Vec<_>>().join(" "))
        };
        let made = |new| NetFact::LinkMade { at: at("new0"), new, group: 7 };
        let address = IpPrefix { address: IpAddress::new([192, 0, 2, 1].into()), length: 24 };
        let with_address = |present| NetFact::LinkAddress { at: at("vm0"), address, present };
        for (fact, wanted) in [
            (made(LinkKind::Bridge), Some("new0")),
            (made(LinkKind::Veth { peer: at("new1") }), Some("new0 new1")),
            (port(Some("br0")), Some("br0 br0.5 vm0")),
            (NetFact::LinkState { at: at("br0"), up: true }, Some("br0 br0.5")),
            (with_address(true), Some("vm0")),
            // What ends with these is read with everything else.
            (port(None), None),
            (NetFact::LinkState { at: at("vm0"), up: false }, None),
            (with_address(false), None),
            (NetFact::LinkGone { at: at("br0") }, None),
            (NetFact::LinksGone { netns: None, links: vec!["va".into()] }, None),
            (NetFact::NetNamespace { netns: "a".into(), exists: true }, None),
        ] {
            assert_eq!(read(&fact).as_deref(), wanted, "{fact}");
        }
    }

    #[test]
    fn an_excerpt_shows_the_same_differences_as_the_whole() {
        let fact = port(Some("br0"));
        let scope = scope_of(&fact);
        let mut predicted = machine();
        predicted.learn(&fact.into()).expect("the link exists");
        let change = |link: &str, change: fn(&mut Link)| {
            let mut found = predicted.clone();
            let mut link_found = found.net.link(&at(link)).expect("a link").clone();
            change(&mut link_found);
            found.net.replace(&at(link), Some(link_found));
            found
        };
        let mut gone = predicted.clone();
        gone.net.replace(&at("vm0"), None);
        let differing =
            [change("vm0", |link| link.master = None), change("vm0", |link| link.up = false), gone];
        for found in &differing {
            let differences = compare(&predicted.excerpt(&scope), found, Some(&scope));
            assert_eq!(differences.len(), 1);
            assert_eq!(differences, compare(&predicted, found, Some(&scope)));
        }
        let beside = change("br0", |link| link.mtu = 1400);
        assert_eq!(compare(&predicted.excerpt(&scope), &beside, Some(&scope)), []);
    }
}
