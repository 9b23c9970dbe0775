//! The part `share`: directories that virtiofsd shares with virtual machines.
//!
//! `daemon` contains virtiofsd, its versions and what they can do, `fact` and `step` the facts, releases, steps and effects, `changes` what
//! they mean to the rest of the program, `state` machine files and comparison. A share is known by the process that serves it, and
//! is named by its socket.

mod changes;
mod daemon;
mod fact;
mod state;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::part::MachinePart;

pub use daemon::{Daemon, Implementation, VIRTIOFSD};
pub use fact::{ShareFact, ShareRelease};
pub use step::{PROBES, ShareEffect, ShareStep};

/// The part `share`.
pub struct Part;

impl MachinePart for Part {
    type State = Shares;
    type Scope = ShareScope;
    type Fact = ShareFact;
    type Step = ShareStep;
    type Effect = ShareEffect;
    type Release = ShareRelease;

    const RESTORED_BY: &'static [&'static str] = &["virtiofs.share"];
}

/// The shares in the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shares {
    /// The shares by their socket; `None` if they were not probed.
    pub found: Option<BTreeMap<String, Share>>,
    /// The virtiofsd of the system; `None` if there is none, or if it was not probed.
    pub daemon: Option<Daemon>,
}

/// A directory that a process shares, or the socket that such a process has left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The directory; empty if the process has ended.
    pub directory: String,
    /// The number of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
}

impl Share {
    /// Returns a share whose process has ended: QEMU ends it with the virtual machine, and its socket is left.
    pub fn ended() -> Self {
        Self::default()
    }

    /// Returns whether a process serves it.
    pub fn is_served(&self) -> bool {
        !self.directory.is_empty()
    }
}

/// The shares that a fact is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShareScope {
    /// The sockets of shares that may differ.
    pub sockets: BTreeSet<String>,
}
