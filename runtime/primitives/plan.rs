//! What a recipe says about its own plan.

use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect};
use crate::types::Choice;

args! {
    /// Announces actions that the plan can't reach, because whether they are called depends on what only
    /// the run can know: the content of a container that is still closed, the lines of a file in it.
    /// Without this, such an action is shown and confirmed on a terminal, and refused elsewhere. The
    /// announcement is part of the plan; what the actions do stays within the approved effects.
    ///
    /// Source: none.
    ///
    /// ```
    /// plan::may_call(["lvm.vg_activate", "mount.mount"]);
    /// ```
    "plan.may_call" => pub struct MayCall {
        /// Names of actions.
        pub actions: Vec<Announced>,
    }
}

/// An action that may be announced: it loses nothing, and runs nothing of the recipe's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced(pub &'static str);

impl Choice for Announced {
    const NAME: &'static str = "action";
    const WORDS: &'static [&'static str] =
        &["luks.open", "lvm.vg_activate", "md.assemble", "mount.mount", "mount.swap_on"];
    const ALL: &'static [Self] = &[
        Self("luks.open"),
        Self("lvm.vg_activate"),
        Self("md.assemble"),
        Self("mount.mount"),
        Self("mount.swap_on"),
    ];
}

impl Action for MayCall {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let names = self.actions.iter().map(|action| action.0.to_owned());
        names.map(|action| Effect::Program(ProgramEffect::MayCall { action })).collect()
    }

    fn plan(&self, _cx: &mut Planning<'_>) -> Result<Plan<()>> {
        Ok(Plan::steps(Vec::new()).announces(self.actions.iter().map(|action| action.0)))
    }
}
