//! `lxc.attach`: runs a program in a guest.

use serde::Serialize;

use super::domain::DOMAIN;
use crate::args;
use crate::error::Result;
use crate::machine::guest::{GuestEffect, GuestState, lxc};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::guests::{SeenGuest, directory};
use crate::system::Outcome;
use crate::types::{AbsPath, GuestName};

args! {
    /// Runs a program in a guest that runs.
    ///
    /// It runs as root of the guest, in all of its namespaces and with its limits, and gets nothing of the environment of this
    /// system but the variable PATH for system programs. Returns a map with `code`, its exit code, and `stdout`, what it printed.
    ///
    /// Source: lxc-attach(1); guide LX 14, 18.
    ///
    /// ```
    /// lxc::create("inside", #{ template: "busybox" });
    /// lxc::start("inside");
    /// let kernel = lxc::attach("inside", ["uname", "-r"]).stdout;
    /// ```
    "lxc.attach" => pub struct Attach {
        /// The name of the guest.
        pub name: GuestName,
        /// The program and its arguments. No shell is involved.
        pub argv: Vec<String>,
        /// Whether an exit code other than 0 is an error.
        pub check: bool = true,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

/// The result of a program as scripts see it.
#[derive(Debug, Default, Serialize)]
pub struct AttachResult {
    code: i32,
    stdout: String,
}

impl Action for Attach {
    type Output = AttachResult;

    fn effects(&self) -> Vec<Effect> {
        let guest = directory(&self.name, &self.path);
        let program = self.argv.first().cloned().unwrap_or_default();
        let mut effects = Effect::runs(&program, &format!("{guest}/rootfs"));
        effects.push(GuestEffect::AltersGuest { guest }.into());
        effects
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<AttachResult>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        seen.refuse(GuestState::Stopped, "start it first: lxc::start(name)")?;
        seen.refuse(GuestState::Frozen, "thaw it first: lxc::thaw(name)")?;
        let mut cmd = lxc("lxc-attach", &seen.directory)
            .args(["--clear-env", "-v", PATH, "--"])
            .args(self.argv.iter().cloned())
            .limit(None);
        if !self.check {
            cmd = cmd.accept_any_exit_code();
        }
        let read = |outcomes: &[Outcome]| {
            let last = outcomes.last();
            Ok(last.map_or_else(AttachResult::default, |outcome| AttachResult {
                code: outcome.code,
                stdout: outcome.stdout.clone(),
            }))
        };
        Ok(Plan::run(cmd)
            .always()
            .warn(seen.unknown())
            .undo(Undo::Impossible("the changes of the program are unknown"))
            .reads(AttachResult::default(), read))
    }
}

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
