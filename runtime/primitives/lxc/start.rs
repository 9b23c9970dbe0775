//! `lxc.start`: starts a guest, and proves that its limits act.

use super::domain::DOMAIN;
use super::limits::ReadBack;
use crate::args;
use crate::error::Result;
use crate::machine::guest::{
    GuestAct, GuestEffect, GuestFact, GuestKind, GuestState, lxc, path_and_name,
};
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::primitives::guests::{SeenGuest, directory};
use crate::system::{Cmd, Stdin, Step};
use crate::types::{AbsPath, GuestName};

args! {
    /// Starts a guest in the background.
    ///
    /// Waits until its first process runs, and reads its limits back from the kernel: LXC ignores limits that the control groups
    /// of this system do not have. The log of the start is `/var/log/lxc/NAME.log`; its last lines are shown if the start fails.
    ///
    /// A guest that runs is unchanged. When the run cleans up, the guest is stopped, and killed after 10 seconds.
    ///
    /// Source: lxc-start(1), lxc-cgroup(1); guide LX 15, 20.
    ///
    /// ```
    /// lxc::create("daily", #{ template: "busybox" });
    /// lxc::start("daily");
    /// ```
    "lxc.start" => pub struct StartGuest {
        /// The name of the guest.
        pub name: GuestName,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

/// Starts a guest. A guest in the background prints nothing, so the end of its log is printed if it fails.
const SCRIPT: &str = r#"
set -u
mkdir -p /var/log/lxc || exit 1
log=/var/log/lxc/$2.log
: >"$log" || exit 1
lxc-start -d -P "$1" -n "$2" -l WARN -o "$log" </dev/null >/dev/null 2>&1 && exit 0
code=$?
grep -v ' WARN ' "$log" | tail -n 12 >&2
exit $code
"#;

impl Action for StartGuest {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let guest = directory(&self.name, &self.path);
        let path = format!("/var/log/lxc/{}.log", self.name);
        let log = FilesEffect::Writes { path };
        vec![GuestEffect::SwitchesGuest { guest, act: GuestAct::Starts }.into(), log.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        seen.refuse(GuestState::Frozen, "thaw it first: lxc::thaw(name)")?;
        let was = seen.state().unwrap_or_default();
        let (guest, name) = (seen.directory.clone(), seen.name.clone());
        let fact = GuestFact::GuestIs {
            guest: guest.clone(),
            kind: GuestKind::Lxc,
            state: GuestState::Running,
            was,
        };
        let limits = seen.found.map(|guest| guest.limits.clone()).unwrap_or_default();
        let back = ReadBack::of(&guest, &name, &limits, cx)?;
        let start = Cmd::tool("sh")
            .args(["-s", "--", path_and_name(&guest).0, &name])
            .stdin(Stdin::Text(SCRIPT.trim_start().to_owned()));
        // The first command fails with a name that can be installed if LXC is missing.
        let mut plan = Plan::run(lxc("lxc-info", &guest).arg("-s"))
            .then(Step::Run(start))
            .makes(fact)
            .warn(seen.unknown())
            .undo(Undo::Release);
        plan.steps.extend(back.cmds.iter().cloned().map(Step::Run));
        Ok(plan.reads((), move |outcomes| back.check(outcomes)))
    }
}
