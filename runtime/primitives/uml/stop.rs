//! `uml.stop`: stops a guest.

use super::domain::DOMAIN;
use crate::args;
use crate::error::Result;
use crate::machine::guest::{
    GuestAct, GuestEffect, GuestFact, GuestKind, GuestState, GuestStep, UmlStep,
};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::guests::{SeenGuest, directory};
use crate::system::Outcome;
use crate::types::{AbsPath, GuestName, Seconds};

args! {
    /// Stops a guest, and returns what ended it: `"ctrl-alt-del"`, `"halt"`, `"kill"`, or `"nothing"` if it did not run.
    ///
    /// Its kernel gets ctrl-alt-del on the management console, which `/etc/inittab` of the guest turns into a shutdown. If it has not ended after
    /// `timeout`, it is told to write its data, to remount its filesystems read-only, and to halt: its processes end and lose what they have not
    /// saved. If the kernel does not answer at all, the call fails, or, with `kill`, its processes are killed: then the name of the guest has to be
    /// approved like that of a disk (`--destroy NAME`).
    ///
    /// Source: guide UM 13; `Documentation/virt/uml/user_mode_linux_howto_v2.rst`.
    ///
    /// ```
    /// uml::start("evening", ["/var/lib/uml/evening/root.img"], "alice");
    /// uml::stop("evening");
    /// ```
    "uml.stop" => pub struct StopUml {
        /// The name of the guest.
        pub name: GuestName,
        /// How long to wait for the shutdown, in seconds.
        pub timeout: Seconds = 60,
        /// Whether to kill the processes of a guest that nothing else stops.
        pub kill: bool = false,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/uml",
    }
}

impl Action for StopUml {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        let guest = directory(&self.name, &self.path);
        let stops = GuestEffect::SwitchesGuest { guest: guest.clone(), act: GuestAct::Stops };
        let mut effects = vec![stops.into()];
        if self.kill {
            effects.push(GuestEffect::KillsGuest { guest }.into());
        }
        effects
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        let guest = seen.directory.clone();
        let was = match seen.state() {
            Some(GuestState::Stopped) => {
                let why = format!("guest {} does not run", seen.name);
                return Ok(Plan::already(why).returns("nothing".to_owned()));
            }
            state => state.unwrap_or(GuestState::Running),
        };
        let (kind, state) = (GuestKind::Uml, GuestState::Stopped);
        let fact = GuestFact::GuestIs { guest: guest.clone(), kind, state, was };
        let step = UmlStep::Stop { guest, wait: self.timeout.get(), kill: self.kill };
        let read = |outcomes: &[Outcome]| {
            Ok(outcomes.last().map(|outcome| outcome.stdout.clone()).unwrap_or_default())
        };
        Ok(Plan::step(GuestStep::Uml(step))
            .makes(fact)
            .warn(seen.unknown())
            .undo(Undo::Impossible("the processes of the guest have ended"))
            .hint("look at its console, or add kill: true, which kills its processes")
            .reads("ctrl-alt-del".to_owned(), read))
    }
}
