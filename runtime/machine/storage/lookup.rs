//! Finding devices by any of their names, and the devices above and below them.

use std::collections::HashSet;
use std::fmt;

use crate::machine::{Content, Device, DeviceKind, Machine, Mount, Volume, dm_name, is_below};
use crate::types::DevicePath;

/// Maximum depth of a stack of devices, because a machine file may contain a cycle.
const MAX_DEPTH: usize = 16;

/// The error for a name that no device has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchDevice {
    /// The requested name.
    pub path: String,
    /// The partitions of the disk, if the name begins with one, or else all disks. No correction is
    /// suggested: a typo must not select the disk next to the right one.
    pub alternatives: Vec<String>,
    /// The devices with this name, if there are several.
    pub copies: Vec<String>,
    /// The volume group, if this is the name of a logical volume of it that is not active.
    pub inactive: Option<String>,
}

impl fmt::Display for NoSuchDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.copies.is_empty() {
            let copies = self.copies.join(" or ");
            return write!(f, "{} is ambiguous: it can be {copies}", self.path);
        }
        if self.inactive.is_some() {
            return write!(f, "the logical volume {} is not active", self.path);
        }
        write!(f, "there is no device {}", self.path)?;
        match self.alternatives.as_slice() {
            [] => f.write_str("; this machine has no disks"),
            there_are => write!(f, "; there are {}", there_are.join(", ")),
        }
    }
}

/// A device of a machine, or the error that it does not exist.
pub type Resolved<'a> = Result<&'a Device, NoSuchDevice>;

