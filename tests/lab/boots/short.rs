//! Installed disks boot: the disk that a recipe wrote in the virtual machine boots an emulated PC
//! from its own boot sector, with the stick as a USB device, until the first process runs on the
//! encrypted root.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use gscript::run::trial::{Media, PROMPTS};
use gscript::system::Interrupts;
use gscript::vm::{Firmware, Turn};

use super::installed::{
    DISK, Installed, LIMIT, PASSPHRASE, PcSetup, SHORT, STICK, Shared, Trial, cache, heard,
    require_machines, run_in_lab, secret, shared, write_private,
};
use crate::guest::{Call, Lab};
use crate::harness::{Missing, Test, Tier};
use crate::support::dsl::{PROGRAM, project};
use crate::torture::power::build_cut;

/// A boot of `make test` that takes longer counts as hanging.
const BOOT_LIMIT: Duration = Duration::from_mins(20);

fn write_answers(path: &Path) {
    write_private(path, &format!("passphrase = {PASSPHRASE:?}\n"));
}

/// The short recipe and its variants.
pub const TESTS: &[Test] = &[
    Test {
        name: "boots::short: a key that GPG protects boots",
        tier: Tier::Test,
        takes: 100,
        run: gpg_key,
    },
    torture("boots::short: a wrong passphrase, then the right one", wrong_then_right),
    torture("boots::short: EFI boots", efi),
    torture("boots::short: a passphrase alone boots without the stick", passphrase_only),
    torture("boots::short: a plain key boots", plain_key),
    torture("boots::short: the key of a second slot boots", second_slot),
    torture("boots::short: a key that GPG protects opens two containers", two_containers),
    torture("boots::short: a header that was restored from its copy boots", restored_header),
    torture("boots::short: a disk with sectors of 4 KiB boots", sectors_of_4_kib),
    torture("boots::short: an entry in the list of the firmware boots", firmware_entry),
    torture(
        "boots::short: after a power cut between initramfs and boot loader it is resumed and boots",
        power_cut,
    ),
    Test {
        name: "boots::short: a virtual machine ends with the program that was killed",
        tier: Tier::Lab,
        takes: 60,
        run: ends_with_the_program,
    },
];

const fn torture(name: &'static str, run: fn() -> Result<(), Missing>) -> Test {
    Test { name, tier: Tier::Torture, takes: 200, run }
}

/// Runs the recipe of the lab with `try --boot`.
fn try_boot(directory: &Path, firmware: &str, sets: &[&str]) -> Result<Installed, Missing> {
    require_machines()?;
    // The stage3 of `try` leaves the settings of GRUB to the recipe, but this recipe has none.
    let material = tempfile::tempdir().expect("a directory");
    let media = Media::bootable(material.path(), &cache(), &Interrupts::default(), &mut |_| ())
        .expect("the stand-in");
    Ok(Trial { firmware, sets, media: Some(&media), ..SHORT }.boots(directory))
}

/// Returns the shared installation with a key that is protected by GPG.
fn with_gpg() -> Result<MutexGuard<'static, Installed>, Missing> {
    static INSTALLED: Shared = OnceLock::new();
    shared(&INSTALLED, "boots", |directory| try_boot(directory, "bios", &[]))
}

/// Returns a machine of the lab with the files that the recipe needs.
fn lab_with_media() -> Result<Lab, Missing> {
    require_machines()?;
    let lab = Lab::new(&[DISK, STICK]).with_limit(BOOT_LIMIT);
    Media::bootable(lab.path(), &cache(), &Interrupts::default(), &mut |_| ())
        .expect("the stand-in");
    write_answers(&lab.path().join("answers.toml"));
    Ok(lab)
}

fn gpg_key() -> Result<(), Missing> {
    let installed = with_gpg()?;
    // The prompt was for the key on the stick, not for the container itself.
    assert!(installed.console.contains("Password (/key.gpg on "), "{}", installed.console);
    Ok(())
}

fn wrong_then_right() -> Result<(), Missing> {
    with_gpg()?.plugged().boots_to_root(&["not this one, battery!", PASSPHRASE]);
    Ok(())
}

fn efi() -> Result<(), Missing> {
    let directory = tempfile::tempdir().expect("a directory");
    let installed = try_boot(directory.path(), "efi", &["firmware=efi"])?;
    assert!(installed.console.contains("Password (/key.gpg on "), "{}", installed.console);
    Ok(())
}

fn passphrase_only() -> Result<(), Missing> {
    let directory = tempfile::tempdir().expect("a directory");
    let installed = try_boot(directory.path(), "bios", &["unlock=passphrase"])?;
    let nothing = PcSetup { stick: None, ..installed.plugged() };
    nothing.boots_to_root(&[PASSPHRASE]);
    Ok(())
}

/// The installation boots without a prompt.
fn boots_without_prompt(sets: &[&str]) -> Result<(), Missing> {
    let directory = tempfile::tempdir().expect("a directory");
    let installed = try_boot(directory.path(), "bios", sets)?;
    let asked = PROMPTS.iter().any(|prompt| installed.console.contains(prompt));
    assert!(!asked, "{}", installed.console);
    Ok(())
}

fn plain_key() -> Result<(), Missing> {
    boots_without_prompt(&["unlock=key"])
}

fn second_slot() -> Result<(), Missing> {
    boots_without_prompt(&["unlock=key", "second=true"])
}

