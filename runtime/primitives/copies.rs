//! Refuses to name a device by an identifier that a copy of it has as well.

use crate::error::{Exit, Result, Rule};
use crate::machine::{Device, Machine};

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
}

impl Rule for CopyRule {
    fn remedy(&self) -> Option<String> {
        Some("disconnect the copy; lsblk -o NAME,UUID,PARTUUID,SERIAL shows all of them".into())
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
