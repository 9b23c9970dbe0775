//! Detection of contradictions in the storage of a machine.

use std::collections::{BTreeMap, HashMap};

use super::overlap::is_extended;
use super::uuids::check_duplicate_uuids;
use crate::machine::valid::{Problems, join_keys};
use crate::machine::{Content, Device, DeviceKind, MISSING, Machine, PartitionEntry};
use crate::types::Size;

const DESCRIBE: &str = "describe that device as well, or remove this one";

impl Machine {
    /// Adds a note for each contradiction.
    pub(super) fn check_storage(&self, notes: &mut Problems) {
        for (key, device) in &self.storage.devices {
            check_device(key, device, notes);
            self.check_below(device, notes);
        }
        self.check_partitions(notes);
        self.check_groups(notes);
        self.check_uses(notes);
        self.check_cycles(notes);
        check_duplicate_uuids(self, notes);
    }

    /// Checks that the devices below a device exist and are large enough.
    fn check_below(&self, device: &Device, notes: &mut Problems) {
        let path = device.path.as_str();
        let missing = |device: &str| {
            (!self.storage.devices.contains_key(device))
                .then(|| format!("there is no device {device:?}"))
        };
        match &device.kind {
            DeviceKind::Disk | DeviceKind::Rom | DeviceKind::Loop => {}
            DeviceKind::Partition(entry) => {
                let keys = ["devices", path, "kind", "partition", "disk"];
                match self.storage.devices.get(&entry.disk) {
                    None => notes.add(&keys, missing(&entry.disk).unwrap_or_default(), DESCRIBE),
                    Some(disk) if !self.may_have_partitions(disk) => {
                        let why = format!("{} has no partition table", disk.path);
                        notes.add(&keys, why, "give that disk a partition table");
                    }
                    Some(_) => {}
                }
            }
            DeviceKind::Crypt { on, .. } => {
                let keys = ["devices", path, "kind", "crypt", "on"];
                if let Some(why) = missing(on) {
                    notes.add(&keys, why, DESCRIBE);
                }
                if let Some(below) =
                    self.storage.devices.get(on).filter(|below| below.size < device.size)
                {
                    let (size, most) = (Size::bytes(device.size), Size::bytes(below.size));
                    let why = format!("its size is {size}, but {on} below it has only {most}");
                    notes.add(&["devices", path, "size"], why, "correct one of the sizes");
                }
            }
            DeviceKind::Raid { members: on, .. } | DeviceKind::Mapped { on, .. } => {
                let kind = match device.kind {
                    DeviceKind::Raid { .. } => ["raid", "members"],
                    _ => ["mapped", "on"],
                };
                for why in on.iter().filter_map(|below| missing(below)) {
                    notes.add(&["devices", path, "kind", kind[0], kind[1]], why, DESCRIBE);
                }
            }
            DeviceKind::Logical { group, volume } => {
                self.check_logical(device, group, volume, notes);
            }
        }
    }

    /// Returns whether a disk may have partitions: it has a table, or contents that this program
    /// does not know.
    fn may_have_partitions(&self, disk: &Device) -> bool {
        disk.table.is_some()
            || disk.unprobed
            || matches!(disk.content, Some(Content::Other { .. }))
            || self.host.secondhand
    }

    fn check_logical(&self, device: &Device, group: &str, volume: &str, notes: &mut Problems) {
        let path = device.path.as_str();
        let mut wrong = |last: &str, why: String, next: &str| {
            notes.add(&["devices", path, "kind", "logical", last], why, next);
        };
        let Some(found) = self.storage.groups.get(group) else {
            let why = format!("there is no volume group {group:?}");
            return wrong("group", why, "describe it under groups, or remove this volume");
        };
        let next = format!("fix groups.{group}.volumes, or remove this volume");
        match found.volumes.get(volume) {
            None => wrong("volume", format!("group {group} has no volume {volume:?}"), &next),
            Some(entry) if !entry.active => {
                wrong("volume", format!("{group}/{volume} is not active: it has no device"), &next);
            }
            Some(entry) if entry.extents.checked_mul(found.extent) != Some(device.size) => {
                let why = format!(
                    "its size is {} bytes, but {group}/{volume} has {} extents of {} bytes",
                    device.size, entry.extents, found.extent
                );
                notes.add(&["devices", path, "size"], why, &next);
            }
            Some(_) if found.volume_path(group, volume) != path => {
                let right = found.volume_path(group, volume);
                let why = format!("the device of {group}/{volume} is {right}");
                notes.add(&["devices", path, "path"], why, "correct the path");
            }
            Some(_) => {}
        }
    }

