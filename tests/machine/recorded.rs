//! Machines with unusual hardware: the output of lsblk, blkid and LVM is parsed as on that machine,
//! written as `gscript probe` does, read again, and small recipes are planned on it.
//!
//! Each directory of `tests/recorded` is a machine. Its files are written after public reports, in
//! the format of util-linux 2.38 and LVM 2.03: `lsblk.json`, `blkid.txt`, and, where the machine has
//! any, `lvm.json`, `mountinfo` and `swaps`. `unreadable.txt` names devices that cannot be read, with
//! the error; `-` is a drive without a medium.

use std::collections::BTreeMap;
use std::fs;

use gscript::machine::probe::{
    BlkidInfo, Findings, parse_blkid, parse_fullreport, parse_lsblk, parse_mountinfo, parse_swaps,
};
use gscript::machine::{DeviceKind, Machine};

use crate::support::dsl::{Test, project};

/// The output of the tools on a machine.
#[derive(Default)]
pub struct ToolOutputs {
    pub lsblk: String,
    pub blkid: String,
    pub lvm: Option<String>,
    pub mountinfo: String,
    pub swaps: String,
    pub unreadable: BTreeMap<String, String>,
}

impl ToolOutputs {
    fn recorded(name: &str) -> Self {
        let directory = project("tests/recorded").join(name);
        let read = |file: &str| fs::read_to_string(directory.join(file)).ok();
        let text = |file: &str| read(file).unwrap_or_default();
        let pair = |line: &str| {
            let (path, why) = line.split_once(' ').expect("a device and an error");
            (path.to_owned(), why.to_owned())
        };
        Self {
            lsblk: read("lsblk.json").expect("the output of lsblk"),
            blkid: text("blkid.txt"),
            lvm: read("lvm.json"),
            mountinfo: text("mountinfo"),
            swaps: text("swaps"),
            unreadable: text("unreadable.txt").lines().map(pair).collect(),
        }
    }

    /// Returns the machine that a probe finds.
    pub fn machine(&self) -> Machine {
        let mut machine = Machine::empty();
        let blocks = parse_lsblk(self.lsblk.as_bytes(), &mut machine.host.notes).expect("devices");
        let blocks = Findings { blocks: Some(blocks), ..Findings::default() };
        machine = machine.with_findings(blocks, None);
        let readable = machine.storage.devices.values().filter(|device| device.size > 0);
        let asked: Vec<&str> = readable.map(|device| device.path.as_str()).collect();
        let mut signatures = parse_blkid(&asked, &self.blkid, "");
        for (path, why) in &self.unreadable {
            match why.as_str() {
                "-" => signatures.remove(path),
                why => signatures.insert(path.clone(), BlkidInfo::unreadable(why)),
            };
        }
        let signatures = Findings { signatures, ..Findings::default() };
        machine = machine.with_findings(signatures, None);
        let groups = self
            .lvm
            .as_ref()
            .map(|text| parse_fullreport(text.as_bytes(), &mut machine.host.notes));
        let rest = Findings {
            groups: groups.map(|groups| groups.expect("volume groups")),
            mounts: Some(parse_mountinfo(self.mountinfo.as_bytes())),
            swaps: Some(parse_swaps(self.swaps.as_bytes())),
            ..Findings::default()
        };
        machine = machine.with_findings(rest, None);
        machine.note_contradictions();
        machine
    }
}

/// Returns the machine as `gscript probe` writes it.
#[track_caller]
pub fn written(machine: &Machine) -> String {
    let text = serde_json::to_string_pretty(machine).expect("text");
    assert_eq!(Machine::read(&text).as_ref(), Ok(machine));
    text
}

/// A recipe of one line, and what planning it ends with: the exit code, and a part of the plan or of
/// the error.
type Planned = (&'static str, i32, &'static str);

