//! `gscript try` of the bundled recipe, for real: the whole recipe, in two variants.

use gscript::vm::find_kernel;

use crate::harness::{Missing, Test, Tier};
use crate::support::dsl::Test as Call;

/// The main recipe.
pub const TESTS: &[Test] = &[
    Test {
        name: "tried: the main job with the answers for a real machine",
        tier: Tier::Test,
        takes: 60,
        run: with_its_defaults,
    },
    Test {
        name: "tried: the main job with other answers",
        tier: Tier::Lab,
        takes: 60,
        run: with_other_answers,
    },
    Test {
        name: "tried: a recipe for several disks",
        tier: Tier::Lab,
        takes: 20,
        run: with_several_disks,
    },
    Test {
        name: "tried: guests are made and not started",
        tier: Tier::Lab,
        takes: 40,
        run: with_guests,
    },
    Test {
        name: "tried: a key in memory opens a container at the second boot",
        tier: Tier::Lab,
        takes: 20,
        run: with_a_key_in_memory,
    },
];

/// Tries a recipe; returns what it printed.
fn try_recipe(recipe: &str, args: &[&str], answers: &str) -> Result<String, Missing> {
    find_kernel().map_err(|error| Missing(error.to_string()))?;
    let mut words = vec!["try", recipe, "--answers", "answers.toml"];
    words.extend(args);
    let ran = Call::new(&words)
        .file("answers.toml", answers)
        .file("pair.rhai", PAIR)
        .file("memory.rhai", MEMORY)
        .run();
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    Ok(ran.stderr)
}

fn with_its_defaults() -> Result<(), Missing> {
    // Written for a real machine: the names of its devices and its stage3 do not exist in the trial.
    let answers =
        "disk = \"/dev/nvme0n1\"\nkey_dev = \"/dev/sdb1\"\nstage3 = \"/none/stage3.tar.xz\"\n";
    let said = try_recipe("@recipes/encrypted-root.rhai", &[], answers)?;
    for line in [
        "answers.toml:1: disk is not used: a virtual device takes the place of \"/dev/nvme0n1\"",
        "answers.toml:3: stage3 is not used: there is no stage3 here",
        "  + luks.format /dev/ubda2",
        "  + luks.backup_header /dev/ubda2",
        "  + stage3.verify",
        "  + chroot.run /mnt/gentoo",
        "    └─hdd_ubda2  6.9 GiB  LVM group vg_hostos",
        "15 of 15 facts of the first boot still hold, 2 of them files compared byte by byte",
        "works: two boots in",
    ] {
        assert!(said.contains(&line.replace('+', "✓")) || said.contains(line), "{line}\n{said}");
    }
    Ok(())
}

fn with_other_answers() -> Result<(), Missing> {
    let answers = r#"
        table = "mbr"
        unlock = "passphrase"
        passphrase = "a long one, with spaces and ünïcödé"
        luks = "luks1"
        random_fill = true
        filesystem = "xfs"
        swap_size = "0"
        home_size = "400M"
        vg_name = "my-vg"
        enc_hdd = "outer"
    "#;
    let args = ["--disk", "2012M", "--usb", "40M"];
    let recipe = "@recipes/encrypted-root.rhai";
    let said = try_recipe(recipe, &args, answers)?;
    for line in
        ["disk.fill_random /dev/ubda2", "LUKS1 container", "home ", "facts of the first boot"]
    {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("LOST"), "{said}");
    Ok(())
}

/// A recipe for one disk and a list of disks.
const PAIR: &str = r#"//! # A root, and btrfs RAID 1 on two containers
//! ```toml
//! [params.system]
//! type = "disk"
//! [params.data]
//! type = "disks"
//! [params.key_dev]
//! type = "device"
//! [needs]
//! destroys = ["$system", "$data"]
//! devices = ["$key_dev"]
//! writes = ["/mnt"]
//! ```
fs::make(system);
mount::mount(system, "/mnt/root");
mount::mount(key_dev, "/mnt/key", #{ options: "umask=0077" });
key::generate("/mnt/key/data.key");
let opened = [];
for disk in data {
    luks::format(disk, #{ key: "/mnt/key/data.key", kdf: #{ kind: "pbkdf2", iterations: 1000 } });
    opened.push(luks::open(disk, `data${opened.len() + 1}`, #{ key: "/mnt/key/data.key" }));
}
btrfs::make(opened, #{ profile: "raid1" });
mount::mount(opened[1], "/mnt/root/srv");
file::write("/mnt/root/srv/precious", "two copies");
file::make_dir("/mnt/root/etc");
fstab::write("/mnt/root", [#{ at: "/", device: system }, #{ at: "/srv", device: opened[1] }]);
print(boot::cmdline(opened[0]));
"#;

fn with_several_disks() -> Result<(), Missing> {
    let sizes = ["--disk", "300M", "--disk", "200M", "--disk", "250M"];
    let said = try_recipe("pair.rhai", &sizes, "")?;
    for line in
        ["  ubda     300 MiB", "  ubdb     200 MiB", "  ubdc     250 MiB", "works: two boots in"]
    {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(said.matches("rd.luks.uuid=").count(), 2, "{said}");
    assert!(!said.contains("LOST"), "{said}");
    Ok(())
}

/// A recipe whose key file lies below `/run`, where they end with the boot.
const MEMORY: &str = r#"//! # Keep the home of an old system
//! ```toml
//! [params.disk]
//! type = "disk"
//! [needs]
//! destroys = ["$disk"]
//! writes = ["/mnt/new", "/run"]
//! ```
let p = disk::partition(disk, [#{ name: "root", size: "300M" }, #{ name: "home", size: "300M", kind: "luks" }]);
file::make_dir("/run/keys", #{ mode: "0700" });
let key = key::generate("/run/keys/home.key");
luks::format(p.home, #{ key: key, kdf: #{ kind: "pbkdf2", iterations: 1000 } });
let home = luks::open(p.home, "home", #{ key: key });
fs::make(home);
mount::mount(home, "/mnt/new");
file::write("/mnt/new/precious", "the only copy");
mount::unmount("/mnt/new");
luks::close("home");
fs::make(p.root);
mount::mount(p.root, "/mnt/new");
home = luks::open(p.home, "home", #{ key: key });
mount::mount(home, "/mnt/new/home");
print(file::read("/mnt/new/home/precious"));
"#;

fn with_a_key_in_memory() -> Result<(), Missing> {
    let said = try_recipe("memory.rhai", &[], "")?;
    for line in [
        "/run/keys/home.key is kept in memory (tmpfs): copy it to a USB stick before you reboot",
        "  │ the only copy",
        "Restored what the first boot left in memory, as from a copy on a USB stick: /run/keys/home.key\n",
        "works: two boots in",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("LOST"), "{said}");
    Ok(())
}

fn with_guests() -> Result<(), Missing> {
    let uml = try_recipe("@recipes/uml-guest.rhai", &[], "")?;
    for line in [
        "Set for this virtual machine: name = \"web\", user = \"daemon\"",
        "start = false",
        "The guest is not started",
        "two boots in",
    ] {
        assert!(uml.contains(line), "{line}\n{uml}");
    }
    let virtiofs = try_recipe("@recipes/virtiofs-guest.rhai", &[], "")?;
    for line in ["boot = false", "The virtual machine is not started", "two boots in"] {
        assert!(virtiofs.contains(line), "{line}\n{virtiofs}");
    }
    for said in [uml, virtiofs] {
        assert!(!said.contains("LOST"), "{said}");
    }
    Ok(())
}
