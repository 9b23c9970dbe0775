//! `cgroup.kill`: kills all processes of a group.

use super::seen::SeenGroups;
use super::values::CgroupName;
use crate::args;
use crate::error::Result;
use crate::machine::cgroup::{CgroupEffect, CgroupFact, CgroupStep};
use crate::operation::{Action, Effect, Plan, Planning, Undo};

args! {
    /// Kills all processes of a control group and of the groups in it, and waits until they have
    /// ended.
    ///
    /// They lose what they have not saved, so the name of the group has to be approved like that of
    /// a disk (`--destroy NAME`). No process escapes by starting others. A group that contains
    /// gscript itself is refused.
    ///
    /// Source: cgroups(7), `cgroup.kill`.
    ///
    /// ```
    /// cgroup::create("jobs");
    /// cgroup::kill("jobs");
    /// ```
    "cgroup.kill" => pub struct Kill {
        /// The path of the group.
        pub group: CgroupName,
    }
}

impl Action for Kill {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![CgroupEffect::KillsCgroup { group: self.group.as_str().to_owned() }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGroups::of(cx)?;
        seen.below_top(&self.group, "killed")?;
        let group = self.group.as_str().to_owned();
        let directory = seen.all.base_directory(&group).unwrap_or_default();
        let below = format!("{group}/");
        let all = seen.all.groups.keys().filter(|name| name.starts_with(&below)).cloned();
        let empty = |group| CgroupFact::CgroupEmpty { group }.into();
        let facts: Vec<_> = std::iter::once(group.clone()).chain(all).map(empty).collect();
        Ok(Plan::step(CgroupStep::Kill { directory })
            .warn(seen.unknown(&self.group))
            .makes_all(facts)
            .always()
            .undo(Undo::Impossible("the processes have ended")))
    }
}
