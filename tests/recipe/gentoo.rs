//! `gscript gentoo` plans an installation on any bundled layout; two of them boot in
//! `tests/lab/boots/gentoo.rs`.

use std::fs;

use gscript::recipe::{ParamKind, Recipe};
use regex::Regex;

use crate::support::dsl::{ProgramOutput, Test, normalized, project, snapshot};

/// Machines with two disks and a stick.
const MACHINES: [&str; 3] = ["twins", "raid-members", "btrfs-pair"];

/// Layouts, with parameters of the installation.
const INSTALLED: [(&str, &[&str]); 8] = [
    (
        "simple-efi",
        &[
            "accounts=user",
            "user=ada",
            "admin=sudo",
            "sshd=true",
            "network=static",
            "interface=enp1s0",
            "address=192.0.2.10/24",
            "gateway=192.0.2.1",
            "dns=192.0.2.1",
            "ntp=true",
        ],
    ),
    ("btrfs-subvolumes", &["network=iwd", "accounts=user", "user=ada", "admin=doas"]),
    ("luks-lvm", &[]),
    ("luks-btrfs", &["init=systemd", "network=systemd-networkd", "ntp=true"]),
    ("two-luks-btrfs-raid1", &[]),
    ("swap-random-key", &["kernel_from=sources"]),
    ("bios-and-efi", &["firmware=bios", "serial=ttyS0"]),
    ("luks-on-raid1", &["goal=system"]),
];

/// Loads the recipe, with the parameters of all layouts.
fn recipe() -> Recipe {
    Recipe::load(&project("recipes/gentoo.rhai")).expect("the recipe")
}

/// Returns the names of the layouts.
fn layouts() -> Vec<String> {
    let recipe = recipe();
    let layout = recipe.front.params.iter().find(|param| param.kind == ParamKind::Layout);
    layout.expect("a layout").choices.clone()
}

/// Plans the installation on a layout.
fn plan(machine: &str, layout: &str, further: &[&str]) -> ProgramOutput {
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
    for (name, value) in [
        ("disk", "/dev/sda"),
        ("card", "/dev/sda"),
        ("disks", disks),
        ("key", "/mnt/key/root.key"),
        ("esp", "/dev/sda1"),
        ("root_dev", "/dev/sda2"),
    ] {
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
            let text = normalized(&ran.stdout).replace(&project("").display().to_string(), "");
            let text = fat.replace_all(&text, "-i FAT-ID").into_owned();
            let text = id.replace_all(&text, "+MACHINE-ID");
            snapshot(&format!("gentoo/{layout}-on-{machine}.txt"), &text);
        }
    }
}

#[test]
fn an_unreachable_system_is_refused_at_once() {
    for (further, why) in [
        (&["sshd=true"][..], "sshd does not accept the password of root"),
        (&["network=systemd-networkd"], "network=systemd-networkd needs init=systemd"),
        (
            &["network=static", "interface=e0", "address=192.0.2.1/24", "gateway=192.0.3.1"],
            "gateway 192.0.3.1: not in the network of 192.0.2.1/24",
        ),
    ] {
        let ran = plan("twins", "simple-efi", further);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{further:?}");
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
    for fine in [&["sshd=true", "accounts=user", "user=ada"][..], &["sshd=true", "goal=base"]] {
        assert_eq!(plan("twins", "simple-efi", fine).status, 0, "{fine:?}");
    }
}

#[test]
fn every_layout_has_every_chapter_or_a_reason() {
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
                // Everything that the run opened is closed.
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
fn unbootable_layouts_are_refused_in_the_plan() {
    for (layout, set, why) in [
        ("md-raid1", "firmware=efi", "the layout has no EFI system partition"),
        ("md-raid1", "firmware=bios", "/dev/sda"),
        ("luks-lvm", "key_dev=", "must be on a USB stick at boot"),
        ("luks-lvm", "key=/root/root.key", "must be on a USB stick at boot"),
        ("two-luks-btrfs-raid1", "kernel_from=genkernel", "is on 2 encrypted containers"),
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
