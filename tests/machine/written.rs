//! `plan --machine` reads whatever `gscript probe` writes: the output of tools with rows that are
//! strange, incomplete or contradict each other becomes a machine file that can be read.

use serde_json::{Value, json};

use super::recorded::{ToolOutputs, written};

/// A sequence of numbers that is the same in every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 8).unwrap_or(0) % end
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn often(&mut self) -> bool {
        self.below(8) > 0
    }

    /// Returns a size, or what some versions print instead of one.
    fn size(&mut self) -> Value {
        match self.below(12) {
            0 => Value::Null,
            1 => json!("1073741824"),
            2 => json!(0),
            3 => json!("a lot"),
            4 => json!(u64::MAX),
            n => json!((n as u64) << 28),
        }
    }
}

const NAMES: [&str; 12] = [
    "sda",
    "sda1",
    "sda2",
    "sdb",
    "dm-0",
    "vg-root",
    "vg-a--b",
    "plain",
    "md127",
    "sr0",
    "loop0",
    "cciss!c0d0",
];
const TYPES: [&str; 12] =
    ["disk", "part", "lvm", "crypt", "raid1", "rom", "loop", "mpath", "md", "dm", "linear", "new"];

fn row(numbers: &mut Numbers, depth: usize) -> Value {
    let name = numbers.one_of(&NAMES);
    let what = numbers.one_of(&TYPES);
    let mapped = if ["lvm", "crypt", "dm"].contains(&what) { "mapper/" } else { "" };
    let mut row = json!({
        "name": name,
        "kname": name,
        "path": format!("/dev/{mapped}{}", name.replace('!', "/")),
        "maj:min": format!("8:{}", numbers.below(20)),
        "type": what,
        "size": numbers.size(),
        "log-sec": numbers.one_of(&["512", "4096", "520", "0", "?"]),
        "ro": numbers.below(2) == 0,
        "rm": numbers.one_of(&["0", "1"]),
        "model": "A  model", "serial": null, "wwn": null, "tran": "sata",
    });
    if !numbers.often() {
        let key = numbers.one_of(&["kname", "maj:min", "type", "size", "model", "path", "name"]);
        row[key] = if numbers.often() { Value::Null } else { json!(7) };
    }
    let children = if depth < 4 { numbers.below(3) } else { 0 };
    row["children"] = (0..children).map(|_| self::row(numbers, depth + 1)).collect();
    row
}

/// Returns what blkid prints about some devices.
fn signatures(numbers: &mut Numbers) -> String {
    let mut text = String::new();
    for name in NAMES {
        let mapped = if numbers.often() { "" } else { "mapper/" };
        text += &format!("DEVNAME=/dev/{mapped}{name}\n");
        let kind =
            numbers.one_of(&["ext4", "vfat", "LVM2_member", "crypto_LUKS", "iso9660", "btrfs"]);
        let uuid = numbers.one_of(&["11", "22", "", "../x"]);
        if numbers.often() {
            text += &format!("UUID={uuid}\nTYPE={kind}\nUSAGE=filesystem\nLABEL=a\\ b\n");
        }
        if !numbers.often() {
            text += &format!("PTTYPE={}\nPTUUID=1\n", numbers.one_of(&["gpt", "dos", "mac"]));
        }
        if name.starts_with("sda") {
            let (start, number) = (numbers.below(1 << 20), numbers.below(3));
            text += &format!(
                "PART_ENTRY_TYPE=0x83\nPART_ENTRY_NUMBER={number}\nPART_ENTRY_OFFSET={start}\n"
            );
        }
        text += "\n";
    }
    text
}

fn groups(numbers: &mut Numbers) -> String {
    let members: Vec<Value> = (0..numbers.below(3))
        .map(|_| json!({ "pv_name": numbers.one_of(&["/dev/sda1", "/dev/sdb", "[unknown]"]) }))
        .collect();
    let volumes: Vec<Value> = ["root", "a-b", "other"]
        .iter()
        .filter_map(|name| {
            let size = (numbers.below(9) << 22).to_string();
            let active = numbers.one_of(&["active", ""]);
            let layout =
                numbers.one_of(&["linear", "thin,pool", "thin,sparse", "cache", "raid,raid1"]);
            let volume = json!({
                "lv_name": name, "lv_size": size, "lv_active": active, "lv_layout": layout,
                "pool_lv": "pool", "lv_metadata_size": "",
            });
            numbers.often().then_some(volume)
        })
        .collect();
    let group = json!({
        "vg": [{ "vg_name": "vg", "vg_extent_size": "4194304", "vg_extent_count": "100",
            "vg_free_count": numbers.one_of(&["0", "100", "101"]) }],
        "pv": members, "lv": volumes, "seg": [],
    });
    json!({ "report": [group] }).to_string()
}

#[test]
fn what_a_probe_writes_can_be_read() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut noted = 0;
    for _ in 0..2000 {
        let rows: Vec<Value> = (0..numbers.below(6)).map(|_| row(&mut numbers, 0)).collect();
        let outputs = ToolOutputs {
            lsblk: json!({ "blockdevices": rows }).to_string(),
            blkid: signatures(&mut numbers),
            lvm: numbers.often().then(|| groups(&mut numbers)),
            mountinfo: format!(
                "1 0 8:{} / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /mnt rw - btrfs {} rw\nnonsense\n",
                numbers.below(20),
                numbers.one_of(&["/dev/sdz", "/dev/sdb", "server:/x", "/dev/fuse", "none"])
            ),
            swaps: format!(
                "Filename\n{} partition 1 0 -2\n?\n",
                numbers.one_of(&["/dev/sdz", "/x"])
            ),
            unreadable: [("/dev/sdb".to_owned(), "I/O error".to_owned())].into(),
        };
        let machine = outputs.machine();
        noted += machine.host.notes.len();
        written(&machine);
        written(&machine.anonymous(&["vg".to_owned()]));
    }
    assert!(noted > 1000, "only {noted} notes");
}

#[test]
fn a_row_that_cannot_be_parsed_costs_that_row() {
    let outputs = ToolOutputs {
        lsblk: json!({ "blockdevices": [
            { "name": "sda", "path": "/dev/sda", "type": "disk", "size": "a lot", "children": [
                { "name": "x", "path": "/dev/mapper/x", "type": "crypt", "size": 1 << 20 }
            ] },
            { "name": "sdb", "path": "/dev/sdb", "type": "disk", "size": 1 << 30 },
        ] })
        .to_string(),
        ..ToolOutputs::default()
    };
    let machine = outputs.machine();
    let paths: Vec<&String> = machine.storage.devices.keys().collect();
    assert_eq!(paths, ["/dev/mapper/x", "/dev/sdb"]);
    let note = "lsblk: skipped the device sda: invalid digit found in string";
    assert_eq!(machine.probe_notes(), [note]);
}
