//! Adding facts to the model.

use std::collections::BTreeMap;

use super::hidden::ContainerContent;
use super::volumes::is_below;
use crate::machine::{
    Content, Device, DeviceKind, Group, MISSING, Machine, Mount, PartitionEntry, Table, Volume,
};
use crate::machine::{Contradiction, MountOrigin, NewPartition, StorageFact};

impl Machine {
    /// Makes the fact true in the model.
    pub(super) fn learn_storage(&mut self, fact: &StorageFact) -> Result<(), Contradiction> {
        match fact {
            StorageFact::Partitioned { disk, table, parts } => self.learn_table(disk, table, parts),
            StorageFact::Blank { device } => self.learn_blank(device),
            StorageFact::Holds { device, content } => self.learn_content(device, content),
            StorageFact::Header { device, content, guessed } => {
                self.learn_header(device, content, *guessed)
            }
            StorageFact::Opened { on, name, size, sector, header } => {
                let kind = DeviceKind::Crypt { on: on.clone(), header: header.clone() };
                let mut device = Device::new(format!("/dev/mapper/{name}"), *size, kind);
                device.sector = *sector;
                self.device_appeared(device);
                Ok(())
            }
            StorageFact::Closed { name } => {
                self.device_disappeared(&format!("/dev/mapper/{name}"));
                Ok(())
            }
            StorageFact::GroupMade { .. }
            | StorageFact::GroupGone { .. }
            | StorageFact::GroupActive { .. }
            | StorageFact::VolumeMade { .. }
            | StorageFact::VolumeInactive { .. }
            | StorageFact::VolumeGone { .. } => self.learn_group(fact),
            StorageFact::ArrayRunning { .. } | StorageFact::ArrayStopped { .. } => {
                self.learn_array(fact);
                Ok(())
            }
            // An existing mount is not repeated, because an action that finds it does nothing.
            StorageFact::Mounted { .. } if fact.holds_on_machine(self) => Ok(()),
            StorageFact::Mounted { at, origin, options } => {
                let mounts = self.mounts_of(at, origin, options)?;
                self.storage.mounts.extend(mounts);
                Ok(())
            }
            StorageFact::Unmounted { at } => {
                self.storage.mounts.retain(|mount| !is_below(&mount.at, at));
                Ok(())
            }
            StorageFact::Swapping { device, on } => {
                match on {
                    Some(priority) => self.storage.swaps.insert(device.clone(), *priority),
                    None => self.storage.swaps.remove(device),
                };
                Ok(())
            }
        }
    }

    fn learn_content(&mut self, device: &str, content: &Content) -> Result<(), Contradiction> {
        // A new container or array is blank.
        if matches!(content, Content::Luks { .. } | Content::RaidMember { .. })
            && let Some(key) = self.contents_key(device, content)
        {
            self.storage.hidden.store_content(key, None);
        }
        self.forget_contents(device);
        self.set_content(device, content)
    }

    /// Replaces the header of a container. The contents stay known if the header has the same
    /// identifier as before; otherwise they are unknown until the container is opened.
    fn learn_header(
        &mut self,
        device: &str,
        content: &Content,
        guessed: bool,
    ) -> Result<(), Contradiction> {
        let before = self.find(device).and_then(|device| device.content.as_ref()?.uuid());
        if content.uuid().is_some_and(|uuid| before != Some(uuid)) {
            if let Some(key) = self.contents_key(device, content) {
                self.storage.hidden.drop_content(&key);
            }
            self.forget_contents(device);
        }
        self.set_content(device, content)?;
        self.device_mut(device)?.unprobed = guessed;
        Ok(())
    }

    fn set_content(&mut self, device: &str, content: &Content) -> Result<(), Contradiction> {
        let known = self.device_mut(device)?;
        if known.content.as_ref() != Some(content) {
            let path = known.path.clone();
            self.mark_members_missing(&[path]);
        }
        let device = self.device_mut(device)?;
        device.content = Some(content.clone());
        device.table = None;
        (device.unprobed, device.unreadable) = (false, None);
        Ok(())
    }

