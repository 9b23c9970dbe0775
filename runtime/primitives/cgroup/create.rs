//! `cgroup.create` and `cgroup.remove`: groups and their controllers.

use std::collections::BTreeSet;

use super::rule::CgroupRule;
use super::seen::{SeenGroups, is_threaded};
use super::values::{CgroupName, Controller};
use crate::args;
use crate::error::Result;
use crate::machine::Fact;
use crate::machine::cgroup::{
    CgroupEffect, CgroupFact, CgroupStep, CgroupWrite, ControlGroups, ROOT, pid_ranges,
};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::system::Step;
use crate::types::Choice;

args! {
    /// Creates a control group.
    ///
    /// In version 2, enables the controllers in the groups above it. In version 1, creates the
    /// group in the hierarchy of each controller, and of `freezer`; a new `cpuset` gets the
    /// processors and memory nodes of the group above. A group that exists is kept if it has the
    /// controllers.
    ///
    /// When the run cleans up, its processes move to the group above, the group is removed, and
    /// controllers that no other group uses are disabled again. Groups end with a reboot.
    ///
    /// Source: cgroups(7); Documentation/admin-guide/cgroup-v2.rst of the kernel.
    ///
    /// ```
    /// cgroup::create("build", #{ controllers: ["memory", "pids"] });
    /// ```
    "cgroup.create" => pub struct CreateGroup {
        /// The path of the group. The group above it must exist.
        pub group: CgroupName,
        /// The controllers that limit the group. By default none: the group can be frozen and
        /// killed.
        pub controllers: Option<Vec<Controller>>,
    }
}

args! {
    /// Removes a control group that has no processes and no groups in it.
    ///
    /// Source: cgroups(7).
    ///
    /// ```
    /// cgroup::create("done");
    /// cgroup::remove("done");
    /// ```
    "cgroup.remove" => pub struct RemoveGroup {
        /// The path of the group.
        pub group: CgroupName,
    }
}

/// Returns the effect of changing a group.
pub(super) fn alters(group: &str) -> Effect {
    CgroupEffect::AltersCgroup { group: group.to_owned() }.into()
}

impl CreateGroup {
    /// Returns the controllers by name. Version 2 filters devices without a controller.
    fn wanted(&self, all: &ControlGroups) -> BTreeSet<String> {
        let controllers = self.controllers.iter().flatten().map(|controller| controller.word());
        let needless = |name: &str| {
            name == Controller::Devices.word()
                && all.unified.is_some()
                && !all.legacy.contains_key(name)
        };
        controllers.filter(|name| !needless(name)).map(str::to_owned).collect()
    }

    /// Returns the controllers that the group has in hierarchies of version 1: those that share a
    /// hierarchy cannot be separated.
    fn legacy(all: &ControlGroups, wanted: &BTreeSet<String>) -> BTreeSet<String> {
        let mounts: BTreeSet<&str> = wanted
            .iter()
            .filter_map(|name| all.legacy.get(name))
            .map(String::as_str)
            .chain(all.base().filter(|_| all.unified.is_none()))
            .collect();
        let shares = |(_, mount): &(&String, &String)| mounts.contains(mount.as_str());
        all.legacy.iter().filter(shares).map(|(name, _)| name.clone()).collect()
    }

    /// Returns an error if a controller is not available in the hierarchies.
    fn check_available(&self, seen: &SeenGroups<'_>, wanted: &BTreeSet<String>) -> Result<()> {
        if !seen.is_known() {
            return Ok(());
        }
        let available = seen.all.available();
        let unavailable = |controller: &String, group: &str, available: &BTreeSet<String>| {
            let usable = Controller::WORDS.iter().filter(|name| available.contains(**name));
            Err(CgroupRule::Unavailable {
                controller: controller.clone(),
                group: group.to_owned(),
                available: usable.map(|name| (*name).to_owned()).collect(),
            }
            .into())
        };
        if let Some(controller) = wanted.iter().find(|name| !available.contains(*name)) {
            return unavailable(controller, ROOT, &available);
        }
        for above in self.group.above().iter().filter(|name| *name != ROOT) {
            let Some(group) = seen.all.groups.get(above) else {
                return Err(CgroupRule::NoSuchGroup { group: above.clone() }.into());
            };
            let missing = |name: &&String| {
                seen.all.legacy.contains_key(*name) && !group.controllers.contains(*name)
            };
            if let Some(controller) = wanted.iter().find(missing) {
                return unavailable(controller, above, &group.controllers);
            }
        }
        Ok(())
    }

