//! Parsers of what the system's tools and the kernel print about storage.
//!
//! They only convert text to data; [`crate::system`] runs the tools. The fixtures of the tests are
//! real output.

mod blkid;
mod lsblk;
mod luks;
mod lvm;
#[cfg(test)]
mod malformed;
mod md;
mod proc;
mod udev;
mod unreadable;

use std::collections::BTreeMap;

pub use blkid::{BlkidInfo, parse_blkid};
pub use lsblk::{LSBLK_COLUMNS, LsblkDevice, parse_lsblk};
pub use luks::{LUKS_UUID_END, luks_header_len, luks_uuid, parse_luks};
pub use lvm::parse_fullreport;
pub use md::{MD_HEADER, md_superblock_offsets, parse_md};
pub use proc::{RawMount, parse_mountinfo, parse_swaps, skipped_lines, unescape};
pub use udev::{UDEV_COLUMNS, UdevData, parse_udev};

pub use unreadable::ToolOutputError;

use crate::machine::{DeviceKind, Group, Machine, Mount, Scope};

/// The results of a probe. A field that was not probed leaves the model unchanged.
#[derive(Debug, Default)]
pub struct Findings {
    /// Block devices: all of them, or those at and below the probed devices.
    pub blocks: Option<Vec<LsblkDevice>>,
    /// Signatures of these devices.
    pub signatures: BTreeMap<String, BlkidInfo>,
    /// Volume groups.
    pub groups: Option<BTreeMap<String, Group>>,
    /// The UUIDs of the groups of active volumes, by device, if several groups have the same name.
    pub owners: BTreeMap<String, String>,
    /// Mounted filesystems.
    pub mounts: Option<Vec<RawMount>>,
    /// Active swap areas with their priorities.
    pub swaps: Option<Vec<(String, i32)>>,
    /// Symbolic links below `/dev`.
    pub aliases: Option<BTreeMap<String, String>>,
}

impl Machine {
    /// Returns the machine with the findings replacing previous knowledge of the same items.
    #[must_use]
    pub fn with_findings(&self, findings: Findings, scope: Option<&Scope>) -> Self {
        let mut machine = self.clone();
        if let Some(aliases) = findings.aliases {
            machine.storage.aliases = aliases;
        }
        if let Some(blocks) = findings.blocks {
            machine.replace_blocks(blocks, scope);
        }
        for (path, signature) in findings.signatures {
            if let Some(path) = machine.find(&path).map(|device| device.path.clone()) {
                machine.set_signature(&path, signature);
            }
        }
        if let Some(groups) = findings.groups {
            machine.replace_groups(&groups, &findings.owners);
        }
        if let Some(mounts) = findings.mounts {
            // The mounts that name network namespaces belong to the part `net`.
            let mounts = mounts.into_iter().filter(|raw| raw.kind != "nsfs");
            machine.storage.mounts = mounts.map(|raw| machine.resolve(raw)).collect();
        }
        if let Some(swaps) = findings.swaps {
            let canonical = |path: String| machine.find(&path).map_or(path, |d| d.path.clone());
            machine.storage.swaps =
                swaps.into_iter().map(|(path, prio)| (canonical(path), prio)).collect();
        }
        machine
    }

    fn replace_blocks(&mut self, blocks: Vec<LsblkDevice>, scope: Option<&Scope>) {
        let before = self.storage.devices.clone();
        let gone: Vec<String> = match scope {
            None => before.keys().cloned().collect(),
            Some(scope) => {
                let stale = |path: &&String| {
                    scope.storage.topology.iter().any(|top| self.depends_on(path, top))
                };
                before.keys().filter(stale).cloned().collect()
            }
        };
        for path in gone {
            self.storage.devices.remove(&path);
        }
        for block in blocks {
            let mut device = block.device;
            // The contents of unchanged devices are still valid; only devices in the scope are read
            // again.
            if let Some(known) = before.get(&device.path).filter(|_| scope.is_some()) {
                device.content.clone_from(&known.content);
                device.table.clone_from(&known.table);
                device.unprobed = known.unprobed;
                device.unreadable.clone_from(&known.unreadable);
                device.held_by.clone_from(&known.held_by);
                if let (DeviceKind::Partition(entry), Some(old)) =
                    (&mut device.kind, known.partition())
                {
                    entry.clone_from(old);
                }
            }
            self.storage.aliases.insert(block.kernel_path, device.path.clone());
            if !block.number.is_empty() {
                self.storage.aliases.insert(block_alias(&block.number), device.path.clone());
            }
            self.insert(device);
        }
        self.remove_pool_devices();
        // Links of udev lead to `/dev/dm-0`; make them lead to the canonical path instead.
        let kernel = self.storage.aliases.clone();
        for target in self.storage.aliases.values_mut() {
            if let Some(path) = kernel.get(target) {
                target.clone_from(path);
            }
        }
        self.storage.aliases.retain(|alias, target| alias != target);
    }

