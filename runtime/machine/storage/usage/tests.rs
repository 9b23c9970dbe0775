//! Uses of devices, and what releases them.

use super::*;
use crate::machine::{Group, Mount, Volume, VolumeKind};

fn filesystem(uuid: &str) -> Content {
    Content::Filesystem { kind: "btrfs".into(), uuid: uuid.into(), label: None, member: None }
}

fn machine() -> Machine {
    let mut machine = Machine::empty();
    for name in ["a", "b", "c"] {
        machine.insert(Device::new(format!("/dev/sd{name}"), 1 << 30, DeviceKind::Disk));
    }
    machine
}

fn mount(machine: &mut Machine, source: &str, at: &str) {
    machine.storage.mounts.push(Mount {
        source: source.into(),
        at: at.into(),
        kind: "btrfs".into(),
        part: "/".into(),
        options: std::collections::BTreeSet::new(),
    });
}

#[test]
fn array_members_are_in_use_and_released_from_the_top() {
    let mut machine = machine();
    let members = vec!["/dev/sda".into(), "/dev/sdb".into()];
    let kind = DeviceKind::Raid { members, level: "raid1".into() };
    machine.insert(Device::new("/dev/md127", 1 << 30, kind));
    mount(&mut machine, "/dev/md127", "/mnt");
    let said: Vec<String> = machine.uses("/dev/sdb").iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["/dev/sdb is open as /dev/md127 (raid1 array)", "/dev/md127 is mounted at /mnt"]
    );
    let stop = Release::Storage(StorageRelease::Stop { array: "/dev/md127".into() });
    assert_eq!(
        machine.releases("/dev/sdb"),
        [Release::Storage(StorageRelease::Unmount { at: "/mnt".into() }), stop]
    );
    assert_eq!(machine.uses("/dev/sdc"), []);
}

#[test]
fn a_detached_header_is_in_use_while_its_container_is_open() {
    let mut machine = machine();
    let header = Content::Luks {
        version: crate::types::LuksVersion::Luks2,
        uuid: "one".into(),
        offset: 0,
        slots: vec![0],
        cipher: "aes-xts-plain64".into(),
        details: None,
    };
    machine.storage.devices.entry("/dev/sdb".into()).and_modify(|d| d.content = Some(header));
    assert_eq!(machine.uses("/dev/sdb"), []);
    let kind = DeviceKind::Crypt { on: "/dev/sda".into(), header: Some("one".into()) };
    machine.insert(Device::new("/dev/mapper/c", 1 << 30, kind));
    mount(&mut machine, "/dev/mapper/c", "/mnt");
    let said: Vec<String> = machine.uses("/dev/sdb").iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["/dev/sdb is open as /dev/mapper/c (detached header)", "/dev/mapper/c is mounted at /mnt"]
    );
    let close = Release::Storage(StorageRelease::Close { name: "c".into() });
    let unmount = Release::Storage(StorageRelease::Unmount { at: "/mnt".into() });
    assert_eq!(machine.releases("/dev/sdb"), [unmount, close]);
    assert_eq!(machine.uses("/dev/sdc"), []);
}

#[test]
fn a_file_is_in_use_as_swap_by_a_loop_device_and_as_a_header() {
    let mut machine = machine();
    let mut shown = Device::new("/dev/loop0", 1 << 20, DeviceKind::Loop);
    shown.backing_file = Some("/img".into());
    machine.insert(shown);
    mount(&mut machine, "/dev/loop0", "/mnt");
    let kind = DeviceKind::Crypt { on: "/dev/sda".into(), header: Some("one".into()) };
    machine.insert(Device::new("/dev/mapper/c", 1 << 30, kind));
    machine.storage.swaps.insert("/swap".into(), -2);
    let uses = |file: &str, header: Option<&str>| {
        let (uses, releases) = machine.file_uses(file, header);
        let mut said: Vec<String> = uses.iter().map(ToString::to_string).collect();
        said.extend(releases.iter().map(ToString::to_string));
        said
    };
    assert_eq!(uses("/swap", None), ["/swap is active swap space", "swapoff /swap"]);
    assert_eq!(
        uses("/img", None),
        [
            "/img is open as /dev/loop0 (loop device)",
            "/dev/loop0 is mounted at /mnt",
            "umount /mnt"
        ]
    );
    assert_eq!(
        uses("/header", Some("one")),
        ["/header is open as /dev/mapper/c (detached header)", "cryptsetup close c"]
    );
    assert_eq!(uses("/header", Some("two")), [""; 0]);
    assert_eq!(uses("/other", None), [""; 0]);
}

