//! `cgroup.freeze` and `cgroup.thaw`: stopping the processes of a group.

use super::create::alters;
use super::rule::CgroupRule;
use super::seen::SeenGroups;
use super::values::CgroupName;
use crate::args;
use crate::error::Result;
use crate::machine::cgroup::{CgroupFact, CgroupStep};
use crate::operation::{Action, Effect, Plan, Planning, Undo};

args! {
    /// Stops the processes of a control group and of the groups in it, and waits until they are
    /// stopped.
    ///
    /// A frozen group that contains gscript itself is refused. When the run cleans up, the
    /// processes run again.
    ///
    /// Source: cgroups(7); Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst of the kernel.
    ///
    /// ```
    /// cgroup::create("pause");
    /// cgroup::freeze("pause");
    /// ```
    "cgroup.freeze" => pub struct Freeze {
        /// The path of the group.
        pub group: CgroupName,
    }
}

args! {
    /// Lets the processes of a frozen control group run again.
    ///
    /// Source: cgroups(7).
    ///
    /// ```
    /// cgroup::create("wake");
    /// cgroup::thaw("wake");
    /// ```
    "cgroup.thaw" => pub struct Thaw {
        /// The path of the group.
        pub group: CgroupName,
    }
}

fn plan(name: &CgroupName, frozen: bool, cx: &Planning<'_>) -> Result<Plan<()>> {
    let seen = SeenGroups::of(cx)?;
    seen.below_top(name, if frozen { "frozen" } else { "thawed" })?;
    let group = name.as_str().to_owned();
    let legacy = seen.all.legacy.contains_key("freezer");
    let file = match (&seen.all.unified, legacy) {
        (Some(_), _) => seen.base_file(name, "cgroup.freeze"),
        (None, true) => seen.base_file(name, "freezer.state"),
        (None, false) => return Err(CgroupRule::NoFreezer { group }.into()),
    };
    let step = |frozen| CgroupStep::Freeze { file: file.clone(), frozen };
    let undo = match frozen {
        true => Undo::Release,
        false => Undo::Steps(vec![step(true).into()]),
    };
    Ok(Plan::step(step(frozen))
        .warn(seen.unknown(name))
        .makes(CgroupFact::CgroupFrozen { group, frozen, file: file.clone() })
        .undo(undo))
}

impl Action for Freeze {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![alters(self.group.as_str())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        plan(&self.group, true, cx)
    }
}

impl Action for Thaw {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![alters(self.group.as_str())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        plan(&self.group, false, cx)
    }
}
