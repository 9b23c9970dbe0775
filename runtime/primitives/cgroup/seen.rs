//! What a plan knows about control groups.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::rule::CgroupRule;
use super::values::CgroupName;
use crate::error::Result;
use crate::machine::cgroup::{ControlGroup, ControlGroups, ROOT};
use crate::machine::files::FileContents;
use crate::operation::Planning;
use crate::types::Place;

/// The hierarchies of the machine, or the usual one if they were not probed.
pub(super) struct SeenGroups<'a> {
    pub(super) all: Cow<'a, ControlGroups>,
    known: bool,
}

impl<'a> SeenGroups<'a> {
    pub(super) fn of(cx: &Planning<'a>) -> Result<Self> {
        let seen = match &cx.machine.cgroup.found {
            Some(found) => Self { all: Cow::Borrowed(found), known: true },
            None => Self { all: Cow::Owned(ControlGroups::assumed()), known: false },
        };
        match seen.all.base() {
            Some(_) => Ok(seen),
            None => Err(CgroupRule::NotMounted.into()),
        }
    }

    /// Returns the warning that the groups of the machine are not known.
    pub(super) fn unknown(&self, group: &CgroupName) -> Option<String> {
        let group = group.as_str();
        let text = || {
            format!(
                "the control groups of this machine are unknown: {group} is planned for version 2"
            )
        };
        (!self.known).then(text)
    }

    /// Returns a group that exists; `None` if the groups are not known.
    pub(super) fn group(&self, group: &CgroupName) -> Result<Option<&ControlGroup>> {
        match self.all.groups.get(group.as_str()) {
            None if self.known => {
                Err(CgroupRule::NoSuchGroup { group: group.as_str().to_owned() }.into())
            }
            found => Ok(found),
        }
    }

    /// Does the same, and refuses the group at the top.
    pub(super) fn below_top(
        &self,
        group: &CgroupName,
        what: &'static str,
    ) -> Result<Option<&ControlGroup>> {
        match group.as_str() {
            ROOT => Err(CgroupRule::Top { what }.into()),
            _ => self.group(group),
        }
    }

    pub(super) const fn is_known(&self) -> bool {
        self.known
    }

    /// Returns a file of a group in the hierarchy in which its processes are.
    pub(super) fn base_file(&self, group: &CgroupName, file: &str) -> String {
        let directory = self.all.base_directory(group.as_str()).unwrap_or_default();
        format!("{directory}/{file}")
    }
}

/// Returns the content of a file of the running system as it is now; `None` in a plan, and if the
/// file does not exist.
pub(super) fn now(cx: &Planning<'_>, path: &str) -> Option<String> {
    if !cx.files.is_this_machine() {
        return None;
    }
    match cx.files.read(&Place::here(path)) {
        Ok(FileContents::Known(bytes)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    }
}

impl SeenGroups<'_> {
    /// Returns the processes of a group: in a run, as they are now.
    pub(super) fn processes(&self, cx: &Planning<'_>, group: &CgroupName) -> BTreeSet<u32> {
        match now(cx, &self.base_file(group, "cgroup.procs")) {
            Some(text) => text.lines().filter_map(|line| line.parse().ok()).collect(),
            None => self
                .all
                .groups
                .get(group.as_str())
                .map(|group| group.processes.clone())
                .unwrap_or_default(),
        }
    }
}

/// The controllers that can act on threads. All others need groups without processes of their own
/// above (`no internal processes`, cgroups(7)).
pub(super) fn is_threaded(controller: &str) -> bool {
    ["cpu", "cpuset", "perf_event", "pids"].contains(&controller)
}
