//! `lxc.destroy`: removes a guest.

use super::domain::DOMAIN;
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::guest::{GuestEffect, GuestFact, GuestState, lxc};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::guests::{SeenGuest, directory};
use crate::types::{AbsPath, GuestName, Place};

args! {
    /// Removes a guest with all of its files.
    ///
    /// The name of the guest has to be approved like that of a disk (`--destroy NAME`). A guest that runs is refused, as is one
    /// that has snapshots or that others are clones of. The configuration in `/etc/lxc` that a template began with is kept.
    ///
    /// Source: lxc-destroy(1).
    ///
    /// ```
    /// lxc::create("gone", #{ template: "busybox" });
    /// lxc::destroy("gone");
    /// ```
    "lxc.destroy" => pub struct DestroyGuest {
        /// The name of the guest.
        pub name: GuestName,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/lxc",
    }
}

impl Action for DestroyGuest {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![GuestEffect::DestroysGuest { guest: directory(&self.name, &self.path) }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        for state in [GuestState::Running, GuestState::Frozen] {
            seen.refuse(state, "stop it first: lxc::stop(name)")?;
        }
        let (guest, place) = (seen.directory.clone(), Place::here(&seen.directory));
        Ok(Plan::run(lxc("lxc-destroy", &guest).is_long_running())
            .makes(GuestFact::GuestGone { guest })
            .makes(FilesFact::Absent { place })
            .warn(seen.unknown())
            .always()
            .undo(Undo::Impossible("the files of the guest are lost")))
    }
}
