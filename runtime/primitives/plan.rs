//! Announcements of a recipe about its own plan.

use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, ProgramEffect};
use crate::types::{AbsPath, Choice};

args! {
    /// Announces actions that the run may call although the plan does not reach them.
    ///
    /// Whether such an action is called can depend on information that is available only at run
    /// time, such as the contents of a LUKS container that is still closed. Without an
    /// announcement, the action has to be confirmed on a terminal, and is rejected without one. The
    /// announcement is part of the approved plan; the actions must stay within the approved
    /// effects.
    ///
    /// Source: none.
    ///
    /// ```
    /// plan::may_call(["lvm.vg_activate", "mount.mount"]);
    /// ```
    "plan.may_call" => pub struct MayCall {
        /// The names of the actions: luks.open, lvm.vg_activate, md.assemble, mount.mount,
        /// mount.swap_on, portage.emerge (of any packages), portage.env, portage.make_conf (any
        /// settings), or portage.package_env.
        pub actions: Vec<DeclaredAction>,
        /// Directories and files that these actions may write. This is approved with the plan.
        pub writes: Option<Vec<AbsPath>>,
    }
}

/// An action that can be announced: it destroys no data, and runs only a program that is approved in
/// this plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredAction(pub &'static str);

macro_rules! declared_actions {
    ($($name:literal,)*) => {
        impl Choice for DeclaredAction {
            const NAME: &'static str = "action";
            const WORDS: &'static [&'static str] = &[$($name,)*];
            const ALL: &'static [Self] = &[$(Self($name),)*];
        }
    };
}

declared_actions! {
    "luks.open",
    "lvm.vg_activate",
    "md.assemble",
    "mount.mount",
    "mount.swap_on",
    "portage.emerge",
    "portage.env",
    "portage.make_conf",
    "portage.package_env",
}

impl Action for MayCall {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let names = self.actions.iter().map(|action| action.0.to_owned());
        let calls = names.map(|action| Effect::Program(ProgramEffect::MayCall { action }));
        let paths = self.writes.iter().flatten().map(ToString::to_string);
        calls.chain(paths.map(|path| Effect::Files(FilesEffect::Writes { path }))).collect()
    }

    fn plan(&self, _cx: &mut Planning<'_>) -> Result<Plan<()>> {
        Ok(Plan::steps(Vec::new()).declares(self.actions.iter().map(|action| action.0)))
    }
}
