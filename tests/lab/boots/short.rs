//! What was installed boots: the disk that a recipe made in the virtual machine starts an emulated PC, from
//! its own boot sector, with the stick as a USB device, down to the first process on the encrypted root.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use gscript::run::trial::{Media, PROMPTS};
use gscript::system::Interrupts;
use gscript::vm::{Firmware, Turn};

use crate::lab::boots::installed::{
    COMMON, DISK, Installed, LIMIT, PASSPHRASE, Plugged, SHORT, STICK, Shared, Trial, cache, heard,
    in_lab, possible, secret, shared, write_private,
};
use crate::lab::guest::Lab;
use crate::lab::torture::power::build_cut;
use crate::support::dsl::{PROGRAM, project};

fn write_answers(path: &Path) {
    write_private(path, &format!("passphrase = {PASSPHRASE:?}\n"));
}

/// The lab's recipe. `None`: there is no virtual machine here.
fn try_boot(test: &str, folder: &Path, firmware: &str, sets: &[&str]) -> Option<Installed> {
    let trial = Trial { firmware, sets, ..SHORT };
    possible(test).then(|| trial.boots(test, folder))
}

/// One with a key that GPG protects.
fn with_gpg(test: &str) -> Option<MutexGuard<'static, Installed>> {
    static INSTALLED: Shared = OnceLock::new();
    shared(&INSTALLED, test, "boots", |folder| try_boot(test, folder, "bios", &[]))
}