impl Machine {
    /// Returns the device with this name: its canonical path, a symbolic link created by udev, or
    /// LVM's `/dev/GROUP/VOLUME`.
    pub fn device(&self, path: &DevicePath) -> Resolved<'_> {
        self.find(path.as_str()).ok_or_else(|| {
            let disks = || self.disks().map(|disk| disk.path.clone());
            let disk = disks().find(|disk| path.as_str().starts_with(disk.as_str()));
            let partitions = disk.map(|disk| self.partitions(&disk)).unwrap_or_default();
            let partitions: Vec<String> = partitions.iter().map(|p| p.path.clone()).collect();
            let there_are = if partitions.is_empty() { disks().collect() } else { partitions };
            let copies = self.by_property(path.as_str()).unwrap_or_default();
            let copies = copies.into_iter().map(|device| device.path.clone()).collect();
            let inactive = self.inactive(path.as_str()).map(|(_, group, _)| group.to_owned());
            NoSuchDevice { path: path.to_string(), alternatives: there_are, copies, inactive }
        })
    }

    /// Returns the device with this name, like [`Machine::device`], but without an error message.
    pub fn find(&self, path: &str) -> Option<&Device> {
        if let Some([first, others @ ..]) = self.by_property(path).as_deref() {
            return others.is_empty().then_some(*first);
        }
        self.storage
            .devices
            .get(path)
            .or_else(|| self.storage.devices.get(self.storage.aliases.get(path)?))
            .or_else(|| self.storage.devices.get(&volume_alias(path)?))
            .or_else(|| self.array(path.strip_prefix("/dev/md/")?))
    }

    /// Returns the mount points of all filesystems to which a write at or below a path can go: the
    /// one that contains the path, and those below it that are on devices.
    pub fn filesystems_at(&self, path: &str) -> Vec<&String> {
        let around = self.mount_of(path);
        let below = self.storage.mounts.iter().filter(|mount| is_below(&mount.at, path));
        let below = below.filter(|mount| self.find(&mount.source).is_some());
        around.into_iter().chain(below).map(|mount| &mount.at).collect()
    }

    /// Returns the mount that contains a path.
    pub fn mount_of(&self, path: &str) -> Option<&Mount> {
        // The longest mount point that covers the path decides; at the same mount point, the
        // newest.
        let around = self.storage.mounts.iter().filter(|mount| mount.covers(path));
        around.max_by_key(|mount| mount.at.len())
    }

    /// Returns the type of the filesystem that contains a path, if it is kept in memory and ends
    /// with a reboot.
    pub fn memory_filesystem(&self, path: &str) -> Option<&str> {
        let kind = self.mount_of(path)?.kind.as_str();
        matches!(kind, "tmpfs" | "ramfs" | "overlay").then_some(kind)
    }

    /// Returns the devices on which a file is stored, the nearest first.
    pub fn backing_devices(&self, path: &str) -> Vec<String> {
        let device = self.mount_of(path).and_then(|mount| self.find(&mount.source));
        device.map(|device| self.below_filesystem(device)).unwrap_or_default()
    }

    /// Returns all devices of the filesystem on this device (several for btrfs) and all devices
    /// below them: this device and those below it first, without duplicates.
    pub fn below_filesystem(&self, device: &Device) -> Vec<String> {
        let mut found = self.self_and_ancestors(&device.path);
        for other in self.same_filesystem(device) {
            let new = self
                .self_and_ancestors(&other.path)
                .into_iter()
                .filter(|path| !found.contains(path));
            let new: Vec<String> = new.collect();
            found.extend(new);
        }
        found
    }

    /// Returns the running md array with this name or UUID, regardless of its current number.
    pub fn array(&self, given: &str) -> Option<&Device> {
        let is_meant = |device: &&Device| {
            let DeviceKind::Raid { members, .. } = &device.kind else { return false };
            let mut contents = members.iter().filter_map(|member| self.storage.devices.get(member));
            !device.is_inactive_array()
                && contents.any(|member| match &member.content {
                    Some(Content::RaidMember { name, uuid, .. }) => name == given || uuid == given,
                    _ => false,
                })
        };
        self.storage.devices.values().find(is_meant)
    }

    /// Returns the name of an md array, which is stored on its members.
    pub fn array_name(&self, device: &Device) -> Option<&str> {
        let DeviceKind::Raid { members, .. } = &device.kind else { return None };
        members.iter().find_map(|member| match &self.storage.devices.get(member)?.content {
            Some(Content::RaidMember { name, .. }) if !name.is_empty() => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns the devices of the filesystem on this device (several for btrfs), sorted by path.
    /// The first represents them all where only one can be named.
    pub fn same_filesystem<'a>(&'a self, device: &'a Device) -> Vec<&'a Device> {
        match &device.content {
            Some(Content::Filesystem { kind, uuid, .. }) if kind == "btrfs" => {
                let same = |other: &&Device| match &other.content {
                    Some(Content::Filesystem { kind, uuid: found, .. }) => {
                        kind == "btrfs" && found == uuid
                    }
                    _ => false,
                };
                self.storage.devices.values().filter(same).collect()
            }
            _ => vec![device],
        }
    }

    /// Returns the whole disks, without optical drives.
    pub fn disks(&self) -> impl Iterator<Item = &Device> {
        self.storage.devices.values().filter(|device| matches!(device.kind, DeviceKind::Disk))
    }

    /// Returns the partitions of a disk, sorted by number.
    pub fn partitions(&self, disk: &str) -> Vec<&Device> {
        let mut parts: Vec<&Device> = self
            .storage
            .devices
            .values()
            .filter(|device| device.partition().is_some_and(|p| p.disk == disk))
            .collect();
        parts.sort_by_key(|device| device.partition().map(|p| p.number));
        parts
    }

    /// Returns the devices directly below this one.
    pub fn parents<'a>(&'a self, device: &'a Device) -> Vec<&'a str> {
        match &device.kind {
            DeviceKind::Disk | DeviceKind::Rom | DeviceKind::Loop => Vec::new(),
            DeviceKind::Partition(entry) => vec![&entry.disk],
            DeviceKind::Crypt { on, .. } => vec![on],
            DeviceKind::Raid { members: on, .. } | DeviceKind::Mapped { on, .. } => {
                on.iter().map(String::as_str).collect()
            }
            DeviceKind::Logical { group, .. } => self
                .storage
                .groups
                .get(group)
                .map(|group| group.members.iter().map(String::as_str).collect())
                .unwrap_or_default(),
        }
    }

    /// Returns the devices directly above this one.
    pub fn children(&self, path: &str) -> Vec<&Device> {
        // Collected once, because a group can have a thousand members and as many volumes.
        let groups: HashSet<&str> = self
            .storage
            .groups
            .iter()
            .filter(|(_, group)| group.members.iter().any(|member| member == path))
            .map(|(name, _)| name.as_str())
            .collect();
        let is_child = |device: &&Device| match &device.kind {
            DeviceKind::Logical { group, .. } => groups.contains(group.as_str()),
            _ => self.parents(device).contains(&path),
        };
        self.storage.devices.values().filter(is_child).collect()
    }

    /// Returns all devices above this one, the nearest first, without duplicates.
    pub fn descendants(&self, path: &str) -> Vec<&Device> {
        let mut found: Vec<&Device> = self.children(path);
        let mut known: HashSet<&str> = found.iter().map(|device| device.path.as_str()).collect();
        let mut next = 0;
        while let Some(device) = found.get(next) {
            let children = self.children(&device.path);
            found.extend(children.into_iter().filter(|child| known.insert(&child.path)));
            next += 1;
        }
        found
    }

    /// Returns the whole disks at the bottom of this device; the device itself if it is a disk.
    pub fn base_disks(&self, path: &str) -> Vec<&Device> {
        let mut open: Vec<&str> = vec![path];
        let mut disks: Vec<&Device> = Vec::new();
        while let Some(path) = open.pop() {
            // A member that LVM or md misses has no device.
            let Some(device) = self.find(path) else { continue };
            let parents = self.parents(device);
            if parents.is_empty() && !disks.iter().any(|known| known.path == device.path) {
                disks.push(device);
            }
            open.extend(parents);
        }
        disks
    }

    /// Returns the device and all devices below it, the nearest first.
    pub fn self_and_ancestors(&self, path: &str) -> Vec<String> {
        let mut found: Vec<String> = vec![path.to_owned()];
        let mut next = 0;
        while let Some(path) = found.get(next) {
            let parents = self.parents_of(path).into_iter();
            let new = parents.filter(|parent| !found.iter().any(|p| p == parent));
            let new: Vec<String> = new.map(str::to_owned).collect();
            found.extend(new);
            next += 1;
        }
        found
    }

    /// Returns the devices directly below this one, even if it is an inactive logical volume.
    fn parents_of<'a>(&'a self, path: &str) -> Vec<&'a str> {
        match (self.find(path), self.inactive(path)) {
            (Some(device), _) => self.parents(device),
            (None, Some((_, group, _))) => {
                self.storage.groups[group].members.iter().map(String::as_str).collect()
            }
            (None, None) => Vec::new(),
        }
    }

    /// Returns the inactive logical volume that a path names: its canonical path, its group and its
    /// properties.
    pub fn inactive(&self, path: &str) -> Option<(String, &str, &Volume)> {
        if !path.starts_with("/dev/") || self.find(path).is_some() {
            return None;
        }
        let (mapped, alias) = (path, volume_alias(path));
        self.storage.groups.iter().find_map(|(name, group)| {
            let named = |volume: &&String| {
                let own = group.volume_path(name, volume);
                own == mapped || alias.as_ref() == Some(&own)
            };
            let volume = group.volumes.keys().find(named)?;
            Some((group.volume_path(name, volume), name.as_str(), &group.volumes[volume]))
        })
    }

    /// Returns the canonical path of a device or logical volume, and any other path unchanged.
    pub fn canonical(&self, path: &str) -> String {
        match self.find(path) {
            Some(device) => device.path.clone(),
            None => self.inactive(path).map_or_else(|| path.to_owned(), |(path, ..)| path),
        }
    }

    /// Returns every chain of devices from a device down to a disk, starting with the device; a
    /// volume is followed by its group. If a statement is true of one device in each chain, it is
    /// true of everything that this device is on.
    pub fn chains_to_disks(&self, path: &str) -> Vec<Vec<String>> {
        self.chains(path, MAX_DEPTH)
    }

    /// Returns the chains of the members of a volume group, each starting with the group.
    pub fn chains_from_group(&self, group: &str) -> Vec<Vec<String>> {
        let members = self.storage.groups.get(group).map(|group| group.members.as_slice());
        let members = members.unwrap_or_default().iter().map(String::as_str);
        self.chains_through(group, members, MAX_DEPTH)
    }

    /// Returns the chains of the members of an array, running or not, each starting with the array.
    pub fn chains_from_array(&self, array: &str) -> Vec<Vec<String>> {
        let members = self.storage.devices.values().filter(|device| match &device.content {
            Some(Content::RaidMember { name, .. }) => name == array,
            _ => false,
        });
        self.chains_through(array, members.map(|device| device.path.as_str()), MAX_DEPTH)
    }

    fn chains(&self, path: &str, depth: usize) -> Vec<Vec<String>> {
        let parents = self.parents_of(path);
        if parents.is_empty() || depth == 0 {
            return vec![vec![path.to_owned()]];
        }
        let mut ways = self.chains_through(path, parents.into_iter(), depth - 1);
        if let Some(group) = self.group_of(path) {
            for way in &mut ways {
                way.insert(1, group.to_owned());
            }
        }
        ways
    }

    fn chains_through<'a>(
        &self,
        first: &str,
        members: impl Iterator<Item = &'a str>,
        depth: usize,
    ) -> Vec<Vec<String>> {
        let below = members.flat_map(|member| self.chains(member, depth));
        let ways: Vec<Vec<String>> =
            below.map(|way| [vec![first.to_owned()], way].concat()).collect();
        if ways.is_empty() { vec![vec![first.to_owned()]] } else { ways }
    }

    /// Returns the name of an active logical volume, `GROUP/VOLUME`.
    pub fn volume_name(&self, device: &Device) -> Option<String> {
        let DeviceKind::Logical { group: key, volume } = &device.kind else { return None };
        let name = self.storage.groups.get(key).and_then(|group| group.name.as_deref());
        Some(format!("{}/{volume}", name.unwrap_or(key)))
    }

    /// Returns the group of a logical volume.
    fn group_of(&self, path: &str) -> Option<&str> {
        match self.find(path).map(|device| &device.kind) {
            Some(DeviceKind::Logical { group, .. }) => Some(group),
            Some(_) => None,
            None => self.inactive(path).map(|(_, group, _)| group),
        }
    }

    /// Returns whether `path` is `top` or is above it.
    pub fn depends_on(&self, path: &str, top: &str) -> bool {
        let (Some(device), Some(top)) = (self.find(path), self.find(top)) else { return false };
        device.path == top.path
            || self.parents(device).iter().any(|parent| self.depends_on(parent, &top.path))
    }
}

/// Converts `/dev/GROUP/VOLUME` to `/dev/mapper/GROUP-VOLUME`.
fn volume_alias(path: &str) -> Option<String> {
    let (group, volume) = path.strip_prefix("/dev/")?.split_once('/')?;
    let plain = !volume.contains('/') && !matches!(group, "mapper" | "disk");
    plain.then(|| dm_name(group, volume))
}
