//! What facts and releases of storage mean to the rest of the program.

use std::collections::BTreeSet;

use super::holds::array_level;
use super::{DeviceKind, MountCall, StorageFact, StorageRelease, StorageStep, group_selection};
use crate::machine::fact::{PartFact, PartRelease};
use crate::machine::files::{FileError, Files};
use crate::machine::{Cmd, Step};
use crate::machine::{
    Contradiction, Device, Fact, Group, Lifetime, Machine, Release, Scope, is_below,
};

impl PartFact for StorageFact {
    fn lifetime(&self) -> Lifetime {
        match self {
            Self::Opened { .. }
            | Self::GroupActive { active: true, .. }
            | Self::ArrayRunning { .. }
            | Self::Mounted { .. }
            | Self::Swapping { on: Some(_), .. } => Lifetime::UntilReboot,
            _ => Lifetime::Lasting,
        }
    }

    fn subject(&self) -> Option<String> {
        Some(match self {
            Self::Partitioned { disk: device, .. }
            | Self::Blank { device }
            | Self::Holds { device, .. }
            | Self::Header { device, .. } => format!("content of {device}"),
            Self::GroupMade { group, .. } | Self::GroupGone { group } => format!("group {group}"),
            Self::VolumeMade { group, volume, .. } | Self::VolumeGone { group, volume } => {
                format!("volume {group}/{volume}")
            }
            Self::Opened { .. }
            | Self::Closed { .. }
            | Self::GroupActive { .. }
            | Self::VolumeInactive { .. }
            | Self::ArrayRunning { .. }
            | Self::ArrayStopped { .. }
            | Self::Mounted { .. }
            | Self::Unmounted { .. }
            | Self::Swapping { .. } => return None,
        })
    }

    fn release(&self) -> Option<Release> {
        Some(Release::Storage(match self {
            Self::Opened { name, .. } => StorageRelease::Close { name: name.clone() },
            Self::GroupActive { group, active: true } | Self::GroupMade { group, .. } => {
                StorageRelease::Deactivate { group: group.clone() }
            }
            Self::VolumeMade { group, volume, .. } => {
                let (group, volume) = (group.clone(), volume.clone());
                StorageRelease::DeactivateVolume { group, volume }
            }
            Self::ArrayRunning { array, .. } => StorageRelease::Stop { array: array.clone() },
            Self::Mounted { at, .. } => StorageRelease::Unmount { at: at.clone() },
            Self::Swapping { device, on: Some(_) } => {
                StorageRelease::SwapOff { device: device.clone() }
            }
            _ => return None,
        }))
    }

    fn holds(&self, machine: &Machine, _files: &dyn Files) -> Option<bool> {
        Some(self.holds_on_machine(machine))
    }

    fn learn(&self, machine: &mut Machine) -> Result<(), Contradiction> {
        machine.learn_storage(self)
    }

    fn scope(&self, scope: &mut Scope) {
        let scope = &mut scope.storage;
        match self {
            Self::Partitioned { disk, parts, .. } => {
                scope.topology.insert(disk.clone());
                scope.signatures.insert(disk.clone());
                let device = Device::new(disk, 0, DeviceKind::Disk);
                scope.signatures.extend(parts.iter().map(|p| device.partition_path(p.number)));
            }
            Self::Blank { device } => {
                scope.topology.insert(device.clone());
                scope.signatures.insert(device.clone());
            }
            Self::Holds { device, .. } | Self::Header { device, .. } => {
                scope.signatures.insert(device.clone());
            }
            Self::Opened { on, name, .. } => {
                scope.topology.insert(on.clone());
                scope.signatures.insert(format!("/dev/mapper/{name}"));
            }
            Self::Closed { name } => {
                scope.topology.insert(format!("/dev/mapper/{name}"));
            }
            Self::GroupMade { group, .. }
            | Self::GroupGone { group }
            | Self::GroupActive { group, .. }
            | Self::VolumeMade { group, .. }
            | Self::VolumeInactive { group, .. }
            | Self::VolumeGone { group, .. } => {
                scope.groups.insert(group.clone());
            }
            Self::ArrayRunning { array, members, .. } => {
                scope.topology.extend(members.iter().cloned());
                scope.topology.insert(array.clone());
                scope.signatures.insert(array.clone());
            }
            Self::ArrayStopped { array } => {
                scope.topology.insert(array.clone());
            }
            Self::Mounted { at, .. } | Self::Unmounted { at } => {
                scope.mounts.insert(at.clone());
            }
            Self::Swapping { device, .. } => {
                scope.swaps.insert(device.clone());
            }
        }
    }

