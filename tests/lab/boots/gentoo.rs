//! `gscript gentoo` installs on a layout, and the disk boots.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use gscript::run::trial::{INIT_MESSAGE, Media};
use gscript::system::Interrupts;
use gscript::vm::{Firmware, Turn, build_bootable};

use super::installed::{
    PcSetup, STICK, cache, heard, require_machines, run_in_lab, run_script, write_private,
};
use crate::guest::Lab;
use crate::harness::{Missing, Test, Tier};
use crate::support::dsl::{PROGRAM, project};

/// Layouts that have nothing in common, and an unattended installation.
pub const TESTS: &[Test] = &[
    Test {
        name: "boots::gentoo: partitions boot by BIOS",
        tier: Tier::Torture,
        takes: 200,
        run: bios_and_efi_by_bios,
    },
    Test {
        name: "boots::gentoo: LVM on LUKS boots by EFI with a key on the stick",
        tier: Tier::Torture,
        takes: 200,
        run: luks_lvm_by_efi,
    },
    Test {
        name: "boots::gentoo: an answers file is planned, tried, and installs the latest stage3",
        tier: Tier::Torture,
        takes: 400,
        run: latest_by_an_answers_file,
    },
];

const ANSWERS: &str = "root_password = \"an otter\"\n";

/// Packs the bootable root as a signed stage3.
fn stage3(directory: &Path) -> Result<Media, Missing> {
    let archive = directory.join("stage3.tar");
    let root = build_bootable(&cache(), &mut |_| ()).map_err(Missing)?;
    run_script("runtime/vm/standin/stage3.sh", &[&root, &archive])?;
    Ok(Media::signed(archive, directory, &Interrupts::default()).expect("the signed digests"))
}

fn bios_and_efi_by_bios() -> Result<(), Missing> {
    require_machines()?;
    let directory = tempfile::tempdir().expect("a directory");
    let media = stage3(directory.path())?;
    let answers = directory.path().join("given.toml");
    write_private(&answers, ANSWERS);
    let keys = media.keys.as_ref().expect("the keys").display().to_string();
    let sets =
        ["layout=bios-and-efi", "repository=there", "hostname=box", "jobs=2", "target=/mnt/new"];
    let output = Command::new(PROGRAM)
        .args(["try", "--disk", "2G", "--usb", "64M", "--memory", "512M", "--boot=bios"])
        .args([Path::new("--keep"), directory.path(), Path::new("--answers"), &answers])
        .args(sets.iter().flat_map(|set| ["--set", set]))
        .env("XDG_CACHE_HOME", project("target"))
        .args([Path::new("--stage3"), &media.archive])
        .args(["--set", &format!("stage3_keys={keys}")])
        .arg(project("recipes/gentoo.rhai"))
        .output()
        .expect("the program");
    let printed = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let console = printed(&output.stdout) + printed(&output.stderr).as_str();
    assert!(output.status.success(), "{console}");
    assert!(console.contains(&format!("{INIT_MESSAGE}/dev/")), "{console}");
    Ok(())
}

/// The file that `gscript answers` wrote is the only input of the plan, the installation and the
/// trial.
fn latest_by_an_answers_file() -> Result<(), Missing> {
    require_machines()?;
    let lab = Lab::new(&["2G"]);
    stage3(lab.path())?;
    let packed = Command::new("xz").args(["-0", "-T2"]).arg(lab.path().join("stage3.tar")).status();
    assert!(packed.is_ok_and(|status| status.success()), "the tarball");
    write_private(&lab.path().join("root_password"), "an otter\n");
    run_in_lab(&lab, "boots/answers.sh", &[])?;

    let answers = lab.path().join("machine.toml");
    let tried = Command::new(PROGRAM)
        .args([OsStr::new("try"), OsStr::new("gentoo"), OsStr::new("--answers")])
        .arg(&answers)
        .output()
        .expect("the program");
    let said = String::from_utf8_lossy(&tried.stderr);
    assert!(tried.status.success(), "{said}");
    assert!(said.contains("works: two boots in"), "{said}");

    let efi = PcSetup { firmware: Firmware::Efi, stick: None, ..PcSetup::of(&lab) };
    let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
    let console = heard(efi.talk(&[reached], &[])).console;
    assert!(console.contains("(part disk)"), "{console}");
    Ok(())
}

/// With /boot on the EFI system partition, grub-install must recognize a partition of a disk.
/// Partitions of `/dev/ubda` are not recognized, so the disk is a loop device.
fn luks_lvm_by_efi() -> Result<(), Missing> {
    require_machines()?;
    let lab = Lab::new(&["2G", STICK]);
    stage3(lab.path())?;
    write_private(&lab.path().join("answers.toml"), ANSWERS);
    run_in_lab(&lab, "boots/gentoo.sh", &[("SETS", "layout=luks-lvm swap_size=64M")])?;
    let efi = PcSetup { firmware: Firmware::Efi, ..PcSetup::of(&lab) };
    let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
    let console = heard(efi.talk(&[reached], &[])).console;
    for line in ["Gentoo Linux (Keyfile Boot)", "/dev/mapper/vg-root (lvm crypt part disk)"] {
        assert!(console.contains(line), "no {line}: {console}");
    }
    Ok(())
}
