//! `qemu.stop`: stops a virtual machine.

use super::domain::DOMAIN;
use crate::args;
use crate::error::Result;
use crate::machine::guest::{
    GuestAct, GuestEffect, GuestFact, GuestKind, GuestState, GuestStep, QemuStep,
};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::guests::SeenGuest;
use crate::primitives::guests::directory;
use crate::types::{AbsPath, GuestName, Seconds};

args! {
    /// Stops a virtual machine.
    ///
    /// Presses its power button by the monitor, and waits until it has shut down. If it has not after `timeout`, the call fails, or, with `kill`,
    /// QEMU is told to quit and, if it does not, killed: then the guest loses what it has not written, and its name has to be approved like that of a disk
    /// (`--destroy NAME`). Returns what ended it: `"powerdown"`, `"quit"` or `"kill"`. One that does not run is unchanged.
    ///
    /// A guest without a service for the power button (acpid, systemd-logind) does not shut down.
    ///
    /// Source: qemu-qmp-ref(7), `system_powerdown`, `quit`.
    ///
    /// ```
    /// qemu::start("evening");
    /// qemu::stop("evening");
    /// ```
    "qemu.stop" => pub struct StopVm {
        /// The name of the virtual machine.
        pub name: GuestName,
        /// How long to wait for the shutdown, in seconds.
        pub timeout: Seconds = 60,
        /// Whether to end it then.
        pub kill: bool = false,
        /// The directory of the virtual machines.
        pub path: AbsPath = "/var/lib/qemu",
    }
}

impl Action for StopVm {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        let guest = directory(&self.name, &self.path);
        vec![match self.kill {
            true => GuestEffect::KillsGuest { guest }.into(),
            false => GuestEffect::SwitchesGuest { guest, act: GuestAct::Stops }.into(),
        }]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        if seen.state() == Some(GuestState::Stopped) {
            let why = format!("virtual machine {} does not run", seen.name);
            return Ok(Plan::already(why).returns("nothing".to_owned()));
        }
        let (guest, kind) = (seen.directory.clone(), GuestKind::Qemu);
        let (timeout, kill) = (self.timeout.get(), self.kill);
        let (state, was) = (GuestState::Stopped, GuestState::Running);
        let fact = GuestFact::GuestIs { guest: guest.clone(), kind, state, was };
        Ok(Plan::step(GuestStep::Qemu(QemuStep::Stop { guest, timeout, kill }))
            .makes(fact)
            .warn(seen.unknown())
            .undo(Undo::Impossible("the virtual machine has ended"))
            .hint("install acpid or systemd in the guest, or add kill: true, which loses what it has not written")
            .reads("powerdown".to_owned(), |outcomes| {
                Ok(outcomes.last().map(|outcome| outcome.stdout.clone()).unwrap_or_default())
            }))
    }
}
