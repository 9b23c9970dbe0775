//! The part `guest`: machines that run inside this one. A guest is named by its directory.
//!
//! `entry` contains a guest, `fact` and `step` the facts, releases and effects, `changes` what they mean to the rest of the program, `state` machine
//! files and comparison. `kind` lists the kinds of guests; what only one of them has is in its own file here (`lxc`, `qemu`, `uml`), in `system/real/guest/` (how it
//! is found) and in its domain of primitives. A guest that outlives its run is found by a probe: there is no list of guests.
//!
//! To add a kind: its file with an `impl Software`, a variant in `kind`, a line in `kinds`, and a file with `found` in `system/real/guest/`.

mod changes;
mod entry;
mod fact;
mod kind;
mod kinds;
mod lxc;
mod qemu;
mod software;
mod state;
mod step;
mod uml;

use std::collections::{BTreeMap, BTreeSet};

use super::part::MachinePart;

pub use entry::{Guest, GuestState, path_and_name};
pub use fact::{GuestFact, GuestRelease};
pub use kind::GuestKind;
pub use lxc::{LXC_PATH, cgroup_prefix, config_of, lxc};
pub use qemu::step::{
    QEMU_COMMAND, QEMU_CONSOLE, QEMU_LOG, QEMU_MONITOR, QEMU_PATH, QEMU_PID, QemuStep,
};
pub use step::{GuestAct, GuestEffect, GuestStep};
pub use uml::step::{CONSOLE_LOG, RUN, UML_PATH, UmlCard, UmlStart, UmlStep, mconsole_socket};

/// The part `guest`.
pub struct Part;

impl MachinePart for Part {
    type State = Guests;
    type Scope = GuestScope;
    type Fact = GuestFact;
    type Step = GuestStep;
    type Effect = GuestEffect;
    type Release = GuestRelease;

    const RESTORED_BY: &'static [&'static str] =
        &["lxc.start", "lxc.freeze", "qemu.start", "uml.start"];
}

/// The guests in the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guests {
    /// The guests by their directory; `None` if they were not probed.
    pub found: Option<BTreeMap<String, Guest>>,
}

/// The guests that a fact is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuestScope {
    /// The directories of guests that may differ.
    pub guests: BTreeSet<String>,
}