    /// Checks that partitions are within their disk and do not overlap.
    fn check_partitions(&self, notes: &mut Problems) {
        let mut of_disk: BTreeMap<&str, Vec<(&Device, &PartitionEntry)>> = BTreeMap::new();
        for device in self.storage.devices.values() {
            if let Some(entry) = device.partition() {
                of_disk.entry(&entry.disk).or_default().push((device, entry));
            }
        }
        for (disk, parts) in of_disk {
            let Some(disk) = self.storage.devices.get(disk) else { continue };
            let mut numbers = HashMap::new();
            for (device, entry) in &parts {
                check_end(disk, device, entry, notes);
                if let Some(other) = numbers.insert(entry.number, &device.path) {
                    let keys = ["devices", &device.path, "kind", "partition", "number"];
                    let why = format!("{other} has number {} as well", entry.number);
                    notes.add(&keys, why, "give each partition its own number");
                }
            }
            check_overlaps(parts, notes);
        }
    }

    fn check_groups(&self, notes: &mut Problems) {
        let mut owners: HashMap<&str, &str> = HashMap::new();
        for (name, group) in &self.storage.groups {
            if group.members.is_empty() {
                let why = "a volume group has at least one physical volume".to_owned();
                notes.add(&["groups", name, "members"], why, "name it, or remove the group");
            }
            let present = |(_, member): &(usize, &String)| *member != MISSING;
            for (index, member) in group.members.iter().enumerate().filter(present) {
                let mut wrong = |why: String, next: &str| {
                    let list = join_keys(&["groups", name, "members"]);
                    notes.add_at(format!("{list}[{index}]"), why, next);
                };
                match self.storage.devices.get(member).map(|device| &device.content) {
                    None => wrong(format!("there is no device {member:?}"), DESCRIBE),
                    Some(Some(Content::Physical { .. })) => {}
                    Some(_) => wrong(
                        format!("{member} is not a physical volume"),
                        "give it the content {\"is\": \"physical\", …}",
                    ),
                }
                if let Some(other) = owners.insert(member, name) {
                    let why = format!("{member} belongs to group {other} as well");
                    wrong(why, "remove it from one of them");
                }
            }
            if group.free > group.extents {
                let why = format!("{} free extents of {} in total", group.free, group.extents);
                notes.add(&["groups", name, "free"], why, "correct one of the numbers");
            }
            let shown = group.volumes.iter().filter(|(_, v)| v.active && v.has_device());
            for volume in shown.map(|(volume, _)| volume) {
                let path = group.volume_path(name, volume);
                if !self.storage.devices.contains_key(&path) {
                    let why = format!("it is active, but there is no device {path}");
                    let next = "describe that device, or make it inactive";
                    notes.add(&["groups", name, "volumes", volume, "active"], why, next);
                }
            }
        }
    }

    fn check_uses(&self, notes: &mut Problems) {
        for (index, mount) in self.storage.mounts.iter().enumerate() {
            // A kernel without initramfs reports /dev/root, and FUSE filesystems name their own
            // device.
            let device = mount.source.starts_with("/dev/")
                && mount.source != "/dev/root"
                && !mount.kind.starts_with("fuse");
            if device && self.find(&mount.source).is_none() {
                let why = format!("there is no device {:?}", mount.source);
                let next = "describe that device, or remove the mount";
                notes.add_at(format!("mounts[{index}].source"), why, next);
            }
            if !mount.at.starts_with('/') {
                let why = format!("{:?} is not an absolute path", mount.at);
                notes.add_at(format!("mounts[{index}].at"), why, "give the absolute path");
            }
        }
        // A swap file is not a device.
        let missing = |path: &&String| path.starts_with("/dev/") && self.find(path).is_none();
        for path in self.storage.swaps.keys().filter(missing) {
            let why = format!("there is no device {path:?}");
            notes.add(&["swaps", path], why, "describe that device, or remove the swap area");
        }
        for (alias, target) in &self.storage.aliases {
            if self.storage.devices.contains_key(alias) {
                let why = format!(
                    "this is the path of a device and cannot be an alias of \
                    {target}"
                );
                notes.add(&["aliases", alias], why, "remove the alias");
            }
        }
    }

