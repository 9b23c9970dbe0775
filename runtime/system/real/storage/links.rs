//! What lies on what, as the kernel reports it: `holders` and `slaves` in sysfs.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::stamp::sysfs;
use crate::machine::{DeviceKind, Group, Machine};
use crate::types::text_of;

/// A device that holds another one.
pub(super) struct Holder {
    /// Its directory in sysfs.
    directory: PathBuf,
    /// Its name as a path: `/dev/bcache0`, `/dev/mapper/vg-root`.
    pub(super) path: String,
}

/// Returns the devices that the kernel lists as holders of a device.
pub(super) fn holders_of(device: u64) -> Vec<Holder> {
    holders_in(&sysfs(device))
}

fn holders_in(directory: &Path) -> Vec<Holder> {
    let entries = fs::read_dir(directory.join("holders")).into_iter().flatten().flatten();
    let mut holders: Vec<Holder> = entries
        .map(|entry| {
            let directory = Path::new("/sys/class/block").join(entry.file_name());
            let name = text_of(entry.file_name().as_bytes()).replace('!', "/");
            let path = match mapped_name(&directory) {
                Some(mapped) => format!("/dev/mapper/{mapped}"),
                None => format!("/dev/{name}"),
            };
            Holder { directory, path }
        })
        .collect();
    holders.sort_by(|a, b| a.path.cmp(&b.path));
    holders
}

fn mapped_name(directory: &Path) -> Option<String> {
    let name = fs::read(directory.join("dm/name")).ok()?;
    Some(text_of(&name).trim().to_owned()).filter(|name| !name.is_empty())
}

impl Holder {
    /// Returns whether the model explains the holder: it is a device on `below`, or an internal one
    /// (of LVM) that only such devices hold.
    pub(super) fn is_explained(&self, below: &str, machine: &Machine) -> bool {
        self.is_explained_to(below, machine, 16)
    }

    fn is_explained_to(&self, below: &str, machine: &Machine, depth: usize) -> bool {
        if machine.find(&self.path).is_some() {
            return machine.depends_on(&self.path, below);
        }
        if self.is_in_active_group(below, machine) {
            return true;
        }
        let above = holders_in(&self.directory);
        depth > 0
            && !above.is_empty()
            && above.iter().all(|one| one.is_explained_to(below, machine, depth - 1))
    }

    /// Returns whether this is an internal volume of a group that is known to be active: it
    /// disappears when the group is deactivated.
    fn is_in_active_group(&self, below: &str, machine: &Machine) -> bool {
        let Some(uuid) = group_uuid(&self.directory) else { return false };
        let is_on = |group: &Group| {
            group.members.iter().any(|member| {
                machine.depends_on(member, below) || machine.depends_on(below, member)
            })
        };
        let groups = machine.storage.groups.values();
        groups.into_iter().any(|group| group.uuid == uuid && group.active() && is_on(group))
    }
}

/// Returns the UUID of the group of an active logical volume. The UUID of the device consists of
/// `LVM-` and those of the group and of the volume without dashes.
fn group_uuid(directory: &Path) -> Option<String> {
    let uuid = fs::read_to_string(directory.join("dm/uuid")).ok()?;
    let uuid = uuid.strip_prefix("LVM-")?.get(..32)?.to_owned();
    let mut parts = Vec::new();
    let mut rest = uuid.as_str();
    for length in [6, 4, 4, 4, 4, 4, 6] {
        let (part, more) = rest.split_at_checked(length)?;
        parts.push(part);
        rest = more;
    }
    Some(parts.join("-"))
}

/// Returns the UUIDs of the groups of active volumes, by device, if several groups have the same
/// name.
pub(super) fn active_group_uuids(
    groups: &BTreeMap<String, Group>,
    machine: &Machine,
) -> BTreeMap<String, String> {
    if groups.values().all(|group| group.name.is_none()) {
        return BTreeMap::new();
    }
    let volumes = machine.storage.devices.values();
    let volumes = volumes.filter(|device| matches!(device.kind, DeviceKind::Logical { .. }));
    let owner = |path: &str| {
        let number = fs::metadata(path).ok()?.rdev();
        group_uuid(&sysfs(number)).filter(|uuid| groups.contains_key(uuid))
    };
    volumes.filter_map(|device| Some((device.path.clone(), owner(&device.path)?))).collect()
}
