//! Anonymization of machines: the structure is kept, and everything that identifies the owner is
//! removed.
//!
//! Serial numbers, identifiers and labels are replaced by placeholders, which are numbered by first
//! occurrence, so that equal values remain equal. Identifiers keep their format, because the format
//! shows what they belong to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Content, Device, DeviceKind, Group, GroupLock, Mount, PartitionEntry, Storage};
use crate::machine::Machine;
use crate::machine::file::anonymise;

/// Identifiers of at least this length are replaced wherever they occur, even within other names.
const MIN_IDENTIFYING_LEN: usize = 8;
/// Directories whose entries are named after users or labels.
const PRIVATE_DIRECTORIES: [&str; 5] = ["/home", "/root", "/media", "/run/media", "/run/user"];

/// Placeholders by the values that they replace.
#[derive(Default)]
struct Placeholders {
    known: HashMap<String, String>,
    count: usize,
}

impl Machine {
    /// Returns the machine without identifying data. `names` are additional strings to replace,
    /// such as the host name.
    #[must_use]
    pub fn anonymous(&self, names: &[String]) -> Self {
        let mut machine = self.clone();
        let mut ids = Placeholders::default();
        let mut words = Placeholders::default();
        for device in machine.storage.devices.values_mut() {
            anonymise_device(device, &mut ids, &mut words);
        }
        for group in machine.storage.groups.values_mut().filter(|group| !group.uuid.is_empty()) {
            group.uuid = ids.id(&group.uuid);
            if let Some(GroupLock::Foreign(system)) = &mut group.lock {
                *system = words.word(system, "system");
            }
        }
        // Devices with a persistent name get a new one, so that the plan can show it.
        let targets: BTreeSet<&String> = self.storage.aliases.values().collect();
        let kept = self.storage.aliases.iter().filter(|(alias, _)| is_plain(alias));
        let mut aliases: BTreeMap<String, String> =
            kept.map(|(alias, target)| (alias.clone(), target.clone())).collect();
        let lasting = |path: &&&String| self.by_id(path).is_some();
        for (index, target) in targets.iter().filter(lasting).enumerate() {
            aliases.insert(format!("/dev/disk/by-id/device-{}", index + 1), (*target).clone());
        }
        machine.storage.aliases = aliases;
        for mount in &mut machine.storage.mounts {
            mount.at = anonymise_path(&mount.at, &mut words);
            mount.part = anonymise_path(&mount.part, &mut words);
            // A server, or the directory of a user.
            let device = mount.source.starts_with("/dev/");
            if !device && mount.source.contains(['/', ':', '@']) {
                mount.source = words.word(&mount.source, "source");
            }
        }
        for path in machine.host.programs.iter_mut().flat_map(|programs| programs.values_mut()) {
            *path = anonymise_path(path, &mut words);
        }
        let names = names.iter().map(|name| (name.clone(), "host".to_owned()));
        let known = ids.known.into_iter().filter(|(from, _)| from.len() >= MIN_IDENTIFYING_LEN);
        let mut everywhere: Vec<(String, String)> = known.chain(names).collect();
        everywhere.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        machine.renamed(&|name| {
            everywhere.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
        })
    }

    /// Returns the machine with all user-chosen names rewritten, because mappings can be named
    /// after identifiers, and groups after hosts.
    fn renamed(self, new: &dyn Fn(&str) -> String) -> Self {
        let each = |names: &[String]| names.iter().map(|name| new(name)).collect();
        let kind = |kind: DeviceKind| match kind {
            DeviceKind::Partition(entry) => {
                DeviceKind::Partition(PartitionEntry { disk: new(&entry.disk), ..entry })
            }
            DeviceKind::Crypt { on, header } => DeviceKind::Crypt { on: new(&on), header },
            DeviceKind::Logical { group, volume } => {
                DeviceKind::Logical { group: new(&group), volume: new(&volume) }
            }
            DeviceKind::Raid { members, level } => {
                DeviceKind::Raid { members: each(&members), level }
            }
            DeviceKind::Mapped { on, what } => DeviceKind::Mapped { on: each(&on), what },
            kind @ (DeviceKind::Disk | DeviceKind::Rom | DeviceKind::Loop) => kind,
        };
        let device = |d: Device| Device { path: new(&d.path), kind: kind(d.kind), ..d };
        let group = |group: Group| Group {
            name: group.name.as_deref().map(new),
            members: each(&group.members),
            volumes: group.volumes.into_iter().map(|(name, v)| (new(&name), v)).collect(),
            ..group
        };
        let mount = |mount: Mount| Mount {
            source: new(&mount.source),
            at: new(&mount.at),
            part: new(&mount.part),
            ..mount
        };
        let storage = self.storage;
        let storage = Storage {
            devices: storage.devices.into_iter().map(|(path, d)| (new(&path), device(d))).collect(),
            aliases: storage.aliases.iter().map(|(from, to)| (new(from), new(to))).collect(),
            groups: storage.groups.into_iter().map(|(name, g)| (new(&name), group(g))).collect(),
            mounts: storage.mounts.into_iter().map(mount).collect(),
            swaps: storage.swaps.into_iter().map(|(path, prio)| (new(&path), prio)).collect(),
            ..Storage::default()
        };
        let mut machine = Self { storage, ..self };
        anonymise(&mut machine, new);
        // They may contain any names; those that are needed to read the file are written again.
        machine.host.notes.clear();
        machine.note_contradictions();
        machine
    }
}