    fn ends(&self, old: &Fact) -> bool {
        let Fact::Storage(old) = old else { return false };
        match (self, old) {
            (Self::Unmounted { at }, Self::Mounted { at: old, .. }) => is_below(old, at),
            (Self::Closed { name }, Self::Opened { name: old, .. }) => name == old,
            (
                Self::GroupActive { group, active: false } | Self::GroupGone { group },
                Self::GroupActive { group: old, .. }
                | Self::GroupMade { group: old, .. }
                | Self::VolumeMade { group: old, .. },
            ) => group == old,
            (
                Self::VolumeInactive { group, volume } | Self::VolumeGone { group, volume },
                Self::VolumeMade { group: old, volume: known, .. },
            ) => (group, volume) == (old, known),
            (Self::ArrayStopped { array }, Self::ArrayRunning { array: old, .. }) => array == old,
            (Self::Swapping { device, on: None }, Self::Swapping { device: old, on: Some(_) }) => {
                device == old
            }
            _ => false,
        }
    }

    fn is_lost(&self, machine: &Machine) -> bool {
        match self {
            Self::Holds { device, content } | Self::Header { device, content, .. } => {
                machine.find(device).is_some_and(|found| {
                    found.content.as_ref().and_then(|content| content.uuid()) != content.uuid()
                })
            }
            Self::GroupMade { group, members, .. } => {
                let here = members.iter().all(|member| machine.find(member).is_some());
                here && !machine.storage.groups.contains_key(group)
            }
            Self::VolumeMade { group, volume, .. } => {
                let group = machine.storage.groups.get(group);
                group.is_some_and(|group| !group.volumes.contains_key(volume))
            }
            Self::Partitioned { disk, .. } => {
                machine.find(disk).is_some() && !self.holds_on_machine(machine)
            }
            _ => false,
        }
    }

    fn is_missing(&self, machine: &Machine) -> bool {
        let shown = |device: &str| machine.find(device).is_some();
        match self {
            Self::Opened { name, .. } => !shown(&format!("/dev/mapper/{name}")),
            Self::Partitioned { disk: device, .. }
            | Self::Blank { device }
            | Self::Holds { device, .. }
            | Self::Header { device, .. } => !shown(device),
            Self::GroupMade { group, .. }
            | Self::VolumeMade { group, .. }
            | Self::VolumeGone { group, .. }
            | Self::GroupGone { group } => !machine.storage.groups.contains_key(group),
            Self::ArrayRunning { array, .. } => !shown(array),
            _ => false,
        }
    }

    fn is_present(&self, machine: &Machine) -> bool {
        let system = |device: &str| machine.is_system(device);
        match self {
            Self::Mounted { at, origin, .. } => {
                let options = BTreeSet::new();
                let (at, origin) = (at.clone(), origin.clone());
                let own = ["/", "/proc", "/sys", "/dev", "/run"].contains(&at.as_str());
                !own && Self::Mounted { at, origin, options }.holds_on_machine(machine)
            }
            Self::Opened { name, .. } => {
                self.holds_on_machine(machine) && !system(&format!("/dev/mapper/{name}"))
            }
            // One that does not run keeps its members in use as well.
            Self::ArrayRunning { array, members, .. } => {
                array_level(array, members, machine).is_some() && !system(array)
            }
            Self::GroupMade { group, .. } | Self::GroupActive { group, .. } => {
                let known = machine.storage.groups.get(group);
                known.is_some_and(|known| !known.members.iter().any(|member| system(member)))
            }
            Self::VolumeMade { group, volume, .. } => {
                let known = machine.storage.groups.get(group);
                known.is_some_and(|known| {
                    known.volumes.contains_key(volume) && !known.members.iter().any(|m| system(m))
                })
            }
            Self::Swapping { .. } => self.holds_on_machine(machine),
            _ => false,
        }
    }

