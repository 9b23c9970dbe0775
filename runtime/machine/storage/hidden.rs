//! Contents of closed containers. A probe cannot see them, but a simulated run that closes and
//! reopens a container must find its contents unchanged.

use std::collections::BTreeMap;

use crate::machine::{Content, Device, DeviceKind, Group};

/// The known contents of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContainerContent {
    Blank,
    Holds(Content),
}

/// Contents of closed containers, and the groups that disappeared with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClosedContents {
    pub(super) contents: BTreeMap<String, ContainerContent>,
    pub(super) groups: BTreeMap<String, BTreeMap<String, Group>>,
    /// The devices of closed containers, in their last known state.
    pub(super) devices: BTreeMap<String, Device>,
    /// Saved headers by file, because a simulation has no bytes to read.
    pub(super) headers: BTreeMap<String, Content>,
}

impl ClosedContents {
    pub(super) fn store_content(&mut self, key: String, content: Option<Content>) {
        self.contents.insert(key, content.map_or(ContainerContent::Blank, ContainerContent::Holds));
    }

    /// Removes and returns the contents; `None` if they are unknown.
    pub(super) fn take(&mut self, key: &str) -> Option<ContainerContent> {
        self.contents.remove(key)
    }

    pub(super) fn store_device(&mut self, device: Device) {
        self.devices.insert(device.path.clone(), device);
    }

    /// Drops a device that has reappeared, or whose underlying device is gone.
    pub(super) fn drop_device(&mut self, path: &str) {
        self.devices.remove(path);
    }

    /// Drops the devices that were on a device, because it was overwritten.
    pub(super) fn drop_devices_on(&mut self, path: &str) {
        self.devices.retain(|_, device| match &device.kind {
            DeviceKind::Crypt { on } => on != path,
            DeviceKind::Raid { members, .. } => !members.iter().any(|member| member == path),
            _ => true,
        });
    }

    pub(super) fn drop_content(&mut self, key: &str) {
        self.contents.remove(key);
    }

    pub(super) fn store_groups(&mut self, device: &str, groups: BTreeMap<String, Group>) {
        if !groups.is_empty() {
            self.groups.insert(device.to_owned(), groups);
        }
    }

    pub(super) fn take_groups(&mut self, device: &str) -> BTreeMap<String, Group> {
        self.groups.remove(device).unwrap_or_default()
    }
}
