//! The items of storage that have to be probed to verify a fact.

use std::collections::BTreeSet;

/// The items of storage that a fact is about, so that only those are probed again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageScope {
    /// Devices whose signature may differ.
    pub signatures: BTreeSet<String>,
    /// Devices above or below which devices may have appeared or disappeared.
    pub topology: BTreeSet<String>,
    /// Volume groups that may differ.
    pub groups: BTreeSet<String>,
    /// Paths at or below which mounts may differ.
    pub mounts: BTreeSet<String>,
    /// Swap areas that may have been enabled or disabled.
    pub swaps: BTreeSet<String>,
}
