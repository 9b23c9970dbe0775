//! `cgroup.add_process` and `cgroup.processes`: the processes of a group.

use super::create::alters;
use super::rule::CgroupRule;
use super::seen::{SeenGroups, is_threaded};
use super::values::{CgroupName, ProcessNumber};
use crate::args;
use crate::error::Result;
use crate::machine::cgroup::{CgroupFact, CgroupStep, ControlGroups, ROOT};
use crate::machine::files::FileContents;
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};
use crate::types::Place;

args! {
    /// Moves a process to a control group.
    ///
    /// Its limits apply to the process and to all processes that it starts from now on, in every
    /// hierarchy in which the group exists. When the run cleans up, the process moves back.
    ///
    /// Source: cgroups(7).
    ///
    /// ```
    /// cgroup::create("quiet");
    /// cgroup::add_process("quiet", 4711);
    /// ```
    "cgroup.add_process" => pub struct AddProcess {
        /// The path of the group.
        pub group: CgroupName,
        /// The number of the process.
        pub pid: ProcessNumber,
    }
}

args! {
    /// Lists the processes of a control group, without those of the groups in it.
    ///
    /// Returns a list of numbers. A plan assumes those that were there when the machine was probed.
    ///
    /// Source: cgroups(7).
    ///
    /// ```
    /// let pids = cgroup::processes("/");
    /// ```
    "cgroup.processes" => pub struct Processes {
        /// The path of the group.
        pub group: CgroupName,
    }
}

/// Returns the group of a process in the hierarchy in which processes are listed.
fn group_of(cx: &Planning<'_>, all: &ControlGroups, pid: u32) -> String {
    let modelled = || {
        let has = |(_, group): &(&String, &crate::machine::cgroup::ControlGroup)| {
            group.processes.contains(&pid)
        };
        all.groups.iter().find(has).map(|(name, _)| name.clone())
    };
    let read = || {
        let place = Place::here(format!("/proc/{pid}/cgroup"));
        let Ok(FileContents::Known(bytes)) = cx.files.read(&place) else { return None };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let base = |line: &&str| match all.unified {
            Some(_) => line.starts_with("0::"),
            None => line.split(':').nth(1).is_some_and(|names| names == "freezer"),
        };
        let line =
            text.lines().find(base)?.splitn(3, ':').nth(2)?.trim_start_matches('/').to_owned();
        all.groups.contains_key(&line).then_some(line)
    };
    modelled().or_else(read).unwrap_or_else(|| ROOT.to_owned())
}

impl Action for AddProcess {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![alters(self.group.as_str())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGroups::of(cx)?;
        let group = self.group.as_str().to_owned();
        let found = seen.group(&self.group)?;
        let enabled: Vec<String> = found
            .iter()
            .flat_map(|found| &found.enabled)
            .filter(|name| !is_threaded(name) && group != ROOT)
            .cloned()
            .collect();
        if !enabled.is_empty() {
            return Err(CgroupRule::EnablesControllers { group, enabled }.into());
        }
        let pid = self.pid.0;
        let from = group_of(cx, &seen.all, pid);
        // In hierarchies in which the group before does not exist, the process was at the top.
        let there = seen.all.procs_of(&from);
        let tops = seen.all.procs_of(ROOT);
        let files = seen.all.procs_of(&group);
        let mut back = there.clone();
        for (file, top) in files.iter().filter_map(|file| {
            let top =
                tops.iter().find(|top| file.starts_with(top.trim_end_matches("cgroup.procs")));
            Some((file, top?))
        }) {
            let mount = top.trim_end_matches("cgroup.procs");
            if file != top && !there.iter().any(|file| file.starts_with(mount)) {
                back.push(top.clone());
            }
        }
        Ok(Plan::step(CgroupStep::Move { pid, files, if_alive: false })
            .warn(seen.unknown(&self.group))
            .makes(CgroupFact::CgroupMember { group, pid, from, back })
            .undo(Undo::Release))
    }
}

impl Query for Processes {
    type Output = Vec<u32>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<u32>>> {
        let seen = SeenGroups::of(cx)?;
        seen.group(&self.group)?;
        let found: Vec<u32> = seen.processes(cx, &self.group).into_iter().collect();
        Ok(match cx.files.is_this_machine() {
            true => Answer::Known(found),
            false => Answer::Assumed(found),
        })
    }
}
