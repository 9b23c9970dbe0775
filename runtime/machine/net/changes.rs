//! What facts about the network mean to the rest of the program.

use super::fact::list;
use super::link::LinkAt;
use super::{NetFact, NetRelease, RollbackState};
use crate::machine::fact::PartFact;
use crate::machine::files::Files;
use crate::machine::{Contradiction, Fact, Lifetime, Machine, Release, Scope, Unfinished};

impl NetFact {
    /// Returns whether the model agrees with the fact; `None` if links were not probed.
    fn agrees_with(&self, machine: &Machine) -> Option<bool> {
        let net = &machine.net;
        if let Some((change, state)) = self.rollback() {
            return Some(net.rollbacks.get(change).is_some_and(|found| found.state == state));
        }
        net.links.as_ref()?;
        Some(match self {
            Self::LinkState { at, up } => net.link(at).is_some_and(|found| found.up == *up),
            Self::LinkMade { at, new, group } => {
                let made = |found: &super::Link| new.matches(found) && found.group == *group;
                net.link(at).is_some_and(made)
            }
            Self::LinkGone { at } => net.link(at).is_none(),
            Self::LinksGone { .. } => self.gone().all(|at| net.link(&at).is_none()),
            Self::LinkPort { at, bridge } => {
                net.link(at).is_some_and(|found| found.master == *bridge)
            }
            Self::LinkAddress { at, address, present } => net
                .link(at)
                .is_some_and(|found| found.all_addresses().any(|has| has == address) == *present),
            Self::NetRoute { netns, route, present } => {
                net.routes_in(netns.as_deref()).any(|found| found == route) == *present
            }
            Self::NetNamespace { netns, exists: true } => net.is_namespace(netns),
            Self::NetNamespace { netns, exists: false } => !net.namespaces.contains_key(netns),
            Self::RollbackArmed { .. }
            | Self::ChangeConfirmed { .. }
            | Self::ChangeRolledBack { .. } => return None,
        })
    }

    /// Returns the change whose rollback the fact is about, and the state of that.
    fn rollback(&self) -> Option<(&str, RollbackState)> {
        match self {
            Self::RollbackArmed { change, .. } => Some((change, RollbackState::Armed)),
            Self::ChangeConfirmed { change, .. } => Some((change, RollbackState::Confirmed)),
            Self::ChangeRolledBack { change, .. } => Some((change, RollbackState::RolledBack)),
            _ => None,
        }
    }

    /// Returns whether this fact says that a link no longer exists.
    fn removes(&self, old: &LinkAt) -> bool {
        match self {
            Self::LinkGone { at } => at == old,
            Self::LinksGone { netns, links } => *netns == old.netns && links.contains(&old.link),
            Self::NetNamespace { netns, exists: false } => old.netns.as_ref() == Some(netns),
            _ => false,
        }
    }
}

impl PartFact for NetFact {
    fn lifetime(&self) -> Lifetime {
        match self.release() {
            Some(_) => Lifetime::UntilReboot,
            None => Lifetime::Lasting,
        }
    }

    fn subject(&self) -> Option<String> {
        None
    }

    fn release(&self) -> Option<Release> {
        NetRelease::of(self).map(Release::Net)
    }

    fn holds(&self, machine: &Machine, _files: &dyn Files) -> Option<bool> {
        self.agrees_with(machine)
    }

    /// A confirmed change.
    fn ended_by(&self, machine: &Machine) -> Option<Fact> {
        let Self::RollbackArmed { change, links, .. } = self else { return None };
        let (change, links) = (change.clone(), links.clone());
        let confirmed = Fact::Net(Self::ChangeConfirmed { change, links });
        confirmed.is_present(machine).then_some(confirmed)
    }

    /// A change that was rolled back, or that ended with a reboot.
    fn is_undone(&self, machine: &Machine) -> bool {
        let Self::RollbackArmed { change, .. } = self else { return false };
        let state = machine.net.rollbacks.get(change).map(|one| one.state);
        matches!(state, None | Some(RollbackState::RolledBack))
    }

    fn unfinished(&self, machine: &Machine) -> Option<Unfinished> {
        let Self::RollbackArmed { change, links, .. } = self else { return None };
        machine.net.armed().filter(|(armed, _)| armed == change)?;
        let links = list(links);
        Some(Unfinished {
            what: format!("network change {change} of {links} is not confirmed"),
            remedy: "after the last change, call net::confirm with the value of net::arm_rollback"
                .into(),
        })
    }

