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

/// The groups that disappeared with a device.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HiddenGroups {
    /// The path of the device, which is one of their members.
    device: String,
    groups: BTreeMap<String, Group>,
}

/// Contents of closed containers, and the groups that disappeared with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClosedContents {
    pub(super) contents: BTreeMap<String, ContainerContent>,
    groups: BTreeMap<String, HiddenGroups>,
    /// The devices of closed containers, in their last known state.
    pub(super) devices: BTreeMap<String, Device>,
    /// Saved headers by file, because a simulation has no bytes to read.
    pub(super) headers: BTreeMap<String, Content>,
}

impl ClosedContents {
    /// Returns only the saved headers, which are in files that a probe finds.
    pub(super) fn headers_only(self) -> Self {
        Self { headers: self.headers, ..Self::default() }
    }

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
            DeviceKind::Crypt { on, .. } => on != path,
            DeviceKind::Raid { members, .. } => !members.iter().any(|member| member == path),
            _ => true,
        });
    }

    pub(super) fn drop_content(&mut self, key: &str) {
        self.contents.remove(key);
    }

    pub(super) fn store_groups(
        &mut self,
        key: String,
        device: &str,
        groups: BTreeMap<String, Group>,
    ) {
        if !groups.is_empty() {
            self.groups.insert(key, HiddenGroups { device: device.to_owned(), groups });
        }
    }

    /// Removes and returns the groups of a device that has reappeared, perhaps at another path.
    pub(super) fn take_groups(&mut self, key: &str, device: &str) -> BTreeMap<String, Group> {
        let Some(mut hidden) = self.groups.remove(key) else { return BTreeMap::new() };
        for group in hidden.groups.values_mut() {
            for member in group.members.iter_mut().filter(|member| **member == hidden.device) {
                device.clone_into(member);
            }
        }
        hidden.groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Fact, Machine, StorageFact};
    use crate::types::LuksVersion;

    fn container() -> Content {
        Content::Luks {
            version: LuksVersion::Luks2,
            uuid: "same".into(),
            offset: 16 << 20,
            slots: vec![0],
            cipher: "aes-xts-plain64".into(),
            details: None,
        }
    }

    /// Returns a machine with a container and a copy of it.
    fn machine() -> Machine {
        let mut machine = Machine::empty();
        for path in ["/dev/sda", "/dev/sdb"] {
            let mut disk = Device::new(path, 1 << 30, DeviceKind::Disk);
            disk.content = Some(container());
            machine.insert(disk);
        }
        machine
    }

    fn learn(machine: &mut Machine, fact: StorageFact) {
        machine.learn(&Fact::Storage(fact)).expect("a fact");
    }

    fn open(machine: &mut Machine, on: &str, name: &str) {
        let (on, name) = (on.to_owned(), name.to_owned());
        learn(machine, StorageFact::Opened { on, name, size: 1 << 29, sector: 512, header: None });
    }

    #[test]
    fn a_copy_of_a_container_has_contents_of_its_own() {
        let mut machine = machine();
        open(&mut machine, "/dev/sda", "c");
        let uuid = "volume".to_owned();
        let content = Content::Physical { uuid };
        learn(&mut machine, StorageFact::Holds { device: "/dev/mapper/c".into(), content });
        let made = StorageFact::GroupMade {
            group: "vg".into(),
            members: vec!["/dev/mapper/c".into()],
            extent: 4 << 20,
            extents: 100,
        };
        learn(&mut machine, made);
        learn(&mut machine, StorageFact::Closed { name: "c".into() });
        assert!(machine.storage.groups.is_empty());

        open(&mut machine, "/dev/sdb", "c");
        assert!(machine.storage.devices["/dev/mapper/c"].is_unseen());
        assert!(machine.storage.groups.is_empty());

        // The original has its contents again, under another name.
        open(&mut machine, "/dev/sda", "d");
        let found = machine.storage.devices["/dev/mapper/d"].content.as_ref();
        assert_eq!(found.and_then(Content::uuid), Some("volume"));
        assert_eq!(machine.storage.groups["vg"].members, ["/dev/mapper/d"]);
    }

    #[test]
    fn the_header_of_a_copy_does_not_concern_the_original() {
        let mut machine = machine();
        open(&mut machine, "/dev/sda", "c");
        learn(&mut machine, StorageFact::Blank { device: "/dev/mapper/c".into() });
        learn(&mut machine, StorageFact::Closed { name: "c".into() });
        learn(&mut machine, StorageFact::Blank { device: "/dev/sdb".into() });
        let (device, content) = ("/dev/sdb".to_owned(), container());
        learn(&mut machine, StorageFact::Header { device, content, guessed: false });
        open(&mut machine, "/dev/sdb", "b");
        assert!(machine.storage.devices["/dev/mapper/b"].is_unseen());
        open(&mut machine, "/dev/sda", "c");
        assert!(!machine.storage.devices["/dev/mapper/c"].is_unseen());
    }
}
