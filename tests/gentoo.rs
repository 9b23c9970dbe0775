//! `gscript gentoo` on the bundled layouts: planned on several machines, and two of them installed and booted.

use std::fs;
use std::path::Path;
use std::process::Command;

use gscript::recipe::{ParamKind, Recipe};
use gscript::run::trial::{Media, REACHED};
use gscript::system::Interrupts;
use gscript::vm::{Firmware, Turn, build_bootable};
use regex::Regex;

use crate::dsl::{PROGRAM, Ran, Test, normal, project, snapshot};
use crate::installed::{Plugged, STICK, cache, heard, in_lab, possible, prepared, write_private};
use crate::lab::{Lab, skip};

/// Machines with two disks and a stick.
const MACHINES: [&str; 3] = ["twins", "raid-members", "btrfs-pair"];

/// Layouts with parameters of the installation that differ.
const INSTALLED: [(&str, &[&str]); 8] = [
    ("simple-efi", &[]),
    ("btrfs-subvolumes", &[]),
    ("luks-lvm", &[]),
    ("luks-btrfs", &["init=systemd"]),
    ("two-luks-btrfs-raid1", &[]),
    ("swap-random-key", &["kernel_from=sources"]),
    ("bios-and-efi", &["firmware=bios", "serial=ttyS0"]),
    ("luks-on-raid1", &["goal=system"]),
];

/// The recipe, with the parameters of all layouts.
fn recipe() -> Recipe {
    Recipe::load(&project("recipes/gentoo.rhai")).expect("the recipe")
}

/// The names of the layouts.
fn layouts() -> Vec<String> {
    let recipe = recipe();
    let layout = recipe.front.params.iter().find(|param| param.kind == ParamKind::Layout);
    layout.expect("a layout").choices.clone()
}

/// Plans the installation on a layout.
fn plan(machine: &str, layout: &str, further: &[&str]) -> Ran {
    let recipe = recipe();
    let of_layout = |name: &str| {
        recipe.front.params.iter().any(|param| {
            let for_it = |(_, wanted): &(String, Vec<String>)| wanted.iter().any(|w| w == layout);
            param.name == name && param.when.first().is_some_and(for_it)
        })
    };
    let mut sets = vec![format!("layout={layout}"), "stage3=/var/tmp/stage3.tar.xz".to_owned()];
    let stick = if machine == "four-sata" { "" } else { "/dev/sdc1" };
    let disks =
        if layout.contains("raid5") { "/dev/sda,/dev/sdb,/dev/sdc" } else { "/dev/sda,/dev/sdb" };
    for (name, value) in
        [("disk", "/dev/sda"), ("card", "/dev/sda"), ("disks", disks), ("key", "/mnt/key/root.key")]
    {
        if of_layout(name) {
            sets.push(format!("{name}={value}"));
        }
    }
    if of_layout("key") && !stick.is_empty() {
        sets.push(format!("key_dev={stick}"));
    }
    sets.extend(further.iter().map(|set| (*set).to_owned()));
    let machine = format!("@tests/machines/{machine}.json");
    let mut words = vec!["plan", "@recipes/gentoo.rhai", "--machine", &machine];
    words.extend(["--answers", "answers.toml"]);
    words.extend(sets.iter().flat_map(|set| ["--set", set]));
    Test::new(&words).private("answers.toml", "root_password = \"an otter\"\n").run()
}

#[test]
fn layouts_are_installed_on_in_plans_for_three_machines() {
    let fat = Regex::new(r"-i [0-9A-F]{8}\b").expect("a pattern");
    let id = Regex::new(r"\+[0-9a-f]{32}\b").expect("a pattern");
    for machine in MACHINES {
        for (layout, further) in INSTALLED {
            let ran = plan(machine, layout, further);
            assert_eq!((ran.stderr.as_str(), ran.status), ("", 0), "{layout} on {machine}");
            let text = normal(&ran.stdout).replace(&project("").display().to_string(), "");
            let text = fat.replace_all(&text, "-i FAT-ID").into_owned();
            let text = id.replace_all(&text, "+MACHINE-ID");
            snapshot(&format!("gentoo/{layout}-on-{machine}.txt"), &text);
        }
    }
}

#[test]
fn every_layout_takes_every_chapter_or_says_why_it_can_not() {
    let layouts = layouts();
    let files = fs::read_dir(project("recipes/layouts")).expect("layouts").count();
    assert_eq!(layouts.len(), files);
    for layout in layouts {
        let ran = plan("four-sata", &layout, &["goal=system"]);
        match layout.as_str() {
            "disk-list" | "tmpfs-root" => {
                assert_eq!(ran.status, 2, "{layout}: {}", ran.stderr);
                let why = "the layout has no root filesystem that survives a reboot";
                assert!(ran.stderr.contains(why), "{layout}: {}", ran.stderr);
            }
            _ => {
                assert_eq!((ran.stderr.as_str(), ran.status), ("", 0), "{layout}");
                for chapter in ["Install the stage3", "Configure the system", "Unmount and close"] {
                    assert!(ran.stdout.contains(chapter), "{layout}: no {chapter}");
                }
                // What it opened is closed.
                let count = |what: &str| ran.stdout.matches(&format!("  {what} ")).count();
                for (opens, closes) in [
                    (count("luks.open") + count("crypt.swap_on"), count("luks.close")),
                    (count("md.assemble"), count("md.stop")),
                    (count("lvm.vg_create"), count("lvm.vg_deactivate")),
                    (count("mount.swap_on") + count("crypt.swap_on"), count("mount.swap_off")),
                ] {
                    assert_eq!(opens, closes, "{layout}: {}", ran.stdout);
                }
            }
        }
    }
}