    /// Checks that no device is below itself, directly or indirectly.
    fn check_cycles(&self, notes: &mut Problems) {
        let mut state: HashMap<&str, bool> = HashMap::new();
        for start in self.storage.devices.keys() {
            let mut trail: Vec<(&str, Vec<&str>)> = Vec::new();
            let mut enter = Some(start.as_str());
            loop {
                if let Some(path) = enter.take() {
                    let below = self.storage.devices.get(path).map(|device| self.parents(device));
                    match state.get(path) {
                        Some(true) => {}
                        Some(false) => {
                            let names: Vec<&str> = trail.iter().map(|(name, _)| *name).collect();
                            let from = names.iter().position(|name| *name == path).unwrap_or(0);
                            let why = format!(
                                "it is part of itself: {}",
                                names[from..].join(
                                    " on \
                                "
                                )
                            );
                            notes.add(&["devices", path, "kind"], why, "remove the cycle");
                        }
                        None => {
                            state.insert(path, false);
                            trail.push((path, below.unwrap_or_default()));
                        }
                    }
                }
                match trail.last_mut().map(|(path, below)| (*path, below.pop())) {
                    None => break,
                    Some((_, Some(below))) => enter = Some(below),
                    Some((path, None)) => {
                        state.insert(path, true);
                        trail.pop();
                    }
                }
            }
        }
    }
}

fn check_device(key: &str, device: &Device, notes: &mut Problems) {
    if key != device.path {
        let why = format!("its key is {key:?}, but its path is {:?}", device.path);
        notes.add(&["devices", key, "path"], why, "make them the same");
    }
    if !key.starts_with("/dev/") {
        let why = "the path of a device begins with /dev/".to_owned();
        notes.add(&["devices", key], why, "give the absolute path");
    }
    if !device.sector.is_power_of_two() || device.sector < 512 {
        let why = format!("invalid sector size: {} bytes", device.sector);
        notes.add(&["devices", key, "sector"], why, "use 512 or 4096");
    }
}

/// Checks that partitions do not overlap, except with one that begins at the first byte of the disk:
/// that is the whole of an image for both optical media and USB sticks.
fn check_overlaps(mut parts: Vec<(&Device, &PartitionEntry)>, notes: &mut Problems) {
    // The place of a partition without a type is not known.
    parts.retain(|(_, entry)| !is_extended(entry) && !entry.code.is_empty() && entry.start > 0);
    parts.sort_by_key(|(_, entry)| entry.start);
    for pair in parts.windows(2) {
        let [(first, at), (second, entry)] = pair else { continue };
        let end = at.start.saturating_add(first.size);
        if end > entry.start {
            let keys = ["devices", &second.path, "kind", "partition", "start"];
            let first = &first.path;
            let why = format!("it begins at byte {}, but {first} ends at {end}", entry.start);
            notes.add(&keys, why, "correct the start or the size of one of them");
        }
    }
}

fn check_end(disk: &Device, device: &Device, entry: &PartitionEntry, notes: &mut Problems) {
    let end = entry.start.checked_add(device.size);
    if end.is_none_or(|end| end > disk.size) {
        let why = format!(
            "it begins at byte {} and has {} bytes, but {} ends at {}",
            entry.start, device.size, disk.path, disk.size
        );
        notes.add(
            &["devices", &device.path, "size"],
            why,
            "correct the size of the partition or \
            of the disk",
        );
    }
    if entry.number == 0 {
        let keys = ["devices", &device.path, "kind", "partition", "number"];
        notes.add(&keys, "partition numbers begin at 1".into(), "correct the number");
    }
}
