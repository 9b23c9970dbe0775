//! What is inside containers that are closed: no probe can see it, but a simulated run that closes
//! and opens again has to find it where it left it.

use std::collections::BTreeMap;

use crate::machine::{Content, Device, DeviceKind, Group};

/// What is known about the inside of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContainerContent {
    Blank,
    Holds(Content),
}

/// Contents of closed containers and groups that went away with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) contents: BTreeMap<String, ContainerContent>,
    pub(super) groups: BTreeMap<String, BTreeMap<String, Group>>,
    /// The devices that show the insides, as they were when they went away.
    pub(super) devices: BTreeMap<String, Device>,
    /// Copies of headers by file, for a simulation that has no bytes to read again.
    pub(super) headers: BTreeMap<String, Content>,
}

impl Hidden {
    pub(super) fn keep(&mut self, key: String, content: Option<Content>) {
        self.contents.insert(key, content.map_or(ContainerContent::Blank, ContainerContent::Holds));
    }

    /// What is inside; nothing at all if nobody knows.
    pub(super) fn take(&mut self, key: &str) -> Option<ContainerContent> {
        self.contents.remove(key)
    }

    pub(super) fn keep_device(&mut self, device: Device) {
        self.devices.insert(device.path.clone(), device);
    }

    /// A device is back, or what it was on is gone.
    pub(super) fn drop_device(&mut self, path: &str) {
        self.devices.remove(path);
    }

    /// What lay on a device is overwritten.
    pub(super) fn drop_devices_on(&mut self, path: &str) {
        self.devices.retain(|_, device| match &device.kind {
            DeviceKind::Crypt { on } => on != path,
            DeviceKind::Raid { members, .. } => !members.iter().any(|member| member == path),
            _ => true,
        });
    }

    pub(super) fn forget(&mut self, key: &str) {
        self.contents.remove(key);
    }

    pub(super) fn keep_groups(&mut self, device: &str, groups: BTreeMap<String, Group>) {
        if !groups.is_empty() {
            self.groups.insert(device.to_owned(), groups);
        }
    }

    pub(super) fn take_groups(&mut self, device: &str) -> BTreeMap<String, Group> {
        self.groups.remove(device).unwrap_or_default()
    }
}
