//! Detection of identifiers that two devices share although they should be unique.

use std::collections::HashMap;

use crate::machine::valid::Problems;
use crate::machine::{Device, Machine};

/// Adds a note for each identifier that two devices share. Members of the same RAID or btrfs share
/// theirs, and so do devices that appear twice: a device and one above it, or two paths to the same
/// disk.
pub(super) fn check_duplicate_uuids(machine: &Machine, notes: &mut Problems) {
    let mut contents: HashMap<(&str, &str, Option<&str>), &Device> = HashMap::new();
    let mut others: HashMap<(&str, &str), &Device> = HashMap::new();
    for device in machine.storage.devices.values() {
        let path = device.path.as_str();
        if let Some(content) = &device.content
            && let Some(uuid) = content.uuid()
            && content.is_unique()
        {
            let first = contents.insert((content.kind(), uuid, content.member()), device);
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
    if machine.share_a_mapping(first, second) {
        return;
    }
    let why = format!("{uuid} is also the identifier of {}", first.path);
    notes.add(keys, why, "if one is a copy of the other, give it a new identifier or remove it");
}
