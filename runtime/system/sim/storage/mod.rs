//! Devices and mounts of the simulated machine: their effects on its files.

use super::files::Trees;
use crate::machine::{Machine, StorageFact};

/// Shows or hides the files on a filesystem.
pub(super) fn learned(trees: &mut Trees, fact: &StorageFact, machine: &Machine) {
    match fact {
        StorageFact::Holds { content, .. } => {
            if let Some(uuid) = content.uuid() {
                trees.add_filesystem(uuid);
            }
        }
        StorageFact::Mounted { at, origin, .. } => trees.add_mount(at, origin, machine),
        StorageFact::Unmounted { at } => trees.remove_mount(at),
        _ => {}
    }
}
