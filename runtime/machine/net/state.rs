//! The network in machine files, and the comparison of the predicted network with the probed one.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use super::fact::{list as names, state};
use super::group::joined_releases;
use super::link::{Link, LinkAt, Route};
use super::namespace::{Links, Namespace};
use super::network::Network;
use super::rollback::{Rollback, RollbackState};
use super::scope::NetScope;
use crate::machine::state::PartState;
use crate::machine::valid::{Problems, Unique};
use crate::machine::{Differences, Machine, Release, Scope};
use crate::types::{IpAddress, IpPrefix};

/// The network in a machine file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetRecord {
    links: Unique<Link>,
    #[serde(default)]
    routes: BTreeSet<Route>,
    #[serde(default = "no_namespaces")]
    namespaces: Unique<Namespace>,
    #[serde(default)]
    session: Option<IpAddress>,
    #[serde(default = "no_rollbacks")]
    rollbacks: Unique<Rollback>,
}

fn no_namespaces() -> Unique<Namespace> {
    Unique(BTreeMap::new())
}

fn no_rollbacks() -> Unique<Rollback> {
    Unique(BTreeMap::new())
}

#[derive(Serialize)]
struct Written<'a> {
    links: &'a Links,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    routes: &'a BTreeSet<Route>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    namespaces: &'a BTreeMap<String, Namespace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<IpAddress>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    rollbacks: &'a BTreeMap<String, Rollback>,
}

impl PartState for Network {
    const KEYS: &'static [&'static str] = &["net"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        _key: &'static str,
        from: &mut A,
    ) -> Result<(), A::Error> {
        let record: NetRecord = from.next_value()?;
        *self = Self {
            links: Some(record.links.0),
            routes: record.routes,
            namespaces: record.namespaces.0,
            session: record.session,
            rollbacks: record.rollbacks.0,
        };
        Ok(())
    }

    fn join(&self, releases: Vec<Release>) -> Vec<Release> {
        joined_releases(releases, self)
    }

    fn write<M: SerializeMap>(&self, to: &mut M) -> Result<(), M::Error> {
        let Self { links, routes, namespaces, session, rollbacks } = self;
        match links {
            Some(links) => {
                let written = Written { links, routes, namespaces, session: *session, rollbacks };
                to.serialize_entry("net", &written)
            }
            None => Ok(()),
        }
    }

    fn check(machine: &Machine, notes: &mut Problems) {
        let net = &machine.net;
        check_links(net, None, &["net"], notes);
        for name in net.namespaces.keys() {
            check_links(net, Some(name), &["net", "namespaces", name], notes);
        }
    }

    fn anonymise(&mut self, new: &dyn Fn(&str) -> String) {
        self.session.take_if(|address| !is_private(*address));
        self.rollbacks.clear();
        let space = |links: &mut Option<Links>, routes: &mut BTreeSet<Route>| {
            let old = links.take();
            *links = old.map(|links| links.into_iter().map(|one| anonymous(one, new)).collect());
            let old = std::mem::take(routes)
                .into_iter()
                .filter(|route| is_private(route.to.address) && route.via.is_none_or(is_private));
            *routes = old.map(|route| Route { link: new(&route.link), ..route }).collect();
        };
        space(&mut self.links, &mut self.routes);
        let old = std::mem::take(&mut self.namespaces);
        self.namespaces = old
            .into_iter()
            .map(|(name, mut namespace)| {
                space(&mut namespace.links, &mut namespace.routes);
                (new(&name), namespace)
            })
            .collect();
    }

    fn excerpt(&self, scope: &Scope) -> Self {
        match scope.net.is_bounded() {
            true => self.links_of(&scope.net),
            false => self.clone(),
        }
    }

    fn compare(
        predicted: &Machine,
        found: &Machine,
        scope: Option<&Scope>,
        differences: &mut Differences,
    ) {
        let (then, now) = (&predicted.net, &found.net);
        if then.links.is_none() || now.links.is_none() {
            return;
        }
        let scope = scope.map(|scope| &scope.net);
        let names: BTreeSet<&String> =
            then.namespaces.keys().chain(now.namespaces.keys()).collect();
        for name in &names {
            if scope.is_none_or(|scope| scope.namespaces.contains(*name)) {
                let side = |net: &Network| {
                    let namespace = net.namespaces.get(*name)?;
                    Some(if namespace.links.is_some() { "usable" } else { "unusable" }.to_owned())
                };
                differences.note(format!("network namespace {name}"), side(then), side(now));
            }
        }
        compare_space(then, now, None, scope, differences);
        for name in names {
            compare_space(then, now, Some(name), scope, differences);
        }
    }

    /// The links that were created, and the namespaces. Every machine has loopback and hardware.
    fn list(machine: &Machine, _before: &Machine) -> Vec<String> {
        let net = &machine.net;
        let mut lines = Vec::new();
        let spaces = std::iter::once(None).chain(net.namespaces.keys().map(Some));
        for netns in spaces {
            let shown = |(name, link): (&String, &Link)| {
                let at = LinkAt { link: name.clone(), netns: netns.cloned() };
                format!("link {at}: {}", describe_link(link))
            };
            lines.extend(netns.map(|netns| format!("network namespace {netns}")));
            let all = net.links_in(netns.map(String::as_str)).into_iter().flatten();
            lines.extend(all.filter(|(_, link)| link.kind.is_some()).map(shown));
        }
        let armed = net.rollbacks.iter().filter(|(_, one)| one.state == RollbackState::Armed);
        lines.extend(armed.map(|(change, one)| {
            format!("network change {change} of {}: not confirmed", names(&one.links))
        }));
        lines
    }
}

