//! The identity of a device, which does not depend on its current name.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::{Device, DeviceKind, Machine};
use crate::types::{Size, printable};

/// Properties that identify a device after its name has changed, and show when its name belongs to
/// another device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The path when the identity was recorded.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Model, serial number and world wide name of the hardware, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<String>,
    /// Identifier of the partition (PARTUUID), or of the container that was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// A name that survives a reboot, such as `/dev/disk/by-id/…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<String>,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(hardware) = &self.hardware {
            write!(f, " {}", printable(hardware))?;
        }
        write!(f, ", {}", Size::bytes(self.size))
    }
}

impl Machine {
    /// Returns the identity of the device or inactive logical volume at a path.
    pub fn identity_of(&self, path: &str) -> Option<Identity> {
        if let Some(device) = self.find(path) {
            return Some(self.identity(device));
        }
        let (path, group, volume) = self.inactive(path)?;
        let size = volume.extents.saturating_mul(self.storage.groups.get(group)?.extent);
        Some(Identity { path, size, hardware: None, uuid: None, by_id: None })
    }

    /// Returns the identity of a device of this machine.
    pub fn identity(&self, device: &Device) -> Identity {
        let hardware = [
            device.hardware.model.clone(),
            device.hardware.serial.as_ref().map(|serial| format!("serial {serial}")),
            device.hardware.wwn.as_ref().map(|wwn| format!("wwn {wwn}")),
        ];
        let hardware: Vec<String> = hardware.into_iter().flatten().collect();
        let uuid = match &device.kind {
            DeviceKind::Partition(entry) => Some(entry.uuid.clone()),
            DeviceKind::Crypt { on, .. } => self
                .find(on)
                .and_then(|below| below.content.as_ref())
                .and_then(|content| content.uuid().map(str::to_owned)),
            _ => None,
        };
        Identity {
            path: device.path.clone(),
            size: device.size,
            hardware: (!hardware.is_empty()).then(|| hardware.join(" ")),
            uuid,
            by_id: self.by_id(&device.path),
        }
    }

    /// Returns the most descriptive `/dev/disk/by-id` name: `wwn-…` only if there is no better one.
    pub fn by_id(&self, path: &str) -> Option<String> {
        let ids = self
            .storage
            .aliases
            .iter()
            .filter(|(alias, target)| *target == path && alias.starts_with("/dev/disk/by-id/"))
            .map(|(alias, _)| alias);
        ids.min_by_key(|alias| {
            (alias.contains("/wwn-") || alias.contains("/nvme-eui."), alias.len())
        })
        .cloned()
    }
}