    fn learn_array(&mut self, fact: &StorageFact) {
        match fact {
            StorageFact::ArrayRunning { array, members, level, size, sector, .. } => {
                let kind = DeviceKind::Raid { members: members.clone(), level: level.clone() };
                let mut device = Device::new(array, *size, kind);
                device.sector = *sector;
                self.device_appeared(device);
            }
            StorageFact::ArrayStopped { array } => {
                let parts = self.partitions(array).into_iter().map(|part| part.path.clone());
                for part in parts.collect::<Vec<String>>() {
                    self.device_disappeared(&part);
                }
                self.device_disappeared(array);
            }
            _ => {}
        }
    }

    fn device_mut(&mut self, path: &str) -> Result<&mut Device, Contradiction> {
        let missing = || Contradiction { what: format!("device {path}") };
        let path = self.find(path).ok_or_else(missing)?.path.clone();
        self.storage.devices.get_mut(&path).ok_or_else(missing)
    }

    fn learn_table(
        &mut self,
        disk: &str,
        table: &Table,
        parts: &[NewPartition],
    ) -> Result<(), Contradiction> {
        self.learn_blank(disk)?;
        let device = self.device_mut(disk)?;
        device.table = Some(table.clone());
        let device = device.clone();
        for part in parts {
            let entry = PartitionEntry {
                disk: device.path.clone(),
                number: part.number,
                start: part.start,
                code: part.code.clone(),
                uuid: part.uuid.clone(),
                name: part.name.clone(),
            };
            let path = device.partition_path(part.number);
            let mut new = Device::new(path, part.size, DeviceKind::Partition(entry));
            new.sector = device.sector;
            new.removable = device.removable;
            self.insert(new);
        }
        Ok(())
    }

    /// Removes everything from a device: its contents, its partitions, and the groups on them.
    fn learn_blank(&mut self, path: &str) -> Result<(), Contradiction> {
        let path = self.device_mut(path)?.path.clone();
        let mut gone: Vec<String> =
            self.descendants(&path).iter().map(|d| d.path.clone()).collect();
        gone.push(path.clone());
        self.mark_members_missing(&gone);
        gone.pop();
        self.forget_contents(&path);
        for device in &gone {
            self.forget_contents(device);
            self.storage.devices.remove(device);
        }
        self.storage.aliases.retain(|_, target| !gone.contains(target));
        let device = self.device_mut(&path)?;
        device.content = None;
        device.table = None;
        (device.unprobed, device.unreadable) = (false, None);
        Ok(())
    }

    /// Marks physical volumes that are going to be overwritten as missing, unless there is a copy,
    /// which LVM uses then. A group with other members remains, damaged, because LVM still knows its
    /// name.
    fn mark_members_missing(&mut self, gone: &[String]) {
        let copy = |path: &String| {
            let copies = self.copies(self.find(path)?);
            let mut left = copies.iter().filter(|copy| !gone.contains(&copy.path));
            Some((path.clone(), left.next()?.path.clone()))
        };
        let copies: BTreeMap<String, String> = gone.iter().filter_map(copy).collect();
        for group in self.storage.groups.values_mut() {
            for member in group.members.iter_mut().filter(|member| gone.contains(member)) {
                *member = copies.get(member).cloned().unwrap_or_else(|| MISSING.to_owned());
            }
        }
        self.storage.groups.retain(|_, group| group.members.iter().any(|member| member != MISSING));
    }

    /// Forgets the closed devices that were on a device, because it was overwritten.
    fn forget_contents(&mut self, path: &str) {
        let path = self.find(path).map(|device| device.path.clone());
        if let Some(path) = path {
            self.storage.hidden.drop_devices_on(&path);
        }
    }