/// Notes links that are named, but not described.
fn check_links(net: &Network, netns: Option<&str>, path: &[&str], notes: &mut Problems) {
    let Some(links) = net.links_in(netns) else { return };
    for (name, link) in links {
        let named = [("master", &link.master), ("parent", &link.parent)];
        for (field, other) in named {
            if let Some(other) = other.as_ref().filter(|other| !links.contains_key(*other)) {
                let why = format!("link {other:?} is not described");
                let remedy = match field {
                    "master" => "describe that link, or remove the master",
                    _ => "describe that link, or remove the parent",
                };
                notes.add(&[path, &["links", name, field]].concat(), why, remedy);
            }
        }
    }
}

fn compare_space(
    then: &Network,
    now: &Network,
    netns: Option<&str>,
    scope: Option<&NetScope>,
    differences: &mut Differences,
) {
    let (Some(before), Some(after)) = (then.links_in(netns), now.links_in(netns)) else { return };
    let mut compare = |at: &LinkAt| {
        let side = |net: &Network| net.link(at).map(describe_link);
        differences.note(format!("link {at}"), side(then), side(now));
    };
    match scope {
        Some(scope) => {
            scope.links.iter().filter(|at| at.netns.as_deref() == netns).for_each(compare);
        }
        None => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let at = |name: &String| LinkAt { link: name.clone(), netns: netns.map(str::to_owned) };
            let of_guest =
                |at: &LinkAt| [then, now].iter().any(|net| net.link(at).is_some_and(is_of_guest));
            names.into_iter().map(at).filter(|at| !of_guest(at)).for_each(|at| compare(&at));
        }
    }
    if scope.is_none_or(|scope| scope.routes.contains(&netns.map(str::to_owned))) {
        let side = |net: &Network| {
            let routes: Vec<String> = net.routes_in(netns).map(ToString::to_string).collect();
            (!routes.is_empty()).then(|| routes.join(", "))
        };
        let of = netns.map(|netns| format!("routes of namespace {netns}"));
        differences.note(of.unwrap_or_else(|| "routes".into()), side(then), side(now));
    }
}

/// Returns whether a link leads into a namespace without a name: those of guests come and go with them.
fn is_of_guest(link: &Link) -> bool {
    link.kind.as_deref() == Some("veth") && link.peer.is_none()
}

/// Returns whether an address does not identify the owner of the machine.
fn is_private(address: IpAddress) -> bool {
    match address.get() {
        std::net::IpAddr::V4(address) => {
            address.is_private() || address.is_loopback() || address.is_unspecified()
        }
        std::net::IpAddr::V6(address) => {
            address.is_loopback() || address.is_unspecified() || address.is_unique_local()
        }
    }
}