    fn is_about(&self, given: &[&str]) -> bool {
        let is_given = |text: &str| given.contains(&text);
        match self {
            Self::Mounted { at, .. } => {
                given.iter().any(|text| *text != "/" && text.starts_with('/') && is_below(at, text))
            }
            Self::Opened { name, on, .. } => is_given(name) || is_given(on),
            Self::GroupMade { group, .. }
            | Self::GroupActive { group, .. }
            | Self::VolumeMade { group, .. } => is_given(group),
            Self::ArrayRunning { array, members, .. } => {
                is_given(array) || members.iter().all(|member| is_given(member))
            }
            Self::Swapping { device, .. } => is_given(device),
            _ => false,
        }
    }

    fn follow_links(&mut self, files: &dyn Files) -> Result<(), FileError> {
        self.resolve_paths(files)
    }
}

impl PartRelease for StorageRelease {
    fn resulting_fact(&self) -> Fact {
        Fact::Storage(match self.clone() {
            Self::Unmount { at } => StorageFact::Unmounted { at },
            Self::SwapOff { device } => StorageFact::Swapping { device, on: None },
            Self::Deactivate { group } => StorageFact::GroupActive { group, active: false },
            Self::DeactivateVolume { group, volume } => {
                StorageFact::VolumeInactive { group, volume }
            }
            Self::Close { name } => StorageFact::Closed { name },
            Self::Stop { array } => StorageFact::ArrayStopped { array },
        })
    }

    fn step(&self, machine: &Machine) -> Step {
        // LVM would wait for a device that does not answer.
        let lvm =
            |command| Cmd::lvm(command, machine.host.udev).ignoring(&machine.unreadable_devices());
        match self {
            Self::Unmount { at } => StorageStep::Unmount { at: at.clone() }.into(),
            Self::SwapOff { device } => StorageStep::SwapOff { device: device.clone() }.into(),
            Self::Deactivate { group } => {
                Step::Run(lvm("vgchange").args(["-a", "n"]).args(group_selection(group)))
            }
            Self::DeactivateVolume { group, volume } => {
                let volume = format!("{group}/{volume}");
                Step::Run(lvm("lvchange").args(["-a", "n", &volume]))
            }
            Self::Close { name } => Step::Run(Cmd::tool("cryptsetup").args(["close", name])),
            Self::Stop { array } => Step::Run(Cmd::tool("mdadm").args(["--stop", array])),
        }
    }

    fn pending(&self, machine: &Machine) -> Vec<Release> {
        let storage = &machine.storage;
        let due = match self {
            Self::Unmount { at } => {
                let mounts = storage.mounts.iter().rev().filter(|mount| is_below(&mount.at, at));
                return mounts.map(|mount| Self::Unmount { at: mount.at.clone() }.into()).collect();
            }
            Self::SwapOff { device } => storage.swaps.contains_key(device),
            Self::Deactivate { group } => storage.groups.get(group).is_some_and(Group::active),
            Self::DeactivateVolume { group, volume } => storage
                .groups
                .get(group)
                .and_then(|group| group.volumes.get(volume))
                .is_some_and(|volume| volume.active),
            Self::Close { name } => machine.find(&format!("/dev/mapper/{name}")).is_some(),
            Self::Stop { array } => machine.find(array).is_some(),
        };
        if due { vec![self.clone().into()] } else { Vec::new() }
    }

    fn is_stacked(&self) -> bool {
        matches!(self, Self::Unmount { .. })
    }
}

impl MountCall {
    /// Returns the fact that is true after the mount.
    pub fn fact(&self) -> Fact {
        Fact::Storage(StorageFact::Mounted {
            at: self.at.clone(),
            origin: self.origin.clone(),
            options: self.flags.iter().cloned().collect(),
        })
    }
}
