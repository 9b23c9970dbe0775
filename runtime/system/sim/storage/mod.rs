//! Devices and mounts of the simulated machine: what they do to its files.

use super::files::Trees;
use crate::machine::{Machine, StorageFact};

/// Makes the files on a filesystem appear, or disappear.
pub(super) fn learned(trees: &mut Trees, fact: &StorageFact, machine: &Machine) {
    match fact {
        StorageFact::Holds { content, .. } => {
            if let Some(uuid) = content.uuid() {
                trees.made(uuid);
            }
        }
        StorageFact::Mounted { at, origin, .. } => trees.mounted(at, origin, machine),
        StorageFact::Unmounted { at } => trees.unmounted(at),
        _ => {}
    }
}
