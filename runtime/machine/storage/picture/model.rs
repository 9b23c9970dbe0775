//! The contents of a diagram: a block for everything that has a size, nested in the block that
//! contains it.

use std::collections::BTreeSet;

use crate::machine::storage::layout::{describe, mount_points, root_devices};
use crate::machine::{Content, Device, DeviceKind, Group, Machine};
use crate::types::{MIB, Size, printable};

/// The type of a block, which determines its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Disk,
    Partition,
    Opened,
    Volume,
    Free,
}

/// A block and the blocks in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DiagramBlock {
    /// Its name, which is never omitted.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Its properties: content, label, mount points.
    pub details: Vec<String>,
    pub tone: BlockKind,
    /// The inner blocks, side by side.
    pub parts: Vec<DiagramBlock>,
}

/// Returns the blocks of these disks, or of all disks.
pub(super) fn blocks(machine: &Machine, disks: &[&str]) -> Vec<DiagramBlock> {
    let mut drawn = BTreeSet::new();
    root_devices(machine, disks).into_iter().map(|disk| block(machine, disk, &mut drawn)).collect()
}

fn block(machine: &Machine, device: &Device, drawn: &mut BTreeSet<String>) -> DiagramBlock {
    let mut facts = describe(machine, device);
    let mut parts = with_gaps(machine, device, drawn);
    for child in machine.children(&device.path) {
        match &child.kind {
            DeviceKind::Partition(_) | DeviceKind::Logical { .. } => {}
            // A device on several others is drawn in the first of them.
            _ if !drawn.insert(child.path.clone()) => facts.push(format!("in {}", child.name())),
            _ => parts.push(block(machine, child, drawn)),
        }
    }
    let group = match &device.content {
        Some(Content::Physical { .. }) => {
            machine.storage.groups.iter().find(|(_, group)| group.members.contains(&device.path))
        }
        _ => None,
    };
    if let Some((name, group)) = group
        && drawn.insert(format!("group {name}"))
    {
        parts.extend(volumes(machine, name, group, drawn));
    }
    facts.extend(mount_points(machine, device));
    let (name, tone) = match &device.kind {
        DeviceKind::Disk | DeviceKind::Rom | DeviceKind::Loop => (device.name(), BlockKind::Disk),
        DeviceKind::Partition(_) => (device.name(), BlockKind::Partition),
        DeviceKind::Logical { volume, .. } => (volume.as_str(), BlockKind::Volume),
        DeviceKind::Crypt { .. } | DeviceKind::Raid { .. } | DeviceKind::Mapped { .. } => {
            (device.name(), BlockKind::Opened)
        }
    };
    DiagramBlock { name: printable(name), size: device.size, details: facts, tone, parts }
}

/// Returns the partitions of a disk and the free space between them.
fn with_gaps(machine: &Machine, disk: &Device, drawn: &mut BTreeSet<String>) -> Vec<DiagramBlock> {
    let mut partitions = machine.partitions(&disk.path);
    let start = |device: &Device| device.partition().map_or(0, |entry| entry.start);
    partitions.sort_by_key(|device| start(device));
    let mut parts = Vec::new();
    let mut next = 0;
    // Smaller gaps are due to alignment or contain the table, and cannot be used.
    let min_gap = (64 * MIB).min(disk.size / 200).max(2 * MIB);
    let gap = |from: u64, to: u64| {
        let size = to.saturating_sub(from);
        (size >= min_gap).then(|| free(size))
    };
    for device in partitions {
        parts.extend(gap(next, start(device)));
        parts.push(block(machine, device, drawn));
        next = next.max(start(device).saturating_add(device.size));
    }
    if !parts.is_empty() {
        parts.extend(gap(next, disk.size));
    }
    parts
}

fn volumes(
    machine: &Machine,
    name: &str,
    group: &Group,
    drawn: &mut BTreeSet<String>,
) -> Vec<DiagramBlock> {
    let mut parts: Vec<DiagramBlock> = group
        .volumes
        .iter()
        .map(|(volume, entry)| match machine.find(&group.volume_path(name, volume)) {
            Some(device) => block(machine, device, drawn),
            None => DiagramBlock {
                name: printable(volume),
                size: entry.extents.saturating_mul(group.extent),
                details: vec!["inactive".into()],
                tone: BlockKind::Volume,
                parts: Vec::new(),
            },
        })
        .collect();
    if group.free > 0 {
        parts.push(free(group.free.saturating_mul(group.extent)));
    }
    parts
}

fn free(size: u64) -> DiagramBlock {
    DiagramBlock {
        name: "free".into(),
        size,
        details: Vec::new(),
        tone: BlockKind::Free,
        parts: Vec::new(),
    }
}

impl DiagramBlock {
    /// Returns the size in human-readable units.
    pub fn shown_size(&self) -> String {
        Size::bytes(self.size).to_string()
    }
}