    fn learn_group(&mut self, fact: &StorageFact) -> Result<(), Contradiction> {
        match fact {
            StorageFact::GroupMade { group, members, extent, extents } => {
                let made = Group {
                    members: members.clone(),
                    extent: *extent,
                    extents: *extents,
                    free: *extents,
                    ..Group::default()
                };
                self.storage.groups.insert(group.clone(), made);
            }
            StorageFact::GroupGone { group } => {
                self.storage.groups.remove(group);
                self.storage.devices.retain(
                    |_, d| !matches!(&d.kind, DeviceKind::Logical { group: of, .. } if of == group),
                );
            }
            StorageFact::GroupActive { group, active } => {
                let volumes = self.group(group)?.volumes.iter();
                // LVM deactivates volumes that it would not activate.
                let volumes = volumes.filter(|(_, v)| !active || v.activates_with_group());
                let names: Vec<String> = volumes.map(|(name, _)| name.clone()).collect();
                for volume in names {
                    self.activate(group, &volume, *active)?;
                }
            }
            StorageFact::VolumeMade { group, volume, extents, kind } => {
                let found = self.group(group)?;
                let before = found.allocated_extents();
                let made = Volume { extents: *extents, kind: kind.clone(), ..Volume::default() };
                let blank = format!("{group}/{volume}");
                found.volumes.insert(volume.clone(), made);
                found.free =
                    found.free.saturating_sub(found.allocated_extents().saturating_sub(before));
                self.storage.hidden.store_content(blank, None);
                self.activate(group, volume, true)?;
            }
            StorageFact::VolumeInactive { group, volume } => self.activate(group, volume, false)?,
            StorageFact::VolumeGone { group, volume } => {
                let path = self.group(group)?.volume_path(group, volume);
                self.device_disappeared(&path);
                self.storage.hidden.drop_device(&path);
                self.storage.hidden.drop_content(&format!("{group}/{volume}"));
                let found = self.group(group)?;
                let before = found.allocated_extents();
                found.volumes.remove(volume);
                found.free =
                    found.free.saturating_add(before.saturating_sub(found.allocated_extents()));
            }
            _ => {}
        }
        Ok(())
    }

    fn group(&mut self, name: &str) -> Result<&mut Group, Contradiction> {
        let what = format!("volume group {name}");
        self.storage.groups.get_mut(name).ok_or(Contradiction { what })
    }

    /// Adds or removes the device of a volume.
    fn activate(&mut self, group: &str, volume: &str, on: bool) -> Result<(), Contradiction> {
        let found = self.group(group)?;
        let Some(entry) = found.volumes.get_mut(volume) else {
            return Err(Contradiction { what: format!("logical volume {group}/{volume}") });
        };
        // A pool has no device, but the thin volumes in it do.
        let changed = std::mem::replace(&mut entry.active, on) != on && entry.has_device();
        let size = entry.extents.saturating_mul(found.extent);
        let member = found.members.first().cloned();
        let path = found.volume_path(group, volume);
        let sector = member.and_then(|m| self.find(&m)).map_or(512, |d| d.sector);
        match (changed, on) {
            (true, true) => {
                let kind = DeviceKind::Logical { group: group.into(), volume: volume.into() };
                let mut device = Device::new(path, size, kind);
                device.sector = sector;
                self.device_appeared(device);
            }
            (true, false) => self.device_disappeared(&path),
            (false, _) => {}
        }
        Ok(())
    }

    /// Adds a device that appeared, with its last known contents.
    fn device_appeared(&mut self, mut device: Device) {
        let key = self.hidden_key(&device);
        match key.as_ref().and_then(|key| self.storage.hidden.take(key)) {
            Some(ContainerContent::Holds(content)) => device.content = Some(content),
            Some(ContainerContent::Blank) => {}
            None => device.unprobed = true,
        }
        let key = key.unwrap_or_else(|| device.path.clone());
        self.storage.groups.append(&mut self.storage.hidden.take_groups(&key, &device.path));
        self.storage.hidden.drop_device(&device.path);
        self.insert(device);
    }

