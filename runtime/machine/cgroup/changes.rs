//! What facts, steps and releases of control groups mean to the rest of the program.

use std::fmt;

use super::hierarchy::parent;
use super::step::PROCS;
use super::{
    CgroupFact, CgroupLimits, CgroupRelease, CgroupStep, ControlGroup, ControlGroups, ROOT,
};
use crate::machine::fact::{PartFact, PartRelease};
use crate::machine::files::Files;
use crate::machine::step::PartStep;
use crate::machine::{Contradiction, Fact, Lifetime, Machine, Release, Scope, Step};

impl ControlGroup {
    /// Returns whether the group has these limits.
    fn has_limits(&self, wanted: &CgroupLimits) -> bool {
        wanted.iter().all(|(limit, value)| {
            let initial = limit.initial();
            limit.same(self.limits.get(limit).unwrap_or(&initial), value)
        })
    }

    fn set_limits(&mut self, wanted: &CgroupLimits) {
        for (limit, value) in wanted {
            match *value == limit.initial() {
                true => self.limits.remove(limit),
                false => self.limits.insert(*limit, limit.settled(value)),
            };
        }
    }
}

impl ControlGroups {
    /// Returns whether the model agrees with the fact; `None` if it cannot know.
    fn agrees_with(&self, fact: &CgroupFact) -> Option<bool> {
        let group = self.groups.get(fact.group());
        let has = |holds: &dyn Fn(&ControlGroup) -> bool| Some(group.is_some_and(holds));
        match fact {
            CgroupFact::CgroupMade { controllers, .. } => {
                has(&|group| controllers.iter().all(|name| group.controllers.contains(name)))
            }
            CgroupFact::CgroupRemoved { .. } => Some(group.is_none()),
            CgroupFact::CgroupEnabled { controllers, on, .. } => {
                has(&|group| controllers.iter().all(|name| group.enabled.contains(name) == *on))
            }
            CgroupFact::CgroupLimited { limits, .. } => has(&|group| group.has_limits(limits)),
            CgroupFact::CgroupFrozen { frozen, .. } => has(&|group| group.frozen == *frozen),
            CgroupFact::CgroupMember { group: name, pid, .. } if name == ROOT => {
                Some(!self.groups.values().any(|group| group.processes.contains(pid)))
            }
            CgroupFact::CgroupMember { pid, .. } => has(&|group| group.processes.contains(pid)),
            CgroupFact::CgroupEmpty { .. } => has(&|group| group.processes.is_empty()),
            CgroupFact::CgroupFiltered { .. } => None,
        }
    }

    fn make(&mut self, name: &str, requested: &[String]) {
        let above = self.groups.get(parent(name)).cloned().unwrap_or_default();
        let limits = match requested.iter().any(|name| name == "cpuset") {
            true => self.inherited(&above),
            false => CgroupLimits::new(),
        };
        let group = self.groups.entry(name.to_owned()).or_insert_with(|| ControlGroup {
            controllers: above.enabled,
            limits: CgroupLimits::new(),
            ..ControlGroup::default()
        });
        group.limits.extend(limits);
        group.controllers.extend(requested.iter().cloned());
    }

    fn enable(&mut self, name: &str, controllers: &[String], on: bool) {
        for (other, group) in &mut self.groups {
            let (own, below) = (other == name, other != ROOT && parent(other) == name);
            for controller in controllers {
                match on {
                    true if own => group.enabled.insert(controller.clone()),
                    true if below => group.controllers.insert(controller.clone()),
                    false if own => group.enabled.remove(controller),
                    false if below => group.controllers.remove(controller),
                    _ => false,
                };
            }
        }
    }

    fn learn(&mut self, fact: &CgroupFact) -> Option<()> {
        match fact {
            CgroupFact::CgroupMade { group, controllers, .. } => self.make(group, controllers),
            CgroupFact::CgroupRemoved { group } => {
                let below = format!("{group}/");
                self.groups.retain(|name, _| name != group && !name.starts_with(&below));
            }
            CgroupFact::CgroupEnabled { group, controllers, on, .. } => {
                self.groups.get(group)?;
                self.enable(group, controllers, *on);
            }
            CgroupFact::CgroupLimited { group, limits, .. } => {
                self.groups.get_mut(group)?.set_limits(limits);
            }
            CgroupFact::CgroupFrozen { group, frozen, .. } => {
                self.groups.get_mut(group)?.frozen = *frozen;
            }
            CgroupFact::CgroupMember { group, pid, .. } => {
                for other in self.groups.values_mut() {
                    other.processes.remove(pid);
                }
                let group = self.groups.get_mut(group).filter(|_| group != ROOT);
                if let Some(group) = group {
                    group.processes.insert(*pid);
                }
            }
            CgroupFact::CgroupEmpty { group } => self.groups.get_mut(group)?.processes.clear(),
            CgroupFact::CgroupFiltered { group, .. } => drop(self.groups.get(group)?),
        }
        Some(())
    }
}

impl PartFact for CgroupFact {
    fn lifetime(&self) -> Lifetime {
        match self {
            Self::CgroupRemoved { .. }
            | Self::CgroupEmpty { .. }
            | Self::CgroupEnabled { on: false, .. }
            | Self::CgroupFrozen { frozen: false, .. } => Lifetime::Lasting,
            _ => Lifetime::UntilReboot,
        }
    }

    fn subject(&self) -> Option<String> {
        None
    }