#[test]
fn every_device_of_a_btrfs_is_in_use_by_its_mount_and_swap_files() {
    let mut machine = machine();
    for path in ["/dev/sda", "/dev/sdb"] {
        machine
            .storage
            .devices
            .entry(path.into())
            .and_modify(|d| d.content = Some(filesystem("one")));
    }
    mount(&mut machine, "/dev/sda", "/mnt");
    machine.storage.swaps.insert("/mnt/swapfile".into(), -2);
    let swap = Release::Storage(StorageRelease::SwapOff { device: "/mnt/swapfile".into() });
    let releases = [swap, Release::Storage(StorageRelease::Unmount { at: "/mnt".into() })];
    for path in ["/dev/sda", "/dev/sdb"] {
        assert_eq!(machine.uses(path).len(), 2, "{path}");
        assert_eq!(machine.releases(path), releases, "{path}");
    }
    assert_eq!(machine.uses("/dev/sdc"), []);
}

#[test]
fn every_device_of_a_btrfs_root_is_the_system() {
    let mut machine = machine();
    for path in ["/dev/sda", "/dev/sdb"] {
        let holds = |device: &mut Device| device.content = Some(filesystem("one"));
        machine.storage.devices.entry(path.into()).and_modify(holds);
    }
    mount(&mut machine, "/dev/sda", "/");
    let system = ["/dev/sda", "/dev/sdb", "/dev/sdc"].map(|path| machine.is_system(path));
    assert_eq!(system, [true, true, false]);
    assert_eq!(machine.backing_devices("/root/key"), ["/dev/sda", "/dev/sdb"]);
}

#[test]
fn uses_reported_only_by_the_kernel_count() {
    let mut machine = machine();
    let held = |device: &mut Device| device.held_by = vec!["/dev/bcache0 lies on it".into()];
    machine.storage.devices.entry("/dev/sda".into()).and_modify(held);
    let on = vec!["/dev/sdb".into(), "/dev/sdc".into()];
    let kind = DeviceKind::Mapped { on, what: "mpath".into() };
    machine.insert(Device::new("/dev/mapper/mpatha", 1 << 30, kind));
    let said = |path: &str| machine.uses(path).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(said("/dev/sda"), ["/dev/sda: /dev/bcache0 lies on it"]);
    assert_eq!(said("/dev/sdc"), ["/dev/sdc is open as /dev/mapper/mpatha (multipath)"]);
    assert_eq!(machine.releases("/dev/sda"), []);
}

#[test]
fn an_active_thin_pool_uses_its_disks() {
    let mut machine = machine();
    let kind = VolumeKind::ThinPool { metadata: 1 };
    let pool = Volume { extents: 10, active: true, kind, ..Volume::default() };
    let group = Group {
        members: vec!["/dev/sda".into()],
        extent: 4 << 20,
        extents: 100,
        free: 88,
        volumes: [("pool".to_owned(), pool)].into(),
        ..Group::default()
    };
    assert_eq!(group.extents - group.allocated_extents(), group.free);
    machine.storage.groups.insert("vg".into(), group);
    assert_eq!(machine.uses("/dev/sda").len(), 1);
    assert_eq!(
        machine.releases("/dev/sda"),
        [Release::Storage(StorageRelease::Deactivate { group: "vg".into() })]
    );
}

#[test]
fn a_swap_file_is_on_the_newest_mount_at_its_mount_point() {
    let mut machine = machine();
    for path in ["/dev/sda", "/dev/sdb"] {
        mount(&mut machine, path, "/mnt");
    }
    machine.storage.swaps.insert("/mnt/swapfile".into(), -2);
    assert_eq!(machine.uses("/dev/sda").len(), 1);
    assert_eq!(machine.uses("/dev/sdb").len(), 2);
}

#[test]
fn a_missing_member_does_not_hide_the_disks_of_the_others() {
    let mut machine = machine();
    for members in [["/dev/sda", "[missing]"], ["[missing]", "/dev/sda"]] {
        let members = members.map(str::to_owned).to_vec();
        let kind = DeviceKind::Raid { members, level: "raid1".into() };
        machine.insert(Device::new("/dev/md127", 1 << 30, kind));
        let disks: Vec<&str> =
            machine.base_disks("/dev/md127").iter().map(|disk| disk.path.as_str()).collect();
        assert_eq!(disks, ["/dev/sda"]);
    }
}
