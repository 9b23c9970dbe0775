//! Combinations of init system, key, firmware, boot loader and layout: each is installed, and its disk boots; some are
//! updated to a second kernel and boot again. To add one, add a row to [`COMBINATIONS`].

use std::collections::BTreeMap;
use std::path::Path;

use gscript::run::trial::{BOOT_ERRORS, INIT_MESSAGE, LOGIN_PROMPT, PROMPTS, SYSVINIT_GREETING};
use gscript::vm::{Firmware, Turn};

use super::booted;
use super::combination::{Combination, Init, Layout, Loader, Unlock};
use super::installed::{
    PASSPHRASE, PcSetup, STICK, cache, heard, require_machines, run_in_lab, run_script, secret,
    write_private,
};
use super::whole::{CHAIN, FALLBACK, install_until, stage3};
use crate::guest::Lab;
use crate::harness::{Missing, Outcome, Test, Tier, Unit};
use crate::support::dsl::project;

use Init::{Openrc, Systemd};
use Layout::{Btrfs, Lvm};
use Loader::{Grub, SystemdBoot, Uki};
use Unlock::{Fallback, Gpg, Key, Passphrase};

const BIOS: Firmware = Firmware::Bios;
const EFI: Firmware = Firmware::Efi;

/// The combinations that no other test boots. The layout with btrfs takes a key file and boots by EFI; systemd-boot and
/// unified kernel images need EFI.
pub const COMBINATIONS: &[Combination] = &[
    Combination::new(Openrc, Passphrase, EFI, Uki, Lvm).updated(),
    Combination::new(Openrc, Key, EFI, SystemdBoot, Btrfs),
    Combination::new(Openrc, Passphrase, EFI, SystemdBoot, Lvm).updated(),
    Combination::new(Openrc, Passphrase, EFI, Grub, Lvm).updated(),
    Combination::new(Openrc, Gpg, EFI, SystemdBoot, Lvm),
    Combination::new(Openrc, Gpg, EFI, Uki, Lvm),
    Combination::new(Openrc, Fallback, BIOS, Grub, Lvm),
    Combination::new(Openrc, Fallback, EFI, Uki, Lvm),
    Combination::new(Openrc, Key, EFI, Grub, Btrfs),
    Combination::new(Openrc, Key, EFI, Uki, Btrfs),
    Combination::new(Systemd, Passphrase, EFI, Grub, Lvm),
    Combination::new(Systemd, Passphrase, EFI, SystemdBoot, Lvm).updated(),
    Combination::new(Systemd, Passphrase, EFI, Uki, Lvm),
    Combination::new(Systemd, Gpg, EFI, Grub, Lvm),
    Combination::new(Systemd, Gpg, EFI, SystemdBoot, Lvm),
    Combination::new(Systemd, Fallback, EFI, SystemdBoot, Lvm),
    Combination::new(Systemd, Key, EFI, Grub, Btrfs),
    Combination::new(Systemd, Key, EFI, SystemdBoot, Btrfs),
    Combination::new(Systemd, Key, EFI, Uki, Btrfs),
];

/// The test of the table in `tests/README.md`.
pub const TESTS: &[Test] = &[Test {
    name: "boots::matrix: tests/README.md lists every combination",
    tier: Tier::Test,
    takes: 1,
    run: table,
}];

/// Returns a test for each combination.
pub fn units() -> impl Iterator<Item = Unit> {
    COMBINATIONS.iter().map(|one| {
        let run = move || {
            let done = boots(one).map(|()| booted::record(&one.to_string()));
            let outcome =
                done.map_or_else(|Missing(why)| Outcome::Skipped(why), |()| Outcome::Passed);
            BTreeMap::from([(String::new(), outcome)])
        };
        let (name, cases) = (format!("boots::matrix: {one}"), vec![String::new()]);
        Unit { name, tier: Tier::Torture, takes: 600, cases, run: Box::new(run) }
    })
}

/// Compares the table with the combinations and those that were seen booting; with `GSCRIPT_WRITE_DOCS` it is written.
#[allow(clippy::unnecessary_wraps, reason = "the type of all tests")]
fn table() -> Result<(), Missing> {
    const HEAD: &str = "| init | unlocked by | firmware | boot loader | layout | update | booted |\n|---|---|---|---|---|---|---|\n";
    let path = project("tests/README.md");
    let readme = std::fs::read_to_string(&path).expect("the file");
    let names: Vec<String> = COMBINATIONS.iter().map(Combination::to_string).collect();
    let write = std::env::var_os("GSCRIPT_WRITE_DOCS").is_some();
    if write {
        booted::tidy(&names);
    }
    let months = booted::months();
    let unknown = months.keys().find(|name| !names.contains(name));
    assert_eq!(unknown, None, "booted.txt has a combination that is not tested");
    let row = |one: &Combination| one.row(months.get(&one.to_string()).map(String::as_str));
    let rows: String = COMBINATIONS.iter().map(row).collect();
    let (before, after) = readme.split_once(HEAD).expect("the head of the table");
    let old = after.split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let end: usize = old.map(str::len).sum();
    if write {
        let new = format!("{before}{HEAD}{rows}{}", &after[end..]);
        std::fs::write(path, new).expect("the file");
        return Ok(());
    }
    assert_eq!(&after[..end], rows, "write it with GSCRIPT_WRITE_DOCS=1");
    Ok(())
}

