//! `cgroup.version` and `cgroup.controllers`: what the kernel offers.

use super::seen::SeenGroups;
use super::values::CgroupName;
use crate::args;
use crate::error::Result;
use crate::machine::cgroup::ROOT;
use crate::operation::{Answer, Planning, Query};

args! {
    /// Returns the version of control groups that is mounted.
    ///
    /// Returns `v1`, `v2`, `hybrid` (version 1 with version 2 beside it), or `none`.
    ///
    /// Source: cgroups(7), mount(8).
    ///
    /// ```
    /// let version = cgroup::version();
    /// ```
    "cgroup.version" => pub struct HierarchyVersion {}
}

args! {
    /// Lists the controllers of a control group.
    ///
    /// Returns a list of names: for `/` the controllers that groups can get, for another group
    /// those that limit it. `io` is the name of `blkio` of version 1.
    ///
    /// Source: cgroups(7), "Cgroups version 2 controllers".
    ///
    /// ```
    /// let controllers = cgroup::controllers("/");
    /// ```
    "cgroup.controllers" => pub struct Controllers {
        /// The path of the group.
        pub group: CgroupName,
    }
}

impl Query for HierarchyVersion {
    type Output = &'static str;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<&'static str>> {
        Ok(match &cx.machine.cgroup.found {
            Some(found) => Answer::Known(found.version()),
            None => Answer::Assumed("v2"),
        })
    }
}

impl Query for Controllers {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<String>>> {
        let seen = SeenGroups::of(cx)?;
        let Some(found) = seen.group(&self.group)? else { return Ok(Answer::Assumed(Vec::new())) };
        let names = match self.group.as_str() {
            ROOT => seen.all.available(),
            _ => found.controllers.clone(),
        };
        Ok(Answer::Known(names.into_iter().collect()))
    }
}
