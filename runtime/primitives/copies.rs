//! Refuses to name a device by an identifier that a copy of it has as well.

use crate::error::{Exit, Result, Rule};
use crate::machine::{Content, Device, Group, Machine};

/// A violated rule about identifiers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyRule {
    /// Another device has the same identifier.
    #[error("the identifier of {device} is on {} as well: it is undefined which of them is used", copies.join(" and "))]
    Named {
        /// The device.
        device: String,
        /// The other devices.
        copies: Vec<String>,
    },
    /// The kernel chooses a device of the filesystem by its identifier.
    #[error(
        "cannot mount {device}: {} have the identifiers of one {kind} filesystem, and the kernel \
        chooses which of them it uses",
        devices.join(", ")
    )]
    Chosen {
        /// The device.
        device: String,
        /// The type of the filesystem.
        kind: String,
        /// All devices with the identifiers.
        devices: Vec<String>,
    },
    /// LVM chooses a device of the physical volume by its identifier.
    #[error(
        "cannot use volume group {group}: {} have the identifier of one physical volume, and LVM \
        chooses which of them it uses",
        devices.join(", ")
    )]
    Group {
        /// The name of the volume group.
        group: String,
        /// All devices with the identifier.
        devices: Vec<String>,
    },
    /// mdadm chooses a device of the member by its identifier.
    #[error(
        "cannot use array {array}: {} have the identifiers of one member, and mdadm chooses which \
        of them it uses",
        devices.join(", ")
    )]
    Array {
        /// The name or the UUID of the array.
        array: String,
        /// All devices with the identifiers.
        devices: Vec<String>,
    },
}

impl Rule for CopyRule {
    fn remedy(&self) -> Option<String> {
        let list = "disconnect the copy; lsblk -o NAME,UUID,PARTUUID,SERIAL shows all of them";
        Some(match self {
            Self::Named { .. } | Self::Chosen { .. } | Self::Array { .. } => list.into(),
            Self::Group { .. } => format!(
                "{list}; or give the copy a name and identifiers of its own: see vgimportclone(8)"
            ),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// Refuses a device whose identifier does not name it alone.
pub(super) fn reject_copies(device: &Device, machine: &Machine) -> Result<()> {
    let mut copies = machine.copied_filesystem(device);
    copies.retain(|path| *path != device.path);
    match copies.is_empty() {
        true => Ok(()),
        false => Err(CopyRule::Named { device: device.path.clone(), copies }.into()),
    }
}

/// Refuses to mount a filesystem that the kernel identifies by its UUID, if there are copies of it.
/// It registers devices of btrfs by their identifiers, whichever path it is given. Of xfs it mounts
/// one at a time.
pub(super) fn reject_mount_of_copies(
    device: &Device,
    machine: &Machine,
    options: &[String],
) -> Result<()> {
    let kind = device.content.as_ref().map_or("", |content| content.kind());
    let devices = machine.copied_filesystem(device);
    let is_mounted = |path: &String| {
        *path != device.path && machine.storage.mounts.iter().any(|mount| mount.source == *path)
    };
    let refused = match kind {
        "btrfs" => !devices.is_empty(),
        "xfs" => devices.iter().any(is_mounted) && !options.iter().any(|option| option == "nouuid"),
        _ => false,
    };
    match refused {
        true => {
            let (device, kind) = (device.path.clone(), kind.to_owned());
            Err(CopyRule::Chosen { device, kind, devices }.into())
        }
        false => Ok(()),
    }
}

/// Returns a device and its copies, sorted; empty if there are none.
fn with_copies(device: &Device, machine: &Machine) -> Vec<String> {
    let copies = machine.copies(device);
    let own = (!copies.is_empty()).then(|| device.path.clone());
    let mut devices: Vec<String> = copies.iter().map(|copy| copy.path.clone()).chain(own).collect();
    devices.sort();
    devices
}

/// Refuses a device that LVM does not use as a physical volume because there are copies of it.
pub(super) fn reject_copied_volume(group: &str, device: &Device, machine: &Machine) -> Result<()> {
    let devices = match device.content {
        Some(Content::Physical { .. }) => with_copies(device, machine),
        _ => Vec::new(),
    };
    match devices.is_empty() {
        true => Ok(()),
        false => Err(CopyRule::Group { group: group.to_owned(), devices }.into()),
    }
}

/// Refuses an array if there are copies of its members. mdadm takes the first one that it finds of
/// each, and ignores the others.
pub(super) fn reject_copied_members(
    array: &str,
    members: &[&Device],
    machine: &Machine,
) -> Result<()> {
    let copied = members.iter().map(|member| with_copies(member, machine));
    match copied.into_iter().find(|devices| !devices.is_empty()) {
        None => Ok(()),
        Some(devices) => Err(CopyRule::Array { array: array.to_owned(), devices }.into()),
    }
}

/// Refuses to activate or change a group if there are copies of its physical volumes. LVM refuses
/// to activate it, but changes the one that it has chosen.
pub(super) fn reject_copied_group(name: &str, group: &Group, machine: &Machine) -> Result<()> {
    let mut members = group.members.iter().filter_map(|member| machine.find(member));
    members.try_for_each(|member| reject_copied_volume(name, member, machine))
}
