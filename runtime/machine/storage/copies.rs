//! Devices that share an identifier, because one is a copy of another: a disk copied with dd, a
//! snapshot of a volume. An identifier then names none of them.

use crate::machine::{Content, Device, DeviceKind, Machine};

impl Content {
    /// Returns whether two devices with this content cannot have the same identifiers unless one is
    /// a copy of the other.
    pub(super) fn is_unique(&self) -> bool {
        let shared = match self.kind() {
            "zfs_member" => true,
            "btrfs" | "linux_raid_member" => self.member().is_none(),
            _ => false,
        };
        !shared && self.uuid().is_some_and(|uuid| !uuid.is_empty())
    }
}

impl Machine {
    /// Returns the other devices with the identifier of this one, which are copies of it.
    ///
    /// Members of one array share an identifier without being copies, and so do the devices of one
    /// btrfs: each has another identifier as a member.
    pub fn copies(&self, device: &Device) -> Vec<&Device> {
        self.storage.devices.values().filter(|other| self.are_copies(device, other)).collect()
    }

    fn are_copies(&self, device: &Device, other: &Device) -> bool {
        let contents = |one: &Content, other: &Content| {
            one.is_unique()
                && (one.kind(), one.uuid(), one.member())
                    == (other.kind(), other.uuid(), other.member())
        };
        let same = match (&device.content, &other.content) {
            (Some(content), other) if content.identifier().is_some() => {
                other.as_ref().is_some_and(|other| contents(content, other))
            }
            // Without contents that have an identifier, a partition is named by its PARTUUID.
            _ => device
                .partition()
                .zip(other.partition())
                .is_some_and(|(one, other)| !one.uuid.is_empty() && one.uuid == other.uuid),
        };
        // The same contents are visible on a device and on a mapping of all of it.
        same && device.path != other.path && !self.share_a_mapping(device, other)
    }

    /// Returns whether one device lies on the other, or one device lies on both, or on the disks of
    /// both partitions.
    pub(super) fn share_a_mapping(&self, device: &Device, other: &Device) -> bool {
        if self.is_of_mapped_disk(device) || self.is_of_mapped_disk(other) {
            return true;
        }
        let above = |device: &Device| -> Vec<&str> {
            let above = self.descendants(&device.path).into_iter().map(|d| d.path.as_str());
            above.collect()
        };
        let (mut one, mut two) = (above(device), above(other));
        one.push(&device.path);
        two.push(&other.path);
        one.iter().any(|path| two.contains(path))
    }

    /// Returns whether this is a partition of a disk that is a path or a member of another device,
    /// which has the same partitions.
    fn is_of_mapped_disk(&self, device: &Device) -> bool {
        let is_mapping = |device: &&Device| {
            matches!(device.kind, DeviceKind::Mapped { .. } | DeviceKind::Raid { .. })
        };
        device.partition().is_some_and(|entry| self.children(&entry.disk).iter().any(is_mapping))
    }

