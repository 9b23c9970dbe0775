//! Detection of identifiers that two devices share although they should be unique.

use std::collections::HashMap;

use crate::machine::valid::Problems;
use crate::machine::{Device, Machine};

/// Adds a note for each identifier that two devices share. Members of the same RAID or btrfs share
/// theirs, and so do devices that appear twice: a device and one above it, or two paths to the same
/// disk.
pub(super) fn check_duplicate_uuids(machine: &Machine, notes: &mut Problems) {
    let mut contents: HashMap<(&str, &str), &Device> = HashMap::new();
    let mut others: HashMap<(&str, &str), &Device> = HashMap::new();
    for device in machine.storage.devices.values() {
        let path = device.path.as_str();
        if let Some(content) = &device.content
            && let Some(uuid) = content.uuid().filter(|uuid| !uuid.is_empty())
            && !matches!(content.kind(), "linux_raid_member" | "btrfs" | "zfs_member")
        {
            let first = contents.insert((content.kind(), uuid), device);
            note(machine, &["devices", path, "content", "uuid"], uuid, first, device, notes);
        }
        if let Some(entry) = device.partition().filter(|entry| !entry.uuid.is_empty()) {
            let first = others.insert(("partition", &entry.uuid), device);
            let keys = ["devices", path, "kind", "partition", "uuid"];
            note(machine, &keys, &entry.uuid, first, device, notes);
        }
        if let Some(table) = device.table.as_ref().filter(|table| !table.id.is_empty()) {
            let first = others.insert(("table", &table.id), device);
            note(machine, &["devices", path, "table", "id"], &table.id, first, device, notes);
        }
    }
}

fn note(
    machine: &Machine,
    keys: &[&str],
    uuid: &str,
    first: Option<&Device>,
    second: &Device,
    notes: &mut Problems,
) {
    let Some(first) = first else { return };
    let above = |device: &Device| -> Vec<String> {
        let above = machine.descendants(&device.path).into_iter().map(|d| d.path.clone());
        above.chain([device.path.clone()]).collect()
    };
    let (one, other) = (above(first), above(second));
    if one.iter().any(|path| other.contains(path)) {
        return;
    }
    let why = format!("{uuid} is also the identifier of {}", first.path);
    notes.add(keys, why, "if one is a copy of the other, give it a new identifier or remove it");
}
