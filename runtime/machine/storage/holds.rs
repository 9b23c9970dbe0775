//! Evaluation of facts about storage in the model of a machine.

use crate::machine::{
    Content, Device, DeviceKind, Machine, Mount, MountOrigin, NewPartition, StorageFact, is_below,
};

impl StorageFact {
    pub(crate) fn holds_on_machine(&self, machine: &Machine) -> bool {
        let volume = |group: &str, volume: &str| {
            machine.storage.groups.get(group).and_then(|group| group.volumes.get(volume))
        };
        match self {
            Self::Partitioned { disk, table, parts } => {
                machine.find(disk).is_some_and(|d| d.table.as_ref() == Some(table))
                    && machine.partitions(disk).len() == parts.len()
                    && parts.iter().all(|part| part.exists(machine, disk))
            }
            Self::Blank { device } => {
                machine.find(device).is_some_and(|d| d.content.is_none() && d.table.is_none())
                    && machine.partitions(device).is_empty()
            }
            Self::Header { device, guessed: true, .. } => machine
                .find(device)
                .is_some_and(|d| matches!(d.content, Some(Content::Luks { .. }))),
            Self::Holds { device, content } | Self::Header { device, content, .. } => {
                let found = machine.find(device).and_then(|d| d.content.as_ref());
                found.is_some_and(|found| found.is_as_expected(content))
            }
            Self::Opened { on, name, .. } => {
                machine.find(&format!("/dev/mapper/{name}")).is_some_and(
                    |d| matches!(&d.kind, DeviceKind::Crypt { on: below, .. } if below == on),
                )
            }
            Self::Closed { name } => machine.find(&format!("/dev/mapper/{name}")).is_none(),
            Self::GroupMade { group, members, .. } => {
                machine.storage.groups.get(group).is_some_and(|found| found.has_members(members))
            }
            Self::GroupGone { group } => !machine.storage.groups.contains_key(group),
            Self::GroupActive { group, active } => {
                machine.storage.groups.get(group).is_some_and(|found| found.is_all(*active))
            }
            Self::VolumeMade { group, volume: name, extents, kind } => volume(group, name)
                .is_some_and(|v| v.extents == *extents && v.active && v.kind == *kind),
            Self::VolumeInactive { group, volume: name } => {
                volume(group, name).is_some_and(|v| !v.active)
            }
            Self::VolumeGone { group, volume: name } => volume(group, name).is_none(),
            // An interrupted mdadm leaves an array that does not run.
            Self::ArrayRunning { array, members, level, .. } => {
                array_level(array, members, machine) == Some(level)
            }
            Self::ArrayStopped { array } => machine.find(array).is_none(),
            Self::Mounted { at, origin, options } => machine.storage.mounts.iter().any(|mount| {
                mount.at == *at
                    && origin.is_mounted_as(mount, machine)
                    && options.is_subset(&mount.options)
            }),
            Self::Unmounted { at } => {
                !machine.storage.mounts.iter().any(|mount| is_below(&mount.at, at))
            }
            Self::Swapping { device, on } => {
                machine.storage.swaps.contains_key(device) == on.is_some()
            }
        }
    }
}

/// Returns the level of an array with these members, whether it runs or not.
pub(super) fn array_level<'a>(
    array: &str,
    members: &[String],
    machine: &'a Machine,
) -> Option<&'a String> {
    let DeviceKind::Raid { members: found, level } = &machine.find(array)?.kind else {
        return None;
    };
    let same = found.len() == members.len() && members.iter().all(|m| found.contains(m));
    same.then_some(level)
}

impl NewPartition {
    /// Returns whether a device is this partition, apart from its identifier.
    pub fn is_laid_out_as(&self, device: &Device) -> bool {
        device.size == self.size
            && device.partition().is_some_and(|found| {
                (found.number, found.start) == (self.number, self.start)
                    && (&found.code, &found.name) == (&self.code, &self.name)
            })
    }

    fn exists(&self, machine: &Machine, disk: &str) -> bool {
        machine.partitions(disk).iter().any(|device| {
            device.size == self.size
                && device.partition().is_some_and(|p| {
                    p.number == self.number && p.start == self.start && p.uuid == self.uuid
                })
        })
    }
}

impl MountOrigin {
    fn is_mounted_as(&self, mount: &Mount, machine: &Machine) -> bool {
        match self {
            Self::Device { device, kind, part } => {
                let same_part = part.as_ref().is_none_or(|part| mount.part == *part);
                mount.source == *device && mount.kind == *kind && same_part
            }
            Self::Pseudo { kind } => mount.kind == *kind,
            Self::Bind { from, .. } => machine
                .mounted_view(from)
                .is_some_and(|view| view.source == mount.source && view.part == mount.part),
        }
    }
}