const MACHINES: &[(&str, &[Planned])] = &[
    (
        "bcache",
        &[
            (r#"disk::wipe("/dev/sda")"#, 3, "/dev/sda is open as /dev/bcache0 (bcache)"),
            (r#"fs::make("/dev/bcache0")"#, 3, "/dev/bcache0 is mounted at /mnt/home"),
        ],
    ),
    (
        "cached-volume",
        &[
            (r#"disk::wipe("/dev/nvme0n1")"#, 3, "/dev/nvme0n1 is open as /dev/mapper/vg-root"),
            (r#"fs::make("/dev/mapper/vg-root")"#, 0, "$ mkfs.ext4"),
        ],
    ),
    (
        "cloned-disk",
        &[
            (r#"disk::wipe("/dev/sda")"#, 0, "is also the identifier of /dev/sda1"),
            ("print(1)", 0, "there is no device \"/dev/sdc1\""),
        ],
    ),
    (
        "copied-btrfs",
        &[
            (
                r#"mount::mount("/dev/sdb1", "/mnt/x")"#,
                3,
                "/dev/sda1, /dev/sdb1 have the identifiers of one btrfs filesystem",
            ),
            (
                r#"print(boot::cmdline("/dev/sda1"))"#,
                3,
                "the identifier of /dev/sda1 is on /dev/sdb1 as well",
            ),
            (
                r#"fs::make("/dev/disk/by-partuuid/00000051-1d0c-4a5e-9b3f-5c7e12a00051")"#,
                2,
                "is ambiguous: it can be /dev/sda1 or /dev/sdb1",
            ),
            (r#"fs::make("/dev/sdb1")"#, 0, "is also the identifier of /dev/sda1"),
        ],
    ),
    (
        "copied-physical-volume",
        &[
            (
                r#"lvm::vg_activate("data")"#,
                3,
                "/dev/sda, /dev/sdb have the identifier of one physical volume",
            ),
            (r#"lvm::lv_remove("data", "home")"#, 3, "LVM chooses which of them it uses"),
            (r#"lvm::lv_create("data", "new", "1G")"#, 3, "vgimportclone(8)"),
            (r#"lvm::vg_create("new", ["/dev/sdb"])"#, 3, "cannot use volume group new"),
            // The copy becomes the volume of the group.
            (
                r#"disk::wipe("/dev/sda"); lvm::vg_activate("data"); disk::wipe("/dev/sdb")"#,
                3,
                "/dev/sdb is open as /dev/mapper/data-home (volume group data)",
            ),
            (r#"lvm::vg_create("new", [lvm::pv_create("/dev/sdb")])"#, 0, "$ lvm vgcreate"),
        ],
    ),
    (
        "dasd",
        &[
            (r#"fs::make("/dev/dasdb1")"#, 0, "$ mkfs.ext4"),
            (r#"fs::make("/dev/dasda1")"#, 3, "/dev/dasda1 holds the running system"),
            (r#"print(disk::info("/dev/dasda").content)"#, 0, "dasd partition table"),
            (r#"disk::partition("/dev/dasdb", [#{ size: "rest" }])"#, 2, "dasd"),
        ],
    ),
    ("ddf", &[(r#"disk::wipe("/dev/sda")"#, 0, "/dev/sda belongs to a firmware RAID")]),
    (
        "drbd",
        &[
            (r#"disk::wipe("/dev/sda")"#, 3, "/dev/sda1 is open as /dev/drbd0 (DRBD)"),
            (r#"fs::make("/dev/sda2")"#, 3, "/dev/sda2 is open as /dev/drbd1 (DRBD)"),
            (r#"fs::make("/dev/drbd0")"#, 3, "/dev/drbd0 is mounted at /srv/cluster"),
            (r#"fs::make("/dev/drbd1")"#, 3, "the contents of /dev/drbd1 are unknown"),
            (r#"mount::mount("/dev/sda1", "/mnt/x")"#, 2, "cannot mount /dev/sda1: holds drbd"),
            (r#"print(disk::holders("/dev/sda"))"#, 0, "/dev/sda2 is open as /dev/drbd1 (DRBD)"),
        ],
    ),
    (
        "emmc",
        &[
            (r#"fs::make("/dev/mmcblk0boot0")"#, 3, "/dev/mmcblk0boot0 is write-protected"),
            (r#"fs::make("/dev/mmcblk0p2")"#, 0, "$ mkfs.ext4"),
            (
                r#"print(disk::info("/dev/mmcblk0").partitions)"#,
                0,
                r#"["/dev/mmcblk0p1", "/dev/mmcblk0p2"]"#,
            ),
        ],
    ),
    (
        "external-journal",
        &[
            (
                r#"disk::wipe("/dev/sda")"#,
                0,
                "/dev/sda belongs to an ext4 filesystem, which has its journal there",
            ),
            (r#"disk::wipe("/dev/sdb")"#, 0, "/dev/sdb1 belongs to a VDO volume"),
        ],
    ),
    (
        "failing-disk",
        &[
            (r#"disk::wipe("/dev/sda")"#, 3, "the contents of /dev/sda are unknown: I/O error"),
            (
                r#"luks::format("/dev/sda2", #{ key: "/k" })"#,
                3,
                "the contents of /dev/sda2 are unknown: no answer within 60 s",
            ),
            (r#"mount::mount("/dev/sda1", "/mnt/old")"#, 0, "$ mount -t ext4 /dev/sda1"),
            (r#"fs::make("/dev/sdb")"#, 0, "warning: the contents of /dev/sda are unknown"),
        ],
    ),
    (
        "floppy-and-optical",
        &[
            (r#"mount::mount("/dev/sr0", "/mnt/cd")"#, 0, "$ mount -o ro -t iso9660 /dev/sr0"),
            (r#"fs::make("/dev/sr0")"#, 3, "/dev/sr0 is write-protected"),
            (r#"mount::mount("/dev/sr1", "/mnt/cd")"#, 0, "$ mount -t auto"),
            (r#"fs::make("/dev/fd0", #{ kind: "vfat" })"#, 0, "destroys everything on /dev/fd0"),
        ],
    ),
    (
        "group-without-a-disk",
        &[(r#"disk::wipe("/dev/sda")"#, 0, "volume group data also lies on [unknown]")],
    ),
    (
        "hybrid-stick",
        &[
            (r#"disk::wipe("/dev/sdb")"#, 3, "/dev/sdb1 is mounted at /mnt/cdrom"),
            (r#"fs::make("/dev/sdb2")"#, 3, "/dev/sdb1 is mounted at /mnt/cdrom"),
            (r#"mount::mount("/dev/sdb", "/mnt/b")"#, 0, "$ mount -o ro -t iso9660 /dev/sdb"),
            (r#"mount::mount("/dev/sdb2", "/mnt/efi")"#, 0, "$ mount -t vfat /dev/sdb2"),
            (r#"mount::mount("/dev/loop0", "/mnt/l")"#, 0, "-o ro -t squashfs /dev/loop0"),
        ],
    ),
    (
        "intel-rst",
        &[
            (r#"disk::wipe("/dev/sda")"#, 3, "/dev/sda is open as /dev/md126 (raid1 array)"),
            (r#"fs::make("/dev/md126p1")"#, 0, "$ mkfs.ext4"),
        ],
    ),
    (
        "mac",
        &[
            (r#"mount::mount("/dev/sda2", "/mnt/m")"#, 2, "cannot mount /dev/sda2: holds apfs"),
            (r#"mount::mount("/dev/sda3", "/mnt/m")"#, 0, "$ mount -t hfsplus /dev/sda3"),
        ],
    ),
    (
        "multipath",
        &[
            (r#"disk::wipe("/dev/sda")"#, 3, "/dev/sda is open as /dev/mapper/mpatha (multipath)"),
            (r#"fs::make("/dev/mapper/mpatha-part2")"#, 0, "$ mkfs.ext4"),
        ],
    ),
    (
        "network-and-memory",
        &[
            (r#"fs::make("/dev/zram0")"#, 3, "/dev/zram0 is active swap space"),
            (r#"fs::make("/dev/nbd0")"#, 3, "/dev/nbd0 is mounted at /mnt/nbd"),
            (r#"fs::make("/dev/rbd0p1")"#, 0, "$ mkfs.ext4"),
            (r#"disk::partition("/dev/sdc", [#{ size: "rest" }])"#, 0, "$ sfdisk"),
        ],
    ),
    (
        "nvme-namespaces",
        &[(r#"disk::partition("/dev/nvme0n2", [#{ size: "rest" }])"#, 0, "eui.0025384331400002")],
    ),
    (
        "sectors-of-4k",
        &[(
            r#"disk::partition("/dev/nvme0n1", [#{ size: "rest" }])"#,
            0,
            "start=256, size=234422784",
        )],
    ),
    (
        "shared-group",
        &[
            (
                r#"disk::wipe("/dev/sdb")"#,
                0,
                "volume group cluster on /dev/sdb is shared by several machines (lock type sanlock)",
            ),
            (r#"disk::wipe("/dev/sdb")"#, 0, "cluster/home"),
            (r#"lvm::vg_activate("cluster")"#, 3, "is shared by several machines"),
            (r#"lvm::lv_remove("cluster", "home")"#, 3, "vgchange --lockstart cluster"),
        ],
    ),
    (
        "thin-pool",
        &[
            (r#"disk::wipe("/dev/sda")"#, 3, "(volume group vg)"),
            (r#"fs::make("/dev/mapper/vg-root")"#, 0, "$ mkfs.ext4"),
        ],
    ),
    (
        "vdo",
        &[
            (r#"disk::wipe("/dev/sda")"#, 3, "/dev/sda is open as /dev/mapper/vdo1 (VDO)"),
            (r#"mount::mount("/dev/sda", "/mnt/x")"#, 2, "cannot mount /dev/sda: holds vdo"),
            (r#"mount::mount("/dev/mapper/vdo1", "/mnt/x")"#, 0, "$ mount -t xfs"),
            (r#"disk::wipe("/dev/sdb")"#, 3, "is open as /dev/mapper/vg-data (volume group vg)"),
            (
                r#"lvm::lv_remove("vg", "vpool0")"#,
                3,
                "depend on it and would be lost with it: data",
            ),
            (r#"mount::mount("/dev/vg/data", "/mnt/x")"#, 0, "$ mount -t ext4 /dev/mapper/vg-data"),
        ],
    ),
    (
        "virtio-without-serials",
        &[(r#"disk::wipe("/dev/vda")"#, 0, "are of the same model and size and have no serial")],
    ),
    (
        "windows-bitlocker",
        &[
            (
                r#"mount::mount("/dev/nvme0n1p3", "/mnt/c")"#,
                2,
                "cannot mount /dev/nvme0n1p3: holds BitLocker",
            ),
            (
                r#"mount::mount("/dev/nvme0n1p4", "/mnt/d", #{ options: "ro" })"#,
                0,
                "$ mount -o ro -t ntfs3 /dev/nvme0n1p4",
            ),
        ],
    ),
    (
        "windows-dynamic",
        &[
            (r#"disk::wipe("/dev/sdb")"#, 0, "/dev/sdb1 belongs to a Windows dynamic disk"),
            (r#"mount::mount("/dev/sda2", "/mnt/d")"#, 0, "$ mount -t ntfs3 /dev/sda2"),
        ],
    ),
    (
        "zfs",
        &[
            (r#"disk::wipe("/dev/sda")"#, 0, "/dev/sda1 belongs to a ZFS pool"),
            (r#"mount::mount("/dev/sda1", "/mnt/z")"#, 2, "cannot mount /dev/sda1: holds zfs"),
        ],
    ),
];

#[test]
fn every_recorded_machine_is_planned_on_or_refused_for_a_reason() {
    let entries = fs::read_dir(project("tests/recorded")).expect("the machines");
    assert_eq!(entries.count(), MACHINES.len());
    let mut wrong = String::new();
    for (name, recipes) in MACHINES {
        let machine = written(&ToolOutputs::recorded(name).machine());
        for (recipe, status, part) in *recipes {
            let ran = Test::new(&["plan", "r.rhai", "--machine", "m.json"])
                .env("COLUMNS", "1000")
                .file("r.rhai", format!("{recipe};\n"))
                .file("m.json", &machine)
                .run();
            let said = if *status == 0 { &ran.stdout } else { &ran.stderr };
            if ran.status != *status || !said.contains(part) {
                wrong += &format!(
                    "{name}: {recipe}: exit code {}, expected {status} and {part:?}\n{}{}\n",
                    ran.status, ran.stdout, ran.stderr
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn recorded_machines_are_anonymized_without_contradictions() {
    for (name, _) in MACHINES {
        let machine = ToolOutputs::recorded(name).machine();
        written(&machine.anonymous(&[]));
    }
}

#[test]
fn an_optical_drive_without_a_medium_is_neither_blank_nor_unreadable() {
    let machine = ToolOutputs::recorded("floppy-and-optical").machine();
    let drive = &machine.storage.devices["/dev/sr1"];
    assert_eq!((&drive.kind, drive.unprobed, &drive.unreadable), (&DeviceKind::Rom, true, &None));
}
