//! Comparison of the predicted storage with the probed one.

use std::collections::BTreeSet;

use super::StorageScope;
use crate::machine::{Device, Differences, Group, Machine, Mount, is_below};
use crate::types::Size;

/// Adds all differences within the scope, or in all storage without a scope.
pub(super) fn compare(
    predicted: &Machine,
    found: &Machine,
    scope: Option<&StorageScope>,
    differences: &mut Differences,
) {
    let mut note = |what: String, predicted: Option<String>, found: Option<String>| {
        differences.note(what, predicted, found);
    };
    for path in keys(predicted.storage.devices.keys(), found.storage.devices.keys()) {
        if is_device_in_scope(scope, path, predicted) || is_device_in_scope(scope, path, found) {
            let unseen = predicted.storage.devices.get(path).is_some_and(|device| device.unprobed);
            let side = |machine: &Machine| {
                machine.storage.devices.get(path).map(|device| describe_device(device, unseen))
            };
            note(path.clone(), side(predicted), side(found));
        }
    }
    for name in keys(predicted.storage.groups.keys(), found.storage.groups.keys()) {
        if scope.is_none_or(|scope| scope.groups.contains(name)) {
            let side = |machine: &Machine| machine.storage.groups.get(name).map(describe_group);
            note(format!("volume group {name}"), side(predicted), side(found));
        }
    }
    let is_in_scope =
        |at: &str| scope.is_none_or(|scope| scope.mounts.iter().any(|place| is_below(at, place)));
    let places = |machine: &Machine| -> BTreeSet<String> {
        machine.storage.mounts.iter().map(|m| m.at.clone()).filter(|at| is_in_scope(at)).collect()
    };
    for at in places(predicted).union(&places(found)) {
        // A filesystem that could not be probed before was mounted with the type `auto`.
        let mut planned = predicted.storage.mounts.iter().filter(|mount| mount.at == *at);
        let any_kind = planned.clone().any(|mount| mount.kind == "auto");
        let any_part = planned.any(|mount| mount.part.is_empty());
        let side = |machine: &Machine| describe_mounts(machine, at, any_kind, any_part);
        note(format!("mounts at {at}"), side(predicted), side(found));
    }
    for device in keys(predicted.storage.swaps.keys(), found.storage.swaps.keys()) {
        if scope.is_none_or(|scope| scope.swaps.contains(device)) {
            let side = |machine: &Machine| {
                machine.storage.swaps.contains_key(device).then(|| "active swap".to_owned())
            };
            note(device.clone(), side(predicted), side(found));
        }
    }
}

fn keys<'a>(
    left: impl Iterator<Item = &'a String>,
    right: impl Iterator<Item = &'a String>,
) -> BTreeSet<&'a String> {
    left.chain(right).collect()
}

fn is_device_in_scope(scope: Option<&StorageScope>, path: &str, machine: &Machine) -> bool {
    scope.is_none_or(|scope| {
        scope.signatures.contains(path)
            || scope.topology.iter().any(|top| machine.depends_on(path, top))
            || machine.storage.devices.get(path).is_some_and(
                |device| matches!(&device.kind, crate::machine::DeviceKind::Logical { group, .. } if scope.groups.contains(group)),
            )
    })
}

/// Returns the properties of a device that an operation determines, on one line. Contents are
/// omitted if they could not be known before.
fn describe_device(device: &Device, unseen: bool) -> String {
    let mut text = Size::bytes(device.size).to_string();
    if !device.size.is_multiple_of(1 << 20) {
        text = format!("{} bytes", device.size);
    }
    if let Some(entry) = device.partition() {
        text += &format!(
            ", partition {} from byte {}, type {}, PARTUUID {}",
            entry.number, entry.start, entry.code, entry.uuid
        );
        if let Some(name) = &entry.name {
            text += &format!(", name {name:?}");
        }
    }
    if let Some(table) = device.table.as_ref().filter(|_| !unseen) {
        text += &format!(", {:?} table {}", table.kind, table.id);
    }
    match &device.content {
        _ if unseen => {}
        _ if device.unreadable.is_some() => text += ", contents unknown",
        Some(content) => {
            text += &format!(", {content}");
            if let Some(uuid) = content.uuid() {
                text += &format!(" {uuid}");
            }
            if let crate::machine::Content::Luks { offset, slots, cipher, details, .. } = content {
                text += &format!(", {cipher}, data from byte {offset}, key slots {slots:?}");
                if let Some(details) = details {
                    let (sector, argon2) = (details.sector, &details.argon2);
                    text += &format!(", sectors of {sector} bytes, argon2 in slots {argon2:?}");
                }
            }
            if let crate::machine::Content::RaidMember { devices, share, .. } = content {
                text += &format!(", one of {devices}, {share} bytes of it");
            }
        }
        None if device.table.is_none() => text += ", blank",
        None => {}
    }
    text
}

fn describe_group(group: &Group) -> String {
    let volumes: Vec<String> = group
        .volumes
        .iter()
        .map(|(name, volume)| {
            let state = if volume.active { "active" } else { "inactive" };
            format!("{name} {} extents {} {state}", volume.extents, volume.kind)
        })
        .collect();
    format!(
        "on {}, {} extents of {}, {} free, volumes: [{}]",
        group.members.join(" "),
        group.extents,
        Size::bytes(group.extent),
        group.free,
        volumes.join("; ")
    )
}

fn describe_mounts(machine: &Machine, at: &str, any_kind: bool, any_part: bool) -> Option<String> {
    let kind = |mount: &Mount| if any_kind { "any".to_owned() } else { mount.kind.clone() };
    let mounts: Vec<String> = machine
        .storage
        .mounts
        .iter()
        .filter(|mount| mount.at == at)
        .map(|mount| match mount.part.as_str() {
            "/" => format!("{} ({})", mount.source, kind(mount)),
            _ if any_part => format!("{} ({})", mount.source, kind(mount)),
            part => format!("{part} of {} ({})", mount.source, kind(mount)),
        })
        .collect();
    (!mounts.is_empty()).then(|| mounts.join(", then "))
}
