//! The part `net`: the links of the running kernel.
//!
//! `fact` and `step` contain the facts, releases, steps and effects, `changes` what they mean to
//! the rest of the program, `state` machine files and comparison.

mod changes;
mod fact;
mod state;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::part::MachinePart;

pub use fact::{NetFact, NetRelease};
pub use step::{NetEffect, NetStep};

/// The part `net`.
pub struct Part;

impl MachinePart for Part {
    type State = Network;
    type Scope = NetScope;
    type Fact = NetFact;
    type Step = NetStep;
    type Effect = NetEffect;
    type Release = NetRelease;

    const RESTORED_BY: &'static [&'static str] = &["net.up"];
}

/// The state of the network in the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Links by name; `None` if they were not probed.
    pub links: Option<BTreeMap<String, Link>>,
}

/// A network link (ip-link(8)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Whether the link is set up.
    pub up: bool,
    /// Its kind if the kernel created it, such as `bridge` or `veth`; `None` for hardware and
    /// loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The bridge or bond that the link belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<String>,
    /// Maximum transmission unit in bytes.
    pub mtu: u32,
}

/// The links that a fact is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetScope {
    /// Links that may differ.
    pub links: BTreeSet<String>,
}