fn anonymous((name, mut link): (String, Link), new: &dyn Fn(&str) -> String) -> (String, Link) {
    link.master = link.master.as_deref().map(new);
    link.parent = link.parent.as_deref().map(new);
    link.peer = link
        .peer
        .map(|peer| LinkAt { link: new(&peer.link), netns: peer.netns.as_deref().map(new) });
    let private = |prefix: &IpPrefix| is_private(prefix.address);
    link.addresses.retain(private);
    link.dynamic.retain(private);
    (new(&name), link)
}

/// Returns the properties of a link that operations determine, on one line.
fn describe_link(link: &Link) -> String {
    let mut text = link.kind.as_ref().map(|kind| format!("{kind}, ")).unwrap_or_default();
    text += state(link.up);
    if let Some(master) = &link.master {
        text += &format!(", part of {master}");
    }
    if let Some(parent) = &link.parent {
        text += &format!(", on {parent}");
    }
    if let Some(vlan) = link.vlan {
        text += &format!(", VLAN {vlan}");
    }
    if let Some(peer) = &link.peer {
        text += &format!(", peer {peer}");
    }
    if let Some(owner) = link.owner {
        text += &format!(", owner {owner}");
    }
    for address in &link.addresses {
        text += &format!(", {address}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::net::NetFact;
    use crate::machine::{Fact, compare};

    fn at(link: &str) -> LinkAt {
        LinkAt { link: link.into(), netns: None }
    }

    fn machine() -> Machine {
        let text = r#"{"format": 1, "host": {"udev": true}, "devices": {}, "net": {"links": {
            "br0": {"up": true, "kind": "bridge", "mtu": 1500},
            "eth0": {"up": false, "master": "br0", "mtu": 1500}}}}"#;
        Machine::read(text).expect("the machine file is valid")
    }

    #[test]
    fn links_round_trip_and_are_absent_if_unprobed() {
        let text = serde_json::to_string(&machine()).expect("machines serialize to JSON");
        assert_eq!(Machine::read(&text), Ok(machine()));
        assert_eq!(
            serde_json::to_string(&Machine::empty()).ok().map(|text| text.contains("net")),
            Some(false)
        );
        let wrong =
            Machine::read(&text.replace("\"br0\":", "\"br1\":")).expect_err("the file is invalid");
        assert_eq!(wrong[0].at, "net.links.eth0.master");
        let wrong = Machine::read(&text.replace("\"mtu\":1500", "\"mtu\":-1"))
            .expect_err("the file is invalid");
        assert!(wrong[0].at.starts_with("net.links.br0.mtu"), "{wrong:?}");
    }

    #[test]
    fn link_differences_are_reported() {
        let (before, mut after) = (machine(), machine());
        let up = Fact::Net(NetFact::LinkState { at: at("eth0"), up: true });
        after.learn(&up).expect("the link exists");
        let mut scope = Scope::default();
        up.scope(&mut scope);
        let differences = compare(&after, &before, Some(&scope));
        let said: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["link eth0: predicted up, part of br0, found down, part of br0"]);
        assert_eq!(compare(&after, &before, Some(&Scope::default())), []);
        let none = Fact::Net(NetFact::LinkState { at: at("eth1"), up: true });
        assert!(after.learn(&none).is_err());
        assert_eq!(Machine::empty().learn(&none), Ok(()));
    }

    #[test]
    fn facts_keep_their_tag_and_release_only_links_that_are_up() {
        let json = serde_json::json!({"fact": "link_state", "link": "eth0", "up": true});
        let fact: Fact = serde_json::from_value(json.clone()).expect("the fact is valid");
        assert_eq!(serde_json::to_value(&fact).ok(), Some(json));
        let release = fact.release().expect("a link that is up has a release");
        assert_eq!(release.to_string(), "ip link set eth0 down");
        assert_eq!(release.pending(&machine()), []);
        let mut up = machine();
        up.learn(&fact).expect("the link exists");
        assert_eq!(release.pending(&up), std::slice::from_ref(&release));
        assert!(release.resulting_fact().ends(&fact));
    }
}
