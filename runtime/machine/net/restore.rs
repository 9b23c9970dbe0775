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