    /// Removes a device that disappeared and the groups on it, and stores their state.
    fn device_disappeared(&mut self, path: &str) {
        let Some(device) = self.storage.devices.remove(path) else { return };
        self.storage.hidden.store_device(device.clone());
        let key = self.hidden_key(&device);
        if let (Some(key), false) = (key.clone(), device.unprobed) {
            self.storage.hidden.store_content(key, device.content);
        }
        let lost = |_: &String, group: &mut Group| group.members.iter().any(|m| m == path);
        let groups = self.storage.groups.extract_if(.., lost).collect();
        let key = key.unwrap_or_else(|| path.to_owned());
        self.storage.hidden.store_groups(key, path, groups);
    }

    /// Returns the key under which the inside of a device with this content is stored while it is
    /// closed. A copy of a container has its identifier, but contents of its own; the members of an
    /// array have one inside.
    fn contents_key(&self, device: &str, content: &Content) -> Option<String> {
        let uuid = content.uuid()?;
        Some(match content {
            Content::Luks { .. } => {
                let path = self.find(device).map_or(device, |device| device.path.as_str());
                format!("inside of {uuid} on {path}")
            }
            _ => format!("inside of {uuid}"),
        })
    }

    /// Returns the key under which the contents of a device are stored while it is closed.
    pub(super) fn hidden_key(&self, device: &Device) -> Option<String> {
        match &device.kind {
            DeviceKind::Crypt { on, .. } => self.contents_key(on, self.find(on)?.content.as_ref()?),
            DeviceKind::Raid { members, .. } => {
                let member = members.first()?;
                self.contents_key(member, self.find(member)?.content.as_ref()?)
            }
            DeviceKind::Logical { group, volume } => Some(format!("{group}/{volume}")),
            _ => None,
        }
    }

    /// Returns the filesystem that is visible at a path, as a mount at exactly this path.
    pub fn mounted_view(&self, path: &str) -> Option<Mount> {
        let mount = self.mount_of(path)?;
        let below = path.strip_prefix(mount.at.trim_end_matches('/')).unwrap_or_default();
        let part = match (mount.part.as_str(), below) {
            (part, "" | "/") => part.to_owned(),
            ("/", below) => below.to_owned(),
            (part, below) => format!("{part}{below}"),
        };
        Some(Mount { at: path.to_owned(), part, ..mount.clone() })
    }

    /// Returns the mounts that one mount operation creates: a recursive bind mount includes all
    /// mounts below its source.
    fn mounts_of(
        &self,
        at: &str,
        origin: &MountOrigin,
        options: &std::collections::BTreeSet<String>,
    ) -> Result<Vec<Mount>, Contradiction> {
        let new = |source: &str, kind: &str| Mount {
            source: source.to_owned(),
            at: at.to_owned(),
            kind: kind.to_owned(),
            part: "/".into(),
            options: options.clone(),
        };
        match origin {
            MountOrigin::Device { device, kind, part } => {
                let missing = Contradiction { what: format!("device {device}") };
                let device = self.find(device).ok_or(missing)?;
                let part = part.clone().unwrap_or_default();
                Ok(vec![Mount { part, ..new(&device.path, kind) }])
            }
            MountOrigin::Pseudo { kind } => Ok(vec![new(kind, kind)]),
            MountOrigin::Bind { from, recursive } => {
                // A machine file need not describe the mount of the root.
                let view = self.mounted_view(from).unwrap_or_else(|| new(from, "none"));
                let mut mounts = vec![Mount { at: at.to_owned(), ..view }];
                let below =
                    self.storage.mounts.iter().filter(|mount| {
                        *recursive && mount.at != *from && is_below(&mount.at, from)
                    });
                mounts.extend(below.map(|mount| Mount {
                    at: format!("{at}{}", mount.at.strip_prefix(from.as_str()).unwrap_or_default()),
                    ..mount.clone()
                }));
                Ok(mounts)
            }
        }
    }
}
