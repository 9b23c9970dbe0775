//! The model before a change of links, and its restoration.

use std::collections::BTreeSet;

use super::link::{LinkAt, Route};
use super::namespace::{Links, Namespace};
use super::network::Network;
use super::rollback::{Rollback, RollbackState};

impl Network {
    /// Returns the state of links of this machine, of their ports and of the links on top of them,
    /// and the routes through all of them.
    pub fn snapshot(&self, names: &BTreeSet<String>) -> Namespace {
        let mut all: Vec<String> = names.iter().cloned().collect();
        let mut next = 0;
        while let Some(name) = all.get(next).cloned() {
            next += 1;
            let ports = self.links.iter().flatten();
            let ports = ports.filter(|(_, link)| link.master.as_ref() == Some(&name));
            let above = self.above(&LinkAt { link: name.clone(), netns: None }).into_iter();
            let more = ports.map(|(port, _)| port.clone()).chain(above.map(|at| at.link));
            for more in more.collect::<Vec<_>>() {
                if !all.contains(&more) {
                    all.push(more);
                }
            }
        }
        let link = |name: &String| Some((name.clone(), self.links.as_ref()?.get(name)?.clone()));
        let routes = self.routes.iter().filter(|route| all.contains(&route.link));
        Namespace {
            links: Some(all.iter().filter_map(link).collect()),
            routes: routes.cloned().collect(),
        }
    }

    /// Arms a rollback of the present state.
    pub(super) fn arm(&mut self, id: &str, links: &BTreeSet<String>, seconds: u32) {
        let (before, state) = (self.snapshot(links), RollbackState::Armed);
        let armed = Rollback { links: links.clone(), seconds, before, state };
        self.rollbacks.insert(id.to_owned(), armed);
    }

    /// Sets the state of a rollback; rolling it back restores the links.
    pub(super) fn end_rollback(&mut self, id: &str, state: RollbackState) {
        let Some(one) = self.rollbacks.get_mut(id) else { return };
        one.state = state;
        let one = one.clone();
        if state != RollbackState::RolledBack {
            return;
        }
        for name in one.links.iter().filter(|name| one.old_link(name).is_none()) {
            self.remove(&LinkAt { link: name.clone(), netns: None });
        }
        if let Some(links) = &mut self.links {
            let old: Links =
                one.old_links().map(|(name, link)| (name.clone(), link.clone())).collect();
            links.extend(old);
        }
        let others = |route: &Route| !one.has_route(route);
        self.routes.retain(others);
        self.routes.extend(one.before.routes.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::net::{LinkKind, NetStep};
    use crate::machine::{Fact, Machine};

    fn at(link: &str) -> LinkAt {
        LinkAt { link: link.into(), netns: None }
    }

    fn machine() -> Machine {
        let text = r#"{"format": 1, "host": {"udev": true}, "devices": {}, "net": {"links": {
            "br0": {"up": true, "kind": "bridge", "mtu": 1500, "addresses": ["198.51.100.1/24"]},
            "vm0": {"up": true, "kind": "tap", "master": "br0", "mtu": 1500},
            "eth0": {"up": true, "mtu": 1500, "addresses": ["192.0.2.1/24", "2001:db8::1/64"]},
            "eth0.5": {"up": true, "kind": "vlan", "parent": "eth0", "vlan": 5, "mtu": 1500,
                "addresses": ["203.0.113.1/24"]}},
            "routes": [{"to": "0.0.0.0/0", "via": "192.0.2.254", "link": "eth0"},
                {"to": "10.0.0.0/8", "via": "203.0.113.9", "link": "eth0.5"}]}}"#;
        Machine::read(text).expect("a machine")
    }

    fn apply(machine: &mut Machine, step: &NetStep) {
        let fact = step.fact().unwrap_or_else(|| panic!("{step} has no fact"));
        machine.learn(&Fact::Net(fact)).unwrap_or_else(|error| panic!("{step}: {error}"));
    }

    /// Whatever part of a change was made, and even if the kernel removes more with a link, the
    /// steps lead back.
    #[test]
    fn every_part_of_a_change_is_restored() {
        let bridge = Some("br1".to_owned());
        let change = [
            NetStep::AddLink { at: at("br1"), new: LinkKind::Bridge, group: 7 },
            NetStep::SetLink { at: at("br1"), up: true },
            NetStep::SetLink { at: at("eth0"), up: false },
            NetStep::SetBridge { at: at("eth0"), bridge },
            NetStep::RemoveLink { at: at("eth0.5") },
            NetStep::RemoveLink { at: at("br0") },
        ];
        let names = BTreeSet::from(["eth0", "br0", "br1"].map(str::to_owned));
        for made in 0..=change.len() {
            let mut machine = machine();
            let before = machine.clone();
            machine.net.arm("0123abcd", &names, 60);
            for step in &change[..made] {
                apply(&mut machine, step);
            }
            let rollback = machine.net.rollbacks["0123abcd"].clone();
            for round in 0.. {
                let Network { links, routes, .. } = machine.net.clone();
                let steps = rollback.steps(&Namespace { links, routes });
                if steps.is_empty() {
                    break;
                }
                assert!(round < 5, "{steps:?}");
                for step in &steps {
                    apply(&mut machine, step);
                }
            }
            assert_eq!(machine.net.links, before.net.links, "after {made} steps");
            assert_eq!(machine.net.routes, before.net.routes, "after {made} steps");
        }
    }
}