fn anonymise_device(device: &mut Device, ids: &mut Placeholders, words: &mut Placeholders) {
    // It may contain the names of processes and paths of users' files.
    device.backing_file = None;
    for who in &mut device.held_by {
        "a device that is not in this file".clone_into(who);
    }
    let hardware = &mut device.hardware;
    hardware.serial = hardware.serial.as_deref().map(|serial| ids.word(serial, "serial"));
    hardware.wwn = hardware.wwn.as_deref().map(|wwn| ids.word(wwn, "wwn"));
    if let Some(table) = &mut device.table {
        table.id = ids.id(&table.id);
    }
    if let DeviceKind::Partition(entry) = &mut device.kind {
        // On MBR, this is the identifier of the table followed by a number.
        entry.uuid = match entry.uuid.split_once('-') {
            Some((table, number)) if number.len() == 2 => format!("{}-{number}", ids.id(table)),
            _ => ids.id(&entry.uuid),
        };
        entry.name = entry.name.as_deref().map(|name| words.word(name, "name"));
    }
    if let DeviceKind::Crypt { header, .. } = &mut device.kind {
        *header = header.as_deref().map(|uuid| ids.id(uuid));
    }
    match &mut device.content {
        Some(Content::Filesystem { uuid, label, member, .. }) => {
            *uuid = ids.id(uuid);
            *label = label.as_deref().map(|label| words.word(label, "label"));
            *member = member.as_deref().map(|member| ids.id(member));
        }
        Some(Content::Swap { uuid, label }) => {
            *uuid = ids.id(uuid);
            *label = label.as_deref().map(|label| words.word(label, "label"));
        }
        Some(Content::Luks { uuid, .. } | Content::Physical { uuid }) => *uuid = ids.id(uuid),
        Some(Content::RaidMember { uuid, name, member, .. }) => {
            *uuid = ids.id(uuid);
            *member = member.as_deref().map(|member| ids.id(member));
            if !name.is_empty() {
                *name = words.word(name, "array");
            }
        }
        Some(Content::Other { .. }) | None => {}
    }
}

impl Placeholders {
    /// Returns a placeholder such as `serial-3`.
    fn word(&mut self, from: &str, kind: &str) -> String {
        let next = self.count + 1;
        let word = self.known.entry(from.to_owned()).or_insert_with(|| {
            self.count = next;
            format!("{kind}-{next}")
        });
        word.clone()
    }

    /// Returns an identifier of the same format, with a number instead of its letters and digits.
    fn id(&mut self, from: &str) -> String {
        if from.is_empty() {
            return String::new();
        }
        let next = self.count + 1;
        let id = self.known.entry(from.to_owned()).or_insert_with(|| {
            self.count = next;
            let mut digits = format!("{next}").chars().rev().collect::<Vec<_>>().into_iter();
            let form = from.chars().rev().map(|c| match c.is_ascii_alphanumeric() {
                true => digits.next().unwrap_or('0'),
                false => c,
            });
            form.collect::<Vec<_>>().into_iter().rev().collect()
        });
        id.clone()
    }
}

/// Returns whether a name of a device only shows where it is connected, or its device number.
fn is_plain(alias: &str) -> bool {
    let by_path = alias.strip_prefix("/dev/disk/by-path/");
    match by_path {
        Some(name) => name.starts_with("pci-") || name.starts_with("platform-"),
        None => !alias.starts_with("/dev/disk/"),
    }
}

/// Replaces paths in private directories, and directories that are named after a label.
fn anonymise_path(path: &str, words: &mut Placeholders) -> String {
    let below = |top: &&&str| path.strip_prefix(**top).is_some_and(|rest| rest.starts_with('/'));
    if let Some(top) = PRIVATE_DIRECTORIES.iter().find(below) {
        return format!("{top}/{}", words.word(path, "hidden"));
    }
    let parts = path.split('/').map(|part| match words.known.get(part) {
        Some(stand_in) if part.len() >= 4 => stand_in.clone(),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}
