//! `virtiofs.*`: directories that virtiofsd shares with virtual machines.
//!
//! `map` chooses what virtiofsd does with extended attributes, by its version.

mod daemon;
pub(super) mod map;
mod probe;
mod rule;
mod share;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 3] = [
    query::<daemon::DaemonQuery>(),
    action::<share::ShareDirectory>(),
    action::<probe::ProbeDirectory>(),
];