    /// Sets the contents of a device to what blkid detected.
    fn set_signature(&mut self, path: &str, signature: BlkidInfo) {
        let Some(device) = self.storage.devices.get_mut(path) else { return };
        device.table = signature.table;
        device.content = signature.content;
        device.unprobed = signature.unreadable.is_some();
        device.unreadable = signature.unreadable;
        if let (DeviceKind::Partition(entry), Some(seen)) = (&mut device.kind, signature.partition)
        {
            *entry = crate::machine::PartitionEntry { disk: entry.disk.clone(), ..seen };
        }
    }

    fn replace_groups(
        &mut self,
        groups: &BTreeMap<String, Group>,
        owners: &BTreeMap<String, String>,
    ) {
        for (path, device) in &mut self.storage.devices {
            if let (DeviceKind::Logical { group, .. }, Some(owner)) =
                (&mut device.kind, owners.get(path))
            {
                group.clone_from(owner);
            }
        }
        let logical = |device: &crate::machine::Device| match &device.kind {
            DeviceKind::Logical { group, volume } => Some((group.clone(), volume.clone())),
            _ => None,
        };
        self.storage.devices.retain(|_, device| match logical(device) {
            Some((group, volume)) => groups
                .get(&group)
                .is_none_or(|g| g.volumes.get(&volume).is_none_or(|volume| volume.active)),
            None => true,
        });
        for (name, mut group) in groups.clone() {
            for member in &mut group.members {
                if let Some(device) = self.find(member) {
                    member.clone_from(&device.path);
                }
            }
            self.storage.groups.insert(name.clone(), group.clone());
            for (volume, entry) in group.volumes.iter().filter(|(_, v)| v.active && v.has_device())
            {
                let path = group.volume_path(&name, volume);
                let size = group.bytes(entry.extents);
                if let Some(device) = self.storage.devices.get_mut(&path) {
                    device.size = size;
                    continue;
                }
                let kind = DeviceKind::Logical { group: name.clone(), volume: volume.clone() };
                let mut device = crate::machine::Device::new(path, size, kind);
                device.sector =
                    group.members.first().and_then(|m| self.find(m)).map_or(512, |d| d.sector);
                device.unprobed = true;
                self.insert(device);
            }
        }
        self.storage.groups.retain(|name, _| groups.contains_key(name));
        self.remove_pool_devices();
    }

    /// Removes the devices of thin pools. The kernel has a device for each pool, which shows the
    /// beginning of the first volume that was written and must not be used.
    fn remove_pool_devices(&mut self) {
        let groups = &self.storage.groups;
        self.storage.devices.retain(|_, device| match &device.kind {
            DeviceKind::Logical { group, volume } => groups
                .get(group)
                .and_then(|group| group.volumes.get(volume))
                .is_none_or(crate::machine::Volume::has_device),
            _ => true,
        });
    }

    /// Converts a mount and finds its device.
    fn resolve(&self, raw: RawMount) -> Mount {
        // btrfs reports a number that belongs to no device; the source is used instead.
        let device = self.find(&block_alias(&raw.number)).or_else(|| self.find(&raw.source));
        // If a filesystem spans several devices, the kernel may name any of them.
        let device = device.and_then(|device| self.same_filesystem(device).into_iter().next());
        let source = device.map_or(raw.source, |device| device.path.clone());
        Mount { source, at: raw.at, kind: raw.kind, part: raw.part, options: raw.options }
    }
}

/// Returns udev's name for a device number: `/dev/block/8:1`.
fn block_alias(number: &str) -> String {
    format!("/dev/block/{number}")
}