    /// Returns the devices of the filesystem on this device together with their copies, if there is
    /// any copy.
    pub fn copied_filesystem(&self, device: &Device) -> Vec<String> {
        let devices = self.same_filesystem(device);
        if devices.iter().all(|device| self.copies(device).is_empty()) {
            return Vec::new();
        }
        let copies = devices.iter().flat_map(|device| self.copies(device));
        let mut paths: Vec<String> =
            copies.chain(devices.iter().copied()).map(|device| device.path.clone()).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Returns the devices that a link such as `/dev/disk/by-uuid/…` can refer to, if the path is
    /// one: none that the model knows, one, or several copies.
    pub(super) fn by_property(&self, path: &str) -> Option<Vec<&Device>> {
        let (how, value) = path.strip_prefix("/dev/disk/by-")?.split_once('/')?;
        let matches = |device: &&Device| match how {
            "uuid" => device.content.as_ref().and_then(Content::uuid) == Some(value),
            "label" => device.content.as_ref().and_then(Content::label) == Some(value),
            "partuuid" => device.partition().is_some_and(|p| p.uuid == value),
            "partlabel" => device.partition().is_some_and(|p| p.name.as_deref() == Some(value)),
            _ => false,
        };
        if !["uuid", "label", "partuuid", "partlabel"].contains(&how) {
            return None;
        }
        let mut found: Vec<&Device> = self.storage.devices.values().filter(matches).collect();
        if found.len() > 1 && !self.is_ambiguous(&found) {
            found.truncate(1);
        }
        Some(found)
    }

    /// Returns whether these devices are different ones, and not those of one filesystem or array.
    fn is_ambiguous(&self, devices: &[&Device]) -> bool {
        let [first, rest @ ..] = devices else { return false };
        let as_one = |other: &&Device| {
            let same = self.same_filesystem(first).iter().any(|one| one.path == other.path);
            let members = matches!(
                (&first.content, &other.content),
                (Some(Content::RaidMember { uuid, .. }), Some(Content::RaidMember { uuid: two, .. })) if uuid == two
            );
            same || members || self.share_a_mapping(first, other)
        };
        !rest.iter().all(as_one) || !self.copied_filesystem(first).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(path: &str, content: Content) -> Device {
        let mut device = Device::new(path, 1 << 30, DeviceKind::Disk);
        device.content = Some(content);
        device
    }

    fn filesystem(kind: &str, member: Option<&str>) -> Content {
        let member = member.map(str::to_owned);
        Content::Filesystem { kind: kind.into(), uuid: "same".into(), label: None, member }
    }

    fn machine(devices: impl IntoIterator<Item = Device>) -> Machine {
        let mut machine = Machine::empty();
        for device in devices {
            machine.insert(device);
        }
        machine
    }

    fn copies(machine: &Machine, path: &str) -> Vec<String> {
        let device = machine.find(path).expect("a device");
        machine.copies(device).iter().map(|copy| copy.path.clone()).collect()
    }

    #[test]
    fn devices_of_one_btrfs_are_no_copies_and_a_copied_device_is() {
        let mut machine = machine([
            disk("/dev/a", filesystem("btrfs", Some("1"))),
            disk("/dev/b", filesystem("btrfs", Some("2"))),
        ]);
        assert!(copies(&machine, "/dev/a").is_empty());
        let uuid = "/dev/disk/by-uuid/same";
        assert_eq!(machine.find(uuid).expect("the filesystem").path, "/dev/a");
        machine.insert(disk("/dev/c", filesystem("btrfs", Some("1"))));
        assert_eq!(copies(&machine, "/dev/a"), ["/dev/c"]);
        assert!(copies(&machine, "/dev/b").is_empty());
        let shared = "btrfs filesystem same also lies on";
        let caution = |path: &str| machine.cautions(path).iter().any(|one| one.starts_with(shared));
        // The copy was of one device of two; the other belongs to either of them.
        assert_eq!(["/dev/a", "/dev/b", "/dev/c"].map(caution), [true, true, true]);
        let device = machine.find("/dev/b").expect("a device");
        assert_eq!(machine.copied_filesystem(device), ["/dev/a", "/dev/b", "/dev/c"]);
        assert_eq!(machine.find(uuid), None);
    }

    #[test]
    fn a_copied_btrfs_does_not_lie_on_the_original() {
        let machine = machine([
            disk("/dev/a", filesystem("btrfs", Some("1"))),
            disk("/dev/b", filesystem("btrfs", Some("1"))),
        ]);
        let cautions = machine.cautions("/dev/b");
        assert!(!cautions.iter().any(|one| one.contains("also lies on")), "{cautions:?}");
    }

    #[test]
    fn members_of_one_array_are_no_copies_and_a_copied_member_is() {
        let member = |id: &str| Content::RaidMember {
            uuid: "same".into(),
            name: "data".into(),
            level: "raid1".into(),
            devices: 2,
            share: 1 << 29,
            member: (!id.is_empty()).then(|| id.to_owned()),
        };
        let mut machine = machine([disk("/dev/a", member("1")), disk("/dev/b", member("2"))]);
        assert!(copies(&machine, "/dev/a").is_empty());
        machine.insert(disk("/dev/c", member("2")));
        assert_eq!(copies(&machine, "/dev/b"), ["/dev/c"]);
        assert!(copies(&machine, "/dev/a").is_empty());
        // A plan does not know which identifiers mdadm will choose.
        for path in ["/dev/a", "/dev/b", "/dev/c"] {
            machine.insert(disk(path, member("")));
        }
        assert!(copies(&machine, "/dev/b").is_empty());
    }

    #[test]
    fn two_filesystems_with_one_identifier_are_copies() {
        let mut machine = machine([
            disk("/dev/a", filesystem("ext4", None)),
            disk("/dev/b", filesystem("ext4", None)),
        ]);
        assert_eq!(copies(&machine, "/dev/a"), ["/dev/b"]);
        // A link that udev has set to either of them does not decide.
        machine.storage.aliases.insert("/dev/disk/by-uuid/same".into(), "/dev/b".into());
        assert_eq!(machine.find("/dev/disk/by-uuid/same"), None);
        let path = crate::types::DevicePath::assume_valid("/dev/disk/by-uuid/same");
        let error = machine.device(&path).expect_err("ambiguous").to_string();
        assert_eq!(error, "/dev/disk/by-uuid/same is ambiguous: it can be /dev/a or /dev/b");
    }

    #[test]
    fn a_mapping_of_a_whole_disk_is_no_copy() {
        let on = vec!["/dev/a".to_owned(), "/dev/b".to_owned()];
        let mut above =
            Device::new("/dev/mapper/m", 1 << 30, DeviceKind::Mapped { on, what: "mpath".into() });
        above.content = Some(filesystem("ext4", None));
        let machine = machine([
            disk("/dev/a", filesystem("ext4", None)),
            disk("/dev/b", filesystem("ext4", None)),
            above,
        ]);
        assert!(
            copies(&machine, "/dev/a").is_empty() && copies(&machine, "/dev/mapper/m").is_empty()
        );
    }
}
