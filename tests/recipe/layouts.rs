//! The layouts: each is planned on machines that it is for; `tests/lab/storage` applies all of them for real.

use std::fs;

use regex::Regex;

use crate::support::dsl::{Test, normalized, project, snapshot};

/// Machines with the disks to select, as many as a layout needs.
const MACHINES: [(&str, &[&str]); 2] = [
    ("four-sata", &["/dev/sda", "/dev/sdb", "/dev/sdc"]),
    ("three-nvme", &["/dev/nvme0n1", "/dev/nvme1n1", "/dev/nvme2n1"]),
];

/// Returns the file names of the bundled layouts, sorted.
fn layouts() -> Vec<String> {
    let entries = fs::read_dir(project("recipes/layouts")).expect("the layouts").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

/// Returns the answers for the parameters that have no default.
fn answers(text: &str, disks: &[&str], raid5: bool) -> Vec<String> {
    let count = if raid5 { 3 } else { 2 };
    let all = [
        ("[params.disk]", format!("disk={}", disks[0])),
        ("[params.card]", format!("card={}", disks[0])),
        ("[params.disks]", format!("disks={}", disks[..count].join(","))),
        ("[params.key]", "key=/mnt/key/root.key".to_owned()),
        ("[params.esp]", format!("esp={}1", disks[0])),
        ("[params.root_dev]", format!("root_dev={}2", disks[0])),
    ];
    let asked = all.into_iter().filter(|(param, _)| text.contains(param));
    asked.flat_map(|(_, answer)| ["--set".to_owned(), answer]).collect()
}

fn plan(layout: &str, machine: &str, disks: &[&str]) -> String {
    let recipe = format!("@recipes/layouts/{layout}");
    let text = fs::read_to_string(project(&recipe[1..])).expect("a recipe");
    let machine = format!("@tests/machines/{machine}.json");
    let answers = answers(&text, disks, layout.contains("raid5"));
    let mut words = vec!["plan", &recipe, "--machine", &machine];
    words.extend(answers.iter().map(String::as_str));
    let ran = Test::new(&words).run();
    assert_eq!((ran.stderr.as_str(), ran.status), ("", 0), "{layout} on {machine}");
    let text = normalized(&ran.stdout);
    let text = text.replace(&project("").display().to_string(), "");
    // The number of a FAT filesystem is shorter than a UUID.
    let fat = Regex::new(r"-i [0-9A-F]{8}\b").expect("a pattern");
    fat.replace_all(&text, "-i NUMBER").into_owned()
}

#[test]
fn every_layout_is_planned() {
    assert_eq!(layouts().len(), 21);
    for layout in layouts() {
        let stem = layout.split('.').next().unwrap_or(&layout).to_owned();
        // One for a machine with another system.
        let machines = if stem == "beside-another-system" { &MACHINES[..1] } else { &MACHINES[..] };
        for (machine, disks) in machines {
            let text = plan(&layout, machine, disks);
            snapshot(&format!("layouts/{stem}-on-{machine}.txt"), &text);
        }
    }
}

#[test]
fn every_layout_is_bundled() {
    let shipped: Vec<&str> = gscript::recipe::bundled::recipes()
        .iter()
        .filter_map(|recipe| recipe.name.strip_prefix("layouts/"))
        .collect();
    assert_eq!(shipped, layouts());
}

#[test]
fn lists_of_disks_have_each_disk_once_and_no_partition() {
    for (disks, why) in [
        ("/dev/sda,/dev/sda", "\"/dev/sda\" is named twice"),
        ("/dev/sda /dev/sda1", "/dev/sda1 is not a whole disk"),
        ("", "no disk is named"),
        ("/dev/sdz", "there is no device /dev/sdz"),
    ] {
        let answer = format!("disks={disks}");
        let words = ["plan", "@recipes/layouts/disk-list.lua", "--set", &answer];
        let machine = ["--machine", "@tests/machines/four-sata.json"];
        let ran = Test::new(&[&words[..], &machine[..]].concat()).run();
        assert_eq!(ran.status, 2, "{disks}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{disks}: {}", ran.stderr);
    }
}

#[test]
fn names_that_are_too_long_are_refused_with_the_limit() {
    let plan = |set: &str| {
        Test::new(&[
            "plan",
            "@recipes/layouts/odd-names.rhai",
            "--machine",
            "@tests/machines/four-sata.json",
            "--set",
            "disk=/dev/sda",
            "--set",
            set,
        ])
        .run()
    };
    for (set, why) in [
        (format!("name={}", "n".repeat(37)), "a GPT name has at most 36 characters"),
        ("label=seventeen letters".to_owned(), "a ext4 label has at most 16 characters"),
        ("name=a/b".to_owned(), "a label without control characters, quotes, slashes"),
        ("label=a\nb".to_owned(), "a label without control characters, quotes, slashes"),
    ] {
        let ran = plan(&set);
        assert_eq!(ran.status, 2, "{set}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{set}: {}", ran.stderr);
    }
}

#[test]
fn an_efi_partition_that_is_too_small_for_fat32_is_refused_in_the_plan() {
    let plan = |machine: &str, disk: &str, size: &str| {
        let machine = format!("@tests/machines/{machine}.json");
        let (disk, size) = (format!("disk={disk}"), format!("esp_size={size}"));
        let layout = ["plan", "@recipes/layouts/simple-efi.rhai", "--machine", &machine];
        Test::new(&[&layout[..], &["--set", &disk, "--set", &size]].concat()).run()
    };
    for (machine, disk, size, least) in [
        ("four-sata", "/dev/sda", "32M", Some("33 MiB")),
        ("four-sata", "/dev/sda", "33M", None),
        ("sectors-4k", "/dev/sda", "256M", Some("257 MiB")),
        ("sectors-4k", "/dev/sda", "257M", None),
    ] {
        let ran = plan(machine, disk, size);
        let why = least.map(|least| format!("FAT32 needs at least {least}"));
        let found = why.as_ref().is_none_or(|why| ran.stderr.contains(why));
        assert_eq!(ran.status, if least.is_some() { 2 } else { 0 }, "{size}: {}", ran.stderr);
        assert!(found, "{size}: {}", ran.stderr);
    }
}
