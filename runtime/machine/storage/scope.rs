//! What of storage has to be looked at to see whether a fact is so.

use std::collections::BTreeSet;

/// What of storage a fact is about, so that only that is probed again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageScope {
    /// Devices whose signature may differ.
    pub signatures: BTreeSet<String>,
    /// Devices below or above which devices may have come or gone.
    pub topology: BTreeSet<String>,
    /// Whether volume groups may differ.
    pub groups: BTreeSet<String>,
    /// Places at or below which mounts may differ.
    pub mounts: BTreeSet<String>,
    /// Swap devices that may have come or gone.
    pub swaps: BTreeSet<String>,
}
