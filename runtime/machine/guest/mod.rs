//! The part `guest`: machines that run inside this one. Only those of LXC so far.
//!
//! `entry` contains a guest, `fact` and `step` the facts, releases and effects, `changes` what they mean to the rest of the program, `config` reads
//! the file that describes a guest, `state` machine files and comparison. Guests are started and stopped by the programs of LXC.

mod changes;
mod config;
mod entry;
mod fact;
mod state;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use super::part::MachinePart;

pub use config::{cgroup_prefix, config_of};
pub use entry::{Guest, GuestKind, GuestState, LXC_PATH, path_and_name};
pub use fact::{GuestFact, GuestRelease};
pub use step::{GuestAct, GuestEffect, GuestStep, lxc};

/// The part `guest`.
pub struct Part;

impl MachinePart for Part {
    type State = Guests;
    type Scope = GuestScope;
    type Fact = GuestFact;
    type Step = GuestStep;
    type Effect = GuestEffect;
    type Release = GuestRelease;

    const RESTORED_BY: &'static [&'static str] = &["lxc.start", "lxc.freeze"];
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