#[test]
fn what_could_not_boot_is_refused_in_the_plan() {
    for (layout, set, why) in [
        ("md-raid1", "firmware=efi", "the layout has no EFI system partition"),
        ("md-raid1", "firmware=bios", "/dev/sda"),
        ("luks-lvm", "key_dev=", "must be on a USB stick at boot"),
        ("luks-lvm", "key=/root/root.key", "must be on a USB stick at boot"),
    ] {
        let ran = plan("twins", layout, &[set]);
        assert_ne!(ran.status, 0, "{layout} {set}: {}", ran.stdout);
        assert!(ran.stderr.contains(why), "{layout} {set}: {}", ran.stderr);
    }
}

#[test]
fn the_parameters_are_those_of_the_chosen_layout() {
    let asks = |sets: &[&str], why: &str| {
        let mut words = vec!["plan", "@recipes/gentoo.rhai"];
        words.extend(["--machine", "@tests/machines/twins.json"]);
        words.extend(sets.iter().flat_map(|set| ["--set", set]));
        let ran = Test::new(&words).run();
        assert_eq!(ran.status, 2, "{sets:?}");
        assert!(ran.stderr.contains(why), "{sets:?}: {}", ran.stderr);
    };
    asks(&["layout=luks-lwm"], "did you mean \"luks-lvm\"?");
    asks(&["layout=luks-lvm"], "parameter \"disk\" has no value");
    asks(&["layout=luks-lvm", "disk=/dev/sda"], "parameter \"key\" has no value");
    asks(&["layout=md-raid1"], "parameter \"disks\" has no value");
    asks(&["layout=simple-efi", "disk=/dev/sda", "esp_size=x"], "parameter \"esp_size\"");
}

/// Installs on a layout in the virtual machine, and boots the disk in the emulated PC; the root must be reached by
/// this way. Returns what was said.
fn boots(test: &str, firmware: &str, sets: &[&str], chain: &str) -> Option<String> {
    if !possible(test) {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let media = match stage3(folder.path()) {
        Ok(media) => media,
        Err(why) => {
            skip(test, &why);
            return None;
        }
    };
    let answers = folder.path().join("given.toml");
    write_private(&answers, "root_password = \"an otter\"\n");
    let keys = media.keys.as_ref().expect("the keys").display().to_string();
    let mut command = Command::new(PROGRAM);
    command
        .args(["try", "--disk", "2G", "--usb", "64M", "--memory", "512M"])
        .arg(format!("--boot={firmware}"))
        .args([Path::new("--keep"), folder.path(), Path::new("--answers"), &answers])
        .args(sets.iter().flat_map(|set| ["--set", set]))
        .env("XDG_CACHE_HOME", project("target"))
        .args([Path::new("--stage3"), &media.archive])
        .args(["--set", &format!("stage3_keys={keys}")])
        .arg(project("recipes/gentoo.rhai"));
    let output = command.output().expect("the program");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let console = said(&output.stdout) + said(&output.stderr).as_str();
    assert!(output.status.success(), "{test}: {console}");
    assert!(console.contains(&format!("{REACHED}{chain}")), "{test}: {console}");
    Some(console)
}

/// The root that boots, signed as a stage3.
fn stage3(folder: &Path) -> Result<Media, String> {
    let archive = folder.join("stage3.tar");
    let root = build_bootable(&cache(), &mut |_| ())?;
    prepared("runtime/vm/standin/stage3.sh", &[&root, &archive], &[])?;
    Ok(Media::signed(archive, folder, &Interrupts::default()).expect("the signed digests"))
}

const COMMON: [&str; 4] = ["repository=there", "hostname=box", "jobs=2", "target=/mnt/new"];

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_of_bios_and_efi_by_bios() {
    let test = "torture_boot_of_bios_and_efi_by_bios";
    let sets = ["layout=bios-and-efi"];
    boots(test, "bios", &[&sets[..], &COMMON].concat(), "/dev/");
}

/// With /boot on the EFI system partition grub-install has to see a partition of a disk, which those of /dev/ubda
/// are not to it: the disk is a loop device.
#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_of_luks_lvm_by_efi_with_a_key_on_the_stick() {
    let test = "torture_boot_of_luks_lvm_by_efi_with_a_key_on_the_stick";
    if !possible(test) {
        return;
    }
    let lab = Lab::new(&["2G", STICK]);
    if let Err(why) = stage3(lab.path()) {
        return skip(test, &why);
    }
    write_private(&lab.path().join("answers.toml"), "root_password = \"an otter\"\n");
    in_lab(
        &lab,
        test,
        "must modprobe loop max_part=8
        DISK=$(losetup --find --show --partscan /dev/ubda)
        stick
        must \"$G\" \"$PROJECT/recipes/gentoo.rhai\" \"${ANSWERS[@]}\" --set layout=luks-lvm --set disk=$DISK \\
            --set key_dev=$STICK --set key=/mnt/key/laptop.key --set swap_size=64M --set serial=ttyS0 \\
            --set repository=there --set hostname=box --set jobs=2 --set stage3=\"$OUT/stage3.tar\" \\
            --set stage3_keys=\"$OUT/keys.asc\" --yes --destroy $DISK --journal \"$RUNS\"
        must losetup -d $DISK
        nothing_left",
    );
    let efi = Plugged { firmware: Firmware::Efi, ..Plugged::of(&lab) };
    let reached = Turn { when: &[REACHED], reply: None, optional: false };
    let console = heard(efi.talk(&[reached], &[])).console;
    for said in ["Gentoo Linux (Keyfile Boot)", "/dev/mapper/vg-root (lvm crypt part disk)"] {
        assert!(console.contains(said), "no {said}: {console}");
    }
}