    fn learn(&self, machine: &mut Machine) -> Result<(), Contradiction> {
        let net = &mut machine.net;
        match self {
            Self::LinkState { at, up } => net.set_up(at, *up)?,
            Self::LinkMade { at, new, group } => net.add(at, new, *group)?,
            Self::LinkGone { at } => net.remove(at),
            Self::LinksGone { .. } => self.gone().for_each(|at| net.remove(&at)),
            Self::LinkPort { at, bridge } => {
                if let Some(link) = net.link_mut(at)? {
                    link.master.clone_from(bridge);
                }
            }
            Self::LinkAddress { at, address, present } => {
                net.set_address(at, *address, *present)?;
            }
            Self::NetRoute { netns, route, present } => {
                if let Some(routes) = net.routes_in_mut(netns.as_deref()) {
                    match present {
                        true => routes.insert(route.clone()),
                        false => routes.remove(route),
                    };
                }
            }
            Self::NetNamespace { netns, exists } => net.set_namespace(netns, *exists),
            Self::RollbackArmed { change, links, seconds } => net.arm(change, links, *seconds),
            Self::ChangeConfirmed { change, .. } => {
                net.end_rollback(change, RollbackState::Confirmed);
            }
            Self::ChangeRolledBack { change, .. } => {
                net.end_rollback(change, RollbackState::RolledBack);
            }
        }
        Ok(())
    }

    fn scope(&self, scope: &mut Scope) {
        let scope = &mut scope.net;
        scope.links.extend(self.at().cloned());
        scope.links.extend(self.gone());
        match self {
            Self::LinkMade { new: super::LinkKind::Veth { peer }, .. } => {
                scope.links.insert(peer.clone());
            }
            // A bridge has the smallest MTU of its ports.
            Self::LinkPort { at, bridge: Some(bridge) } => {
                scope.beside.insert(at.beside(bridge));
            }
            Self::LinkMade { .. }
            | Self::LinkState { up: true, .. }
            | Self::LinkAddress { present: true, .. } => {}
            // The routes of a link end with its addresses, and when it is set down; ports and all
            // links on top of it change with one that is removed.
            Self::LinkState { .. }
            | Self::LinkGone { .. }
            | Self::LinksGone { .. }
            | Self::LinkPort { bridge: None, .. }
            | Self::LinkAddress { .. } => {
                scope.whole.insert(self.netns().map(str::to_owned));
            }
            Self::NetRoute { netns, .. } => drop(scope.routes.insert(netns.clone())),
            Self::NetNamespace { netns, .. } => drop(scope.namespaces.insert(netns.clone())),
            Self::RollbackArmed { .. }
            | Self::ChangeConfirmed { .. }
            | Self::ChangeRolledBack { .. } => scope.rollbacks = true,
        }
    }

    fn ends(&self, old: &Fact) -> bool {
        let Fact::Net(old) = old else { return false };
        if let Some(at) = old.at()
            && self.removes(at)
        {
            return true;
        }
        match (self, old) {
            (Self::LinkState { at, up: false }, Self::LinkState { at: old, up: true })
            | (Self::LinkPort { at, bridge: None }, Self::LinkPort { at: old, bridge: Some(_) }) => {
                at == old
            }
            (
                Self::LinkAddress { at, address, present: false },
                Self::LinkAddress { at: old, address: was, present: true },
            ) => at == old && address == was,
            (
                Self::NetRoute { netns, route, present: false },
                Self::NetRoute { netns: old, route: was, present: true },
            ) => netns == old && route == was,
            (new, Self::NetRoute { netns, route, present: true }) => {
                new.removes(&LinkAt { link: route.link.clone(), netns: netns.clone() })
            }
            (
                Self::NetNamespace { netns, exists: false },
                Self::NetNamespace { netns: old, exists: true },
            ) => netns == old,
            // From now on, the links are no longer those of the run: releasing them would cut what
            // was confirmed.
            (
                Self::ChangeConfirmed { change, links } | Self::ChangeRolledBack { change, links },
                old,
            ) => match old {
                Self::RollbackArmed { change: armed, .. } => armed == change,
                old => old.is_of(links),
            },
            _ => false,
        }
    }

    fn is_present(&self, machine: &Machine) -> bool {
        match self {
            // An interrupted run may have left a file that names no namespace yet.
            Self::NetNamespace { netns, exists: true } => {
                machine.net.namespaces.contains_key(netns)
            }
            _ => self.agrees_with(machine) == Some(true),
        }
    }

    fn is_about(&self, given: &[&str]) -> bool {
        match self.at() {
            Some(at) => given.contains(&at.link.as_str()),
            None => match self {
                Self::LinksGone { links, .. } => {
                    links.iter().any(|link| given.contains(&link.as_str()))
                }
                Self::RollbackArmed { links, .. } => {
                    links.iter().any(|link| given.contains(&link.as_str()))
                }
                _ => self.netns().is_some_and(|netns| given.contains(&netns)),
            },
        }
    }
}
