//! What btrfs prints, and what `keep` does not keep.

use super::*;
use crate::machine::{DeviceKind, Machine};
use crate::operation::Ids;
use crate::system::{Sim, System};
use crate::types::ParamValue;

/// Returns the warnings of a plan for `/dev/sda` and `/dev/sdb`, which have btrfs filesystems with
/// these labels.
fn warnings(first: Option<&str>, second: Option<&str>, keep: bool) -> Vec<String> {
    let mut machine = Machine::empty();
    for (path, label) in [("/dev/sda", first), ("/dev/sdb", second)] {
        let mut device = Device::new(path, 1 << 30, DeviceKind::Disk);
        device.content = label.map(|label| Content::Filesystem {
            kind: "btrfs".into(),
            uuid: "one".into(),
            label: Some(label.into()),
            member: None,
        });
        machine.insert(device);
    }
    let make = Make {
        devices: ["/dev/sda", "/dev/sdb"].map(DevicePath::assume_valid).to_vec(),
        profile: BtrfsProfile::Raid1,
        label: Some(Label::decode(&"data".into()).expect("a label")),
        keep,
    };
    let sim = Sim::new();
    let mut ids = Ids::new([7; 32]);
    let mut cx = Planning { machine: &machine, files: sim.files(), ids: &mut ids, terminal: false };
    make.plan(&mut cx).expect("a plan").warnings
}

#[test]
fn a_filesystem_on_some_of_the_devices_is_reported_and_not_kept() {
    let lost = |there: &str, missing: &str| {
        format!(
            "the btrfs filesystem on {there} is not on {missing}: it is not kept, and all its files are lost"
        )
    };
    assert_eq!(warnings(Some("data"), None, true), [lost("/dev/sda", "/dev/sdb")]);
    assert_eq!(warnings(Some("other"), Some("data"), true), [lost("/dev/sdb", "/dev/sda")]);
    assert_eq!(warnings(Some("data"), Some("data"), true), [""; 0]);
    assert_eq!(warnings(Some("other"), None, true), [""; 0]);
    assert_eq!(warnings(Some("data"), None, false), [""; 0]);
}

#[test]
fn missing_devices_as_btrfs_reports_them() {
    let text = "warning, device 2 is missing\nLabel: none  uuid: deaaad66-fe4b-4661-9a70-4c3402021d12\n\
        \tTotal devices 2 FS bytes used 144.00KiB\n\
        \tdevid    1 size 220.00MiB used 104.00MiB path /dev/ubda\n\t*** Some devices missing\n\n";
    assert_eq!(count_missing(text), 1);
    let newer =
        text.replace("\t*** Some", "\tdevid    2 size 0 used 0 path <missing disk> MISSING\n\t***");
    assert_eq!(count_missing(&newer), 1);
    assert_eq!(count_missing(&text.replace("devices 2", "devices 1")), 0);
    assert_eq!(count_missing(""), 0);
}

#[test]
fn the_top_level_is_no_subvolume() {
    assert_eq!(parse_subvolumes("ID 5 (FS_TREE)\n"), [""; 0]);
    assert_eq!(parse_subvolumes("ID 256 gen 7 top level 5 path @\n"), ["@"]);
}

#[test]
fn subvolumes_as_btrfs_lists_them() {
    let text = "ID 256 gen 8 top level 5 path @\nID 257 gen 8 top level 256 path @/a path\n";
    assert_eq!(parse_subvolumes(text), ["@", "@/a path"]);
}