fn two_containers() -> Result<(), Missing> {
    let lab = lab_with_media()?;
    run_in_lab(&lab, "boots/install_containers.sh", &[])?;
    // Each container has a prompt of its own, for the same key.
    let console = PcSetup::of(&lab).boots_to_root(&[PASSPHRASE, PASSPHRASE]);
    let prompts: BTreeSet<&str> = console
        .lines()
        .filter_map(|line| line.split_once("Password (/key.gpg on ")?.1.split_once(')'))
        .map(|(devices, _)| devices)
        .collect();
    assert_eq!(prompts.len(), 2, "{console}");
    Ok(())
}

fn restored_header() -> Result<(), Missing> {
    let lab = with_gpg()?.copied();
    run_in_lab(&lab, "boots/restore_header.sh", &[])?;
    PcSetup::of(&lab).boots_to_root(&[PASSPHRASE]);
    Ok(())
}

fn sectors_of_4_kib() -> Result<(), Missing> {
    let lab = lab_with_media()?;
    run_in_lab(&lab, "boots/install_4k.sh", &[])?;
    let efi = PcSetup { firmware: Firmware::Efi, sectors_4k: true, ..PcSetup::of(&lab) };
    efi.boots_to_root(&[PASSPHRASE]);
    Ok(())
}

fn firmware_entry() -> Result<(), Missing> {
    let directory = tempfile::tempdir().expect("a directory");
    let sets = ["firmware=efi", "unlock=passphrase"];
    let lab = try_boot(directory.path(), "efi", &sets)?.copied();
    run_in_lab(&lab, "boots/nvram.sh", &[("PASSPHRASE", PASSPHRASE)])?;
    let efi = PcSetup { firmware: Firmware::Efi, stick: None, ..PcSetup::of(&lab) };
    let passphrase = secret(PASSPHRASE);
    let asked = Turn { when: &PROMPTS, reply: Some(&passphrase), optional: false };
    let entered = Turn { when: &["all of it is done"], reply: None, optional: false };
    let said = heard(efi.talk(&[asked, entered], &[])).console;
    for line in [
        "nothing is mounted at /sys/firmware/efi/efivars",
        "/mnt/new has no efibootmgr",
        "entered: 0",
    ] {
        assert!(said.contains(line), "no {line}: {said}");
    }
    assert_eq!(said.matches("refused: 3").count(), 2, "{said}");
    // The firmware logs what it boots: the entry, by the partition of the disk, and not the disk.
    let console = efi.boots_to_root(&[PASSPHRASE]);
    assert!(console.contains("starting Boot0003 \"grub\" from HD(1,GPT"), "{console}");
    Ok(())
}

/// Returns the number of the record that marks this action as done.
fn record_of(journal: &str, action: &str) -> usize {
    let records: Vec<serde_json::Value> =
        journal.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let begin = records.iter().find(|record| record["name"] == action).expect("its beginning");
    let is_done = |r: &serde_json::Value| r["record"] == "done" && r["call"] == begin["call"];
    records.iter().position(is_done).expect("its end") + 1
}

fn power_cut() -> Result<(), Missing> {
    let place = record_of(&with_gpg()?.journal(), "kernel.initramfs").to_string();
    let lab = lab_with_media()?;
    build_cut(&lab);
    let vars = [("CUT_RECORD", place.as_str())];
    let (console, cut) = lab.cut(Call { script: "boots/install_cut.sh", vars: &vars })?;
    assert!(cut, "{console}");
    run_in_lab(&lab, "boots/resume_install.sh", &[])?;
    PcSetup::of(&lab).boots_to_root(&[PASSPHRASE]);
    Ok(())
}

/// Returns the command lines of the virtual machines that use a file of this directory.
fn vm_processes(kernel: &str, directory: &Path) -> Vec<String> {
    let directory = directory.to_string_lossy();
    let ours = |entry: std::io::Result<fs::DirEntry>| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let program = line.split(' ').next().is_some_and(|program| program.ends_with(kernel));
        (program && line.contains(&*directory)).then_some(line)
    };
    fs::read_dir("/proc").expect("processes").filter_map(ours).collect()
}

/// Waits for a condition that becomes true eventually.
#[track_caller]
fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < LIMIT, "{what}: never");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn ends_with_the_program() -> Result<(), Missing> {
    require_machines()?;
    for kernel in ["linux.uml", "qemu-system-x86_64"] {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let recipe = directory.join("table.rhai");
        // The disk has nothing to boot, but the firmware has to search it.
        let table = "disk::partition(\"/dev/ubda\", [#{ size: \"rest\", kind: \"efi\" }]);";
        fs::write(&recipe, table).expect("a recipe");
        let mut program = Command::new(PROGRAM)
            .args(["try", "--disk", "8M", "--usb", "8M", "--boot=efi", "--keep"])
            .args([directory, &recipe])
            .env("XDG_CACHE_HOME", project("target"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        wait_until(kernel, || {
            let ended = program.try_wait().expect("its state");
            assert_eq!(ended, None, "{kernel} was not started");
            // By then the guest is working or has finished.
            !vm_processes(kernel, directory).is_empty() && directory.join("shared/runs").exists()
        });
        program.kill().expect("it can be killed");
        program.wait().expect("its end");
        wait_until("the end of all of it", || vm_processes(kernel, directory).is_empty());
    }
    Ok(())
}