/// Installs a combination, and boots it.
fn boots(one: &Combination) -> Result<(), Missing> {
    require_machines()?;
    let directory = tempfile::tempdir().expect("a directory");
    match one.layout {
        Layout::Lvm => lvm(one, directory.path()),
        Layout::Btrfs => btrfs(one),
    }
}

/// Checks which boot loader started the kernel, by what it passes to the kernel and prints.
#[track_caller]
fn check_loader(one: &Combination, console: &str) {
    let grub = console.contains("GNU GRUB") || console.contains("Booting `");
    let entry = console.contains("initrd=\\gentoo\\");
    let expected = match one.loader {
        Loader::Grub => (true, false),
        Loader::SystemdBoot => (false, true),
        Loader::Uki => (false, false),
    };
    assert_eq!((grub, entry), expected, "{one}: {console}");
    let in_initramfs = console.contains("Running in initrd");
    let wanted = one.init == Systemd && one.unlock == Passphrase;
    assert_eq!(in_initramfs, wanted, "{one}: {console}");
}

fn lvm(one: &Combination, directory: &Path) -> Result<(), Missing> {
    let firmware = if one.firmware == BIOS { "bios" } else { "efi" };
    let sets = one.sets();
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    // The trial ends as soon as sysvinit runs, before the services of OpenRC.
    let reaches: &[&str] =
        if one.init == Openrc { &[SYSVINIT_GREETING] } else { &[INIT_MESSAGE, CHAIN] };
    let installed = install_until(reaches, directory, one.stage3(), firmware, &sets)?;
    check_loader(one, &installed.console);
    let prompt = PROMPTS.iter().any(|prompt| installed.console.contains(prompt));
    assert_eq!(prompt, matches!(one.unlock, Gpg | Passphrase), "{}", installed.console);
    let plugged = PcSetup { firmware: one.firmware, ..installed.plugged() };
    match (one.init, one.unlock) {
        (Systemd, _) => check_reports(one, &installed.console),
        (Openrc, Gpg | Passphrase) => drop(services_run(one, &plugged, Some(PASSPHRASE))),
        (Openrc, Key | Fallback) => drop(services_run(one, &plugged, None)),
    }
    if one.unlock == Fallback {
        services_run(one, &PcSetup { stick: None, ..plugged }, Some(FALLBACK));
    }
    if one.update {
        let kernel = run_script("tests/lab/boots/second_kernel.sh", &[&cache()])?;
        let lab = installed.copied();
        let kernel = kernel.to_string_lossy();
        let vars = [("PASSPHRASE", PASSPHRASE), ("KERNEL", &*kernel)];
        run_in_lab(&lab, "boots/update_kernel.sh", &vars)?;
        let updated = PcSetup { firmware: one.firmware, ..PcSetup::of(&lab) };
        let console = services_run(one, &PcSetup { stick: None, ..updated }, Some(PASSPHRASE));
        check_loader(one, &console);
        let version = std::fs::read_to_string(lab.path().join("version")).expect("the version");
        let line = format!("Linux version {} ", version.trim());
        assert!(console.contains(&line) && !installed.console.contains(&line), "{console}");
    }
    Ok(())
}

/// Boots until all services have run, with OpenRC also until a user can log in. Returns what the console shows.
#[track_caller]
fn services_run(one: &Combination, plugged: &PcSetup, passphrase: Option<&str>) -> String {
    let typed = passphrase.map(secret);
    let asked =
        typed.as_ref().map(|typed| Turn { when: &PROMPTS, reply: Some(typed), optional: false });
    let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
    let login = Turn { when: &[LOGIN_PROMPT], reply: None, optional: false };
    let turns: Vec<Turn<'_>> =
        asked.into_iter().chain([reached]).chain((one.init == Openrc).then_some(login)).collect();
    let said = heard(plugged.talk(&turns, &BOOT_ERRORS));
    assert!(!said.echoed, "{}", said.console);
    check_reports(one, &said.console);
    said.console
}

/// Checks what the installed system prints after the last service.
#[track_caller]
fn check_reports(one: &Combination, console: &str) {
    let chain = if one.layout == Layout::Lvm { CHAIN } else { " (crypt part disk)" };
    for line in one.reports().iter().chain([&chain]) {
        assert!(console.contains(line), "{one}: no {line}: {console}");
    }
}

/// The disk is a loop device: GRUB does not recognize partitions of `/dev/ubda`.
fn btrfs(one: &Combination) -> Result<(), Missing> {
    let lab = Lab::new(&["2G", STICK]);
    stage3(lab.path(), one.stage3())?;
    write_private(&lab.path().join("answers.toml"), "root_password = \"an otter\"\n");
    let sets = one.sets().join(" ");
    run_in_lab(&lab, "boots/gentoo.sh", &[("SETS", &sets)])?;
    let efi = PcSetup { firmware: EFI, ..PcSetup::of(&lab) };
    check_loader(one, &services_run(one, &efi, None));
    Ok(())
}
