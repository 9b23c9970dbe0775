//! A plan on a machine with a thousand disks, compared with the same plan on a machine with one.

use std::process::{Command, Stdio};

use gscript::machine::{
    Content, Device, DeviceKind, Group, Hardware, MACHINE_FORMAT, Machine, Mount, PartitionEntry,
    Table, Volume, dm_name,
};
use gscript::types::{LuksVersion, TableKind};

use super::{PROGRAM, Row, timed};

const RUNS: usize = 10;
const GIB: u64 = 1 << 30;

pub fn rows() -> Vec<Row> {
    let directory = tempfile::tempdir().expect("a directory");
    let plan = |disks: usize| -> f64 {
        let file = directory.path().join(format!("{disks}.json"));
        if !file.exists() {
            let text = serde_json::to_string(&machine(disks)).expect("text");
            std::fs::write(&file, text).expect("a machine");
        }
        let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/recipes/encrypted-root.rhai");
        let sets = ["disk=/dev/target", "key_dev=/dev/stick1", "stage3=/var/tmp/stage3.tar.xz"];
        timed(|| {
            let status = Command::new(PROGRAM)
                .args(["plan", recipe, "--machine"])
                .arg(&file)
                .args(sets.iter().flat_map(|set| ["--set", set]))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()
                .expect("it starts");
            assert!(status.success());
        })
    };
    let what = "plan: 1000 disks with LUKS and LVM / one disk";
    let mut row = Row::times(what, "well under 1 s");
    for _ in 0..RUNS {
        row.ours.push(plan(1000));
        row.theirs.push(plan(1));
    }
    vec![row]
}

/// Returns a machine with a disk to install on, a stick, and this number of disks in use: each with
/// a partition, an open container on it, a volume group in that, and a mounted volume.
pub fn machine(disks: usize) -> Machine {
    let mut machine = Machine::empty();
    assert_eq!(machine.format, MACHINE_FORMAT);
    disk(&mut machine, "/dev/target", 0);
    disk(&mut machine, "/dev/stick", 1);
    let stick = partition(&mut machine, "/dev/stick", 1);
    let fat = Content::Filesystem {
        kind: "vfat".into(),
        uuid: "1234-ABCD".into(),
        label: None,
        member: None,
    };
    machine.storage.devices.get_mut(&stick).expect("the stick").content = Some(fat);
    for number in 2..disks + 2 {
        stack(&mut machine, number);
    }
    machine
}

fn uuid(number: usize, of: usize) -> String {
    format!("{number:08x}-{of:04x}-4000-8000-000000000000")
}

fn disk(machine: &mut Machine, path: &str, number: usize) {
    let mut disk = Device::new(path, 100 * GIB, DeviceKind::Disk);
    disk.hardware = Hardware {
        model: Some("Disk".into()),
        serial: Some(format!("S{number}")),
        ..Hardware::default()
    };
    disk.table = Some(Table { kind: TableKind::Gpt, id: uuid(number, 1) });
    machine.storage.aliases.insert(format!("/dev/disk/by-id/ata-Disk_S{number}"), path.to_owned());
    machine.insert(disk);
}

fn partition(machine: &mut Machine, disk: &str, number: usize) -> String {
    let path = format!("{disk}1");
    let entry = PartitionEntry {
        disk: disk.to_owned(),
        number: 1,
        start: 1 << 20,
        code: "ca7d7ccb-63ed-4c53-861c-1742536059cc".into(),
        uuid: uuid(number, 2),
        name: None,
    };
    machine.insert(Device::new(&path, 90 * GIB, DeviceKind::Partition(entry)));
    path
}

fn stack(machine: &mut Machine, number: usize) {
    let name = format!("/dev/sd{number}x");
    disk(machine, &name, number);
    let part = partition(machine, &name, number);
    machine.storage.devices.get_mut(&part).expect("the partition").content = Some(Content::Luks {
        version: LuksVersion::Luks2,
        uuid: uuid(number, 3),
        offset: 16 << 20,
        slots: vec![0],
        cipher: "aes-xts-plain64".into(),
        details: None,
    });
    let mapped = format!("/dev/mapper/enc{number}");
    let mut opened =
        Device::new(&mapped, 90 * GIB - (16 << 20), DeviceKind::Crypt { on: part, header: None });
    opened.content = Some(Content::Physical { uuid: uuid(number, 4) });
    machine.insert(opened);
    let group = format!("vg{number}");
    let volume = Volume { extents: 1024, active: true, ..Volume::default() };
    let volumes = [("data".to_owned(), volume)].into();
    let members = vec![mapped];
    let (extent, extents, free) = (4 << 20, 23035, 23035 - 1024);
    machine.storage.groups.insert(
        group.clone(),
        Group { members, extent, extents, free, volumes, ..Group::default() },
    );
    let path = dm_name(&group, "data");
    let kind = DeviceKind::Logical { group, volume: "data".into() };
    let mut data = Device::new(&path, 4 * GIB, kind);
    let ext4 = Content::Filesystem {
        kind: "ext4".into(),
        uuid: uuid(number, 5),
        label: None,
        member: None,
    };
    data.content = Some(ext4);
    machine.insert(data);
    machine.storage.mounts.push(Mount {
        source: path,
        at: format!("/srv/{number}"),
        kind: "ext4".into(),
        part: "/".into(),
        options: std::collections::BTreeSet::new(),
    });
}
