//! `lxc.stop`, `lxc.freeze` and `lxc.thaw`.

use super::domain::DOMAIN;
use crate::args;
use crate::error::Result;
use crate::machine::guest::{GuestAct, GuestEffect, GuestFact, GuestKind, GuestState, lxc};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::guests::{SeenGuest, directory};
use crate::system::{Cmd, Step};
use crate::types::{AbsPath, GuestName, Seconds};

args! {
    /// Stops a guest.
    ///
    /// Its init gets the signal for an orderly shutdown; nothing else on this system is shut down. If it has not ended after
    /// `timeout`, the call fails, or, with `kill`, all of its processes are killed and lose what they have not saved: then the
    /// name of the guest has to be approved like that of a disk (`--destroy NAME`). A guest that does not run is unchanged.
    ///
    /// Source: lxc-stop(1); guide LX 2, 15.
    ///
    /// ```
    /// lxc::create("evening", #{ template: "busybox" });
    /// lxc::start("evening");
    /// lxc::stop("evening");
    /// ```
    "lxc.stop" => pub struct StopGuest {
        /// The name of the guest.
        pub name: GuestName,
        /// How long to wait for the shutdown, in seconds.
        pub timeout: Seconds = 60,
        /// Whether to kill the processes that are left then.
        pub kill: bool = false,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

args! {
    /// Stops all processes of a guest until it is thawed.
    ///
    /// When the run cleans up, they run again.
    ///
    /// Source: lxc-freeze(1); guide LX 4.
    ///
    /// ```
    /// lxc::create("pause", #{ template: "busybox" });
    /// lxc::start("pause");
    /// lxc::freeze("pause");
    /// ```
    "lxc.freeze" => pub struct FreezeGuest {
        /// The name of the guest.
        pub name: GuestName,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

args! {
    /// Lets the processes of a frozen guest run again.
    ///
    /// Source: lxc-unfreeze(1); guide LX 4.
    ///
    /// ```
    /// lxc::create("wake", #{ template: "busybox" });
    /// lxc::start("wake");
    /// lxc::freeze("wake");
    /// lxc::thaw("wake");
    /// ```
    "lxc.thaw" => pub struct ThawGuest {
        /// The name of the guest.
        pub name: GuestName,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

fn switches(name: &GuestName, path: &AbsPath, act: GuestAct) -> Vec<Effect> {
    vec![GuestEffect::SwitchesGuest { guest: directory(name, path), act }.into()]
}

/// Plans a command that changes what a guest does.
fn switch(seen: &SeenGuest<'_>, cmd: Cmd, state: GuestState, undo: Undo) -> Plan<()> {
    let was = seen.state().unwrap_or(match state {
        GuestState::Frozen => GuestState::Running,
        GuestState::Running | GuestState::Stopped => GuestState::Frozen,
    });
    Plan::run(cmd)
        .makes(GuestFact::GuestIs {
            guest: seen.directory.clone(),
            kind: GuestKind::Lxc,
            state,
            was,
        })
        .warn(seen.unknown())
        .undo(undo)
}

const THAW_FIRST: &str = "thaw it first: lxc::thaw(name)";
const START_FIRST: &str = "start it first: lxc::start(name)";

impl Action for StopGuest {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        match self.kill {
            true => {
                vec![GuestEffect::KillsGuest { guest: directory(&self.name, &self.path) }.into()]
            }
            false => switches(&self.name, &self.path, GuestAct::Stops),
        }
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        seen.refuse(GuestState::Frozen, THAW_FIRST)?;
        let wait = self.timeout.get();
        let mut cmd = lxc("lxc-stop", &seen.directory).args(["-t", &wait.to_string()]);
        if !self.kill {
            cmd = cmd.arg("--nokill");
        }
        // The program ends by itself; it only waits longer than any other one.
        let cmd = cmd.limit(Some(std::time::Duration::from_secs(u64::from(wait) + 60)));
        let undo = match self.kill {
            true => Undo::Impossible("the processes of the guest have ended"),
            false => Undo::Steps(vec![Step::Run(lxc("lxc-start", &seen.directory).arg("-d"))]),
        };
        Ok(switch(&seen, cmd, GuestState::Stopped, undo)
            .hint("look at what still runs in it, or add kill: true, which kills its processes"))
    }
}

impl Action for FreezeGuest {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        switches(&self.name, &self.path, GuestAct::Freezes)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        seen.refuse(GuestState::Stopped, START_FIRST)?;
        let cmd = lxc("lxc-freeze", &seen.directory);
        Ok(switch(&seen, cmd, GuestState::Frozen, Undo::Release))
    }
}

impl Action for ThawGuest {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        switches(&self.name, &self.path, GuestAct::Thaws)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        seen.refuse(GuestState::Stopped, START_FIRST)?;
        let undo = Undo::Steps(vec![Step::Run(lxc("lxc-freeze", &seen.directory))]);
        let cmd = lxc("lxc-unfreeze", &seen.directory);
        Ok(switch(&seen, cmd, GuestState::Running, undo))
    }
}