    /// Returns the steps that enable controllers of version 2 in a group above, and the fact.
    fn enable(
        seen: &SeenGroups<'_>,
        cx: &Planning<'_>,
        above: &str,
        unified: &BTreeSet<&String>,
    ) -> Result<Option<(Step, Fact)>> {
        let group = seen.all.groups.get(above).cloned().unwrap_or_default();
        let missing: Vec<String> = unified
            .iter()
            .filter(|name| !group.enabled.contains(**name))
            .map(|s| (*s).clone())
            .collect();
        if missing.is_empty() {
            return Ok(None);
        }
        let processes = match above {
            ROOT => BTreeSet::new(),
            name => seen.processes(cx, &CgroupName::assume_valid(name)),
        };
        let domain = missing.iter().find(|name| !is_threaded(name));
        if let Some(controller) = domain.filter(|_| !processes.is_empty()) {
            return Err(CgroupRule::InternalProcesses {
                group: above.to_owned(),
                controller: controller.clone(),
                processes: processes.len(),
            }
            .into());
        }
        let directory = seen.all.base_directory(above).unwrap_or_default();
        let write = |sign: &str| {
            let words: Vec<String> = missing.iter().map(|name| format!("{sign}{name}")).collect();
            let file = format!("{directory}/cgroup.subtree_control");
            vec![CgroupWrite { file, text: words.join(" ") }]
        };
        let (group, revert) = (above.to_owned(), write("-"));
        let fact =
            CgroupFact::CgroupEnabled { group, controllers: missing.clone(), on: true, revert };
        Ok(Some((CgroupStep::Write { writes: write("+") }.into(), fact.into())))
    }
}

impl Action for CreateGroup {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let above = match self.controllers.as_ref().is_some_and(|given| !given.is_empty()) {
            true => self.group.above(),
            false => Vec::new(),
        };
        above.iter().map(String::as_str).chain([self.group.as_str()]).map(alters).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGroups::of(cx)?;
        let group = self.group.as_str().to_owned();
        if group == ROOT {
            return Err(CgroupRule::Top { what: "created" }.into());
        }
        let wanted = self.wanted(&seen.all);
        self.check_available(&seen, &wanted)?;
        let legacy = Self::legacy(&seen.all, &wanted);
        let mut plan = Plan::steps(Vec::new()).undo(Undo::Release).warn(seen.unknown(&self.group));
        let unified: BTreeSet<&String> =
            wanted.iter().filter(|name| !seen.all.legacy.contains_key(*name)).collect();
        for above in self.group.above() {
            if let Some((step, fact)) = Self::enable(&seen, cx, &above, &unified)? {
                plan = plan.then(step).makes(fact);
            }
        }
        let all: BTreeSet<String> = wanted.union(&legacy).cloned().collect();
        if let Some(found) = seen.all.groups.get(&group) {
            let lacks = legacy.iter().filter(|name| !found.controllers.contains(*name));
            let lacks: Vec<String> = lacks.cloned().collect();
            if !lacks.is_empty() {
                return Err(CgroupRule::Exists { group, lacks }.into());
            }
            if plan.steps.is_empty() {
                plan.already = Some(format!("control group {group} exists"));
            }
            return Ok(plan);
        }
        let directories = seen.all.directories(&group, &all);
        let controllers = all.into_iter().collect();
        Ok(plan
            .then(CgroupStep::Make { directories: directories.clone() })
            .makes(CgroupFact::CgroupMade { group, controllers, directories }))
    }
}

impl Action for RemoveGroup {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![alters(self.group.as_str())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGroups::of(cx)?;
        let name = self.group.as_str().to_owned();
        if name == ROOT {
            return Err(CgroupRule::Top { what: "removed" }.into());
        }
        let found = seen.all.groups.get(&name).cloned().unwrap_or_default();
        let inside = format!("{name}/");
        if let Some(below) = seen.all.groups.keys().find(|other| other.starts_with(&inside)) {
            return Err(CgroupRule::HasGroups { group: name, below: below.clone() }.into());
        }
        let processes = seen.processes(cx, &self.group);
        if !processes.is_empty() {
            let processes = pid_ranges(&processes);
            return Err(CgroupRule::HasProcesses { group: name, processes }.into());
        }
        let directories = seen.all.directories(&name, &found.controllers);
        Ok(Plan::step(CgroupStep::Remove { directories, evacuate: false })
            .warn(seen.unknown(&self.group))
            .makes(CgroupFact::CgroupRemoved { group: name })
            .undo(Undo::Impossible("the limits of the group are not recorded")))
    }
}