/// A machine of the lab with what the recipe needs. `None`: there is none here.
fn material(test: &str) -> Option<Lab> {
    if !possible(test) {
        return None;
    }
    let lab = Lab::new(&[DISK, STICK]);
    Media::bootable(lab.path(), &cache(), &Interrupts::default(), &mut |_| ())
        .expect("the stand-in");
    write_answers(&lab.path().join("answers.toml"));
    Some(lab)
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_key_that_gpg_protects() {
    let Some(installed) = with_gpg("torture_boot_with_a_key_that_gpg_protects") else { return };
    // It was asked for by the stick's key, not by the container itself.
    assert!(installed.console.contains("Password (/key.gpg on "), "{}", installed.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_wrong_passphrase_then_the_right_one() {
    let Some(installed) = with_gpg("torture_boot_with_a_wrong_passphrase_then_the_right_one")
    else {
        return;
    };
    installed.plugged().reaches(&["not this one, battery!", PASSPHRASE]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_by_efi() {
    let test = "torture_boot_by_efi";
    let folder = tempfile::tempdir().expect("a folder");
    let Some(installed) = try_boot(test, folder.path(), "efi", &["firmware=efi"]) else { return };
    assert!(installed.console.contains("Password (/key.gpg on "), "{}", installed.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_passphrase_only() {
    let test = "torture_boot_with_a_passphrase_only";
    let folder = tempfile::tempdir().expect("a folder");
    let Some(installed) = try_boot(test, folder.path(), "bios", &["unlock=passphrase"]) else {
        return;
    };
    let nothing = Plugged { stick: None, ..installed.plugged() };
    nothing.reaches(&[PASSPHRASE]);
}

/// Nobody is asked.
fn opens_by_itself(test: &str, sets: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(installed) = try_boot(test, folder.path(), "bios", sets) else { return };
    let asked = PROMPTS.iter().any(|prompt| installed.console.contains(prompt));
    assert!(!asked, "{}", installed.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_plain_key() {
    opens_by_itself("torture_boot_with_a_plain_key", &["unlock=key"]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_the_key_of_a_second_slot() {
    let sets = ["unlock=key", "second=true"];
    opens_by_itself("torture_boot_with_the_key_of_a_second_slot", &sets);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_header_that_came_back_from_its_copy() {
    let test = "torture_boot_with_a_header_that_came_back_from_its_copy";
    let Some(installed) = with_gpg(test) else { return };
    let lab = installed.copied();
    in_lab(
        &lab,
        test,
        "must cryptsetup isLuks /dev/ubda3
        must dd if=/dev/zero of=/dev/ubda3 bs=1M count=16 conv=fsync 2>/dev/null
        must_not cryptsetup isLuks /dev/ubda3
        do_ 'mount::mount(\"/dev/ubdb1\", \"/mnt/key\", #{ options: \"umask=0077\" });
            luks::restore_header(\"/dev/ubda3\", \"/mnt/key/root.header\");
            mount::unmount(\"/mnt/key\");'
        nothing_left",
    );
    Plugged::of(&lab).reaches(&[PASSPHRASE]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_from_a_disk_with_sectors_of_4_kib() {
    let test = "torture_boot_from_a_disk_with_sectors_of_4_kib";
    let Some(lab) = material(test) else { return };
    in_lab(
        &lab,
        test,
        "must modprobe loop max_part=8
        DISK=$(losetup --find --show --partscan --sector-size 4096 /dev/ubda)
        must test \"$(blockdev --getss $DISK)\" = 4096
        stick
        must install_ --set firmware=efi
        must losetup -d $DISK
        nothing_left",
    );
    let efi = Plugged { firmware: Firmware::Efi, sectors_4k: true, ..Plugged::of(&lab) };
    efi.reaches(&[PASSPHRASE]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_by_the_firmwares_own_list() {
    let test = "torture_boot_by_the_firmwares_own_list";
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["firmware=efi", "unlock=passphrase"];
    let Some(installed) = try_boot(test, folder.path(), "efi", &sets) else { return };
    let lab = installed.copied();
    in_lab(&lab, test, &include_str!("nvram.sh").replace("PASSPHRASE", PASSPHRASE));
    let efi = Plugged { firmware: Firmware::Efi, stick: None, ..Plugged::of(&lab) };
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
    // The firmware says what it starts: the entry, by the disk's partition, and not the disk.
    let console = efi.reaches(&[PASSPHRASE]);
    assert!(console.contains("starting Boot0003 \"grub\" from HD(1,GPT"), "{console}");
}

/// The number of the record that says that this action is done.
fn record_of(journal: &str, action: &str) -> usize {
    let records: Vec<serde_json::Value> =
        journal.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let begin = records.iter().find(|record| record["name"] == action).expect("its beginning");
    let is_done = |r: &serde_json::Value| r["record"] == "done" && r["call"] == begin["call"];
    records.iter().position(is_done).expect("its end") + 1
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_after_the_power_was_cut_between_initramfs_and_boot_loader() {
    let test = "torture_boot_after_the_power_was_cut_between_initramfs_and_boot_loader";
    let Some(place) = with_gpg(test).map(|it| record_of(&it.journal(), "kernel.initramfs")) else {
        return;
    };
    let lab = material(test).expect("there was one a moment ago");
    build_cut(&lab);
    let until = format!(
        "{COMMON}\nstick\nexport CUT_RECORD={place} CUT_SIGN=$OUT/cut\n\
         LD_PRELOAD=$OUT/cut.so install_; echo \"not cut off: $?\""
    );
    let (console, cut) = lab.cut(test, &until).expect("a machine");
    assert!(cut, "{console}");
    in_lab(
        &lab,
        test,
        "journal=$(ls $RUNS/*/journal.jsonl)
        must_not grep -q boot.grub_install $journal
        must \"$G\" resume --journal $RUNS \"${ANSWERS[@]}\" --yes --destroy /dev/ubda
        must grep -q boot.grub_install $journal
        [ \"$(grep -c '\"name\":\"kernel.initramfs\"' $journal)\" = 1 ] || { echo 'made again'; exit 1; }
        nothing_left",
    );
    Plugged::of(&lab).reaches(&[PASSPHRASE]);
}

/// The processes of a virtual machine that was given a file of this folder.
fn machines(kernel: &str, folder: &Path) -> Vec<String> {
    let folder = folder.to_string_lossy();
    let ours = |entry: std::io::Result<fs::DirEntry>| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let program = line.split(' ').next().is_some_and(|program| program.ends_with(kernel));
        (program && line.contains(&*folder)).then_some(line)
    };
    fs::read_dir("/proc").expect("processes").filter_map(ours).collect()
}

/// Waits for something that happens sooner or later.
#[track_caller]
fn comes(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < LIMIT, "{what}: never");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_virtual_machine_ends_with_the_program_that_was_killed() {
    if !possible("a_virtual_machine_ends_with_the_program_that_was_killed") {
        return;
    }
    for kernel in ["linux.uml", "qemu-system-x86_64"] {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let recipe = folder.join("table.rhai");
        // Nothing is on it that could boot, but the firmware has to look for it.
        let table = "disk::partition(\"/dev/ubda\", [#{ size: \"rest\", kind: \"efi\" }]);";
        fs::write(&recipe, table).expect("a recipe");
        let mut program = Command::new(PROGRAM)
            .args(["try", "--disk", "8M", "--usb", "8M", "--boot=efi", "--keep"])
            .args([folder, &recipe])
            .env("XDG_CACHE_HOME", project("target"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        comes(kernel, || {
            let ended = program.try_wait().expect("its state");
            assert_eq!(ended, None, "{kernel} was not started");
            // The guest works by then, or has.
            !machines(kernel, folder).is_empty() && folder.join("shared/runs").exists()
        });
        program.kill().expect("it can be killed");
        program.wait().expect("its end");
        comes("the end of all of it", || machines(kernel, folder).is_empty());
    }
}