    fn release(&self) -> Option<Release> {
        let reverts = match self {
            Self::CgroupMade { .. }
            | Self::CgroupEnabled { on: true, .. }
            | Self::CgroupFrozen { frozen: true, .. }
            | Self::CgroupMember { .. } => true,
            Self::CgroupLimited { revert, .. } => !revert.is_empty(),
            _ => false,
        };
        reverts.then(|| CgroupRelease { fact: self.clone() }.into())
    }

    fn holds(&self, machine: &Machine, _files: &dyn Files) -> Option<bool> {
        machine.cgroup.found.as_ref()?.agrees_with(self)
    }

    fn learn(&self, machine: &mut Machine) -> Result<(), Contradiction> {
        // Groups that were not probed stay unknown.
        let Some(found) = &mut machine.cgroup.found else { return Ok(()) };
        let missing = || Contradiction { what: format!("control group {}", self.group()) };
        found.learn(self).ok_or_else(missing)
    }

    fn scope(&self, scope: &mut Scope) {
        scope.cgroup.groups.insert(self.group().to_owned());
    }

    fn ends(&self, old: &Fact) -> bool {
        let Fact::Cgroup(old) = old else { return false };
        match self {
            Self::CgroupRemoved { group } => old.group() == group,
            Self::CgroupEnabled { group, controllers, on: false, .. } => {
                matches!(old, Self::CgroupEnabled { group: of, controllers: then, on: true, .. }
                    if of == group && then == controllers)
            }
            Self::CgroupFrozen { group, frozen: false, .. } => {
                matches!(old, Self::CgroupFrozen { group: of, frozen: true, .. } if of == group)
            }
            Self::CgroupMember { pid, .. } => {
                matches!(old, Self::CgroupMember { pid: then, .. } if then == pid)
            }
            Self::CgroupLimited { group, limits, .. } => {
                matches!(old, Self::CgroupLimited { group: of, limits: then, .. }
                    if of == group && then.keys().all(|limit| limits.contains_key(limit)))
            }
            _ => false,
        }
    }

    fn is_present(&self, machine: &Machine) -> bool {
        let found = machine.cgroup.found.as_ref();
        found.and_then(|found| found.agrees_with(self)) == Some(true)
    }

    fn is_about(&self, given: &[&str]) -> bool {
        given.contains(&self.group())
    }
}

impl PartRelease for CgroupRelease {
    fn resulting_fact(&self) -> Fact {
        let fact = self.fact.clone();
        match fact {
            CgroupFact::CgroupEnabled { group, controllers, .. } => {
                CgroupFact::CgroupEnabled { group, controllers, on: false, revert: Vec::new() }
            }
            CgroupFact::CgroupFrozen { group, file, .. } => {
                CgroupFact::CgroupFrozen { group, frozen: false, file }
            }
            CgroupFact::CgroupMember { group, pid, from, .. } => {
                CgroupFact::CgroupMember { group: from, pid, from: group, back: Vec::new() }
            }
            CgroupFact::CgroupLimited { group, before, .. } => CgroupFact::CgroupLimited {
                group,
                limits: before,
                before: CgroupLimits::new(),
                revert: Vec::new(),
            },
            other => CgroupFact::CgroupRemoved { group: other.group().to_owned() },
        }
        .into()
    }

    fn step(&self, _machine: &Machine) -> Step {
        self.as_step().into()
    }

    /// A controller that groups of others use by now stays enabled.
    fn pending(&self, machine: &Machine) -> Vec<Release> {
        let Some(found) = &machine.cgroup.found else { return Vec::new() };
        let in_use = match &self.fact {
            CgroupFact::CgroupEnabled { group, .. } => {
                found.groups.keys().any(|name| name != ROOT && parent(name) == group)
            }
            _ => false,
        };
        match found.agrees_with(&self.fact) == Some(true) && !in_use {
            true => vec![self.clone().into()],
            false => Vec::new(),
        }
    }
}

impl CgroupRelease {
    fn as_step(&self) -> CgroupStep {
        match self.fact.clone() {
            CgroupFact::CgroupFrozen { file, .. } => CgroupStep::Freeze { file, frozen: false },
            CgroupFact::CgroupMember { pid, back, .. } => {
                CgroupStep::Move { pid, files: back, if_alive: true }
            }
            CgroupFact::CgroupEnabled { revert, .. } | CgroupFact::CgroupLimited { revert, .. } => {
                CgroupStep::Write { writes: revert }
            }
            CgroupFact::CgroupMade { directories, .. } => {
                CgroupStep::Remove { directories, evacuate: true }
            }
            // These have no release.
            CgroupFact::CgroupRemoved { .. }
            | CgroupFact::CgroupEmpty { .. }
            | CgroupFact::CgroupFiltered { .. } => CgroupStep::Write { writes: Vec::new() },
        }
    }
}

impl fmt::Display for CgroupRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_step().fmt(f)
    }
}

impl PartStep for CgroupStep {
    /// A group can be delegated to a user (cgroups(7)); the kernel decides.
    fn needs_root(&self) -> bool {
        true
    }
}

impl ControlGroups {
    /// Returns the files that move a process to a group, in every hierarchy that the group is in.
    pub fn procs_of(&self, name: &str) -> Vec<String> {
        let none = ControlGroup::default();
        let group = self.groups.get(name).unwrap_or(&none);
        let directories = match name {
            ROOT => self.directories(name, self.legacy.keys()),
            _ => self.directories(name, &group.controllers),
        };
        directories.iter().map(|directory| format!("{directory}/{PROCS}")).collect()
    }
}
