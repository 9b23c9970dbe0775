//! Combinations of init system, key, firmware, boot loader and layout: each is installed, and its disk boots; some are
//! updated to a second kernel and boot again. To add one, add a row to [`COMBINATIONS`].

use std::collections::BTreeMap;
use std::path::Path;

use gscript::run::trial::{INIT_MESSAGE, PROMPTS};
use gscript::vm::{Firmware, Turn};

use super::combination::{Combination, Init, Layout, Loader, Unlock};
use super::installed::{
    PASSPHRASE, PcSetup, STICK, cache, heard, require_machines, run_in_lab, run_script, secret,
    write_private,
};
use super::whole::{FALLBACK, install, stage3};
use crate::guest::Lab;
use crate::harness::{Missing, Outcome, Test, Tier, Unit};
use crate::support::dsl::project;

use Init::{Report, Systemd};
use Layout::{Btrfs, Lvm};
use Loader::{Grub, SystemdBoot, Uki};
use Unlock::{Fallback, Gpg, Key, Passphrase};

const BIOS: Firmware = Firmware::Bios;
const EFI: Firmware = Firmware::Efi;

/// The combinations that no other test boots. The layout with btrfs takes a key file and boots by EFI; systemd-boot and
/// unified kernel images need EFI.
pub const COMBINATIONS: &[Combination] = &[
    Combination::new(Report, Passphrase, EFI, Uki, Lvm).lab().updated(),
    Combination::new(Report, Key, EFI, SystemdBoot, Btrfs).lab(),
    Combination::new(Report, Passphrase, EFI, SystemdBoot, Lvm).updated(),
    Combination::new(Report, Passphrase, EFI, Grub, Lvm).updated(),
    Combination::new(Report, Gpg, EFI, SystemdBoot, Lvm),
    Combination::new(Report, Gpg, EFI, Uki, Lvm),
    Combination::new(Report, Fallback, BIOS, Grub, Lvm),
    Combination::new(Report, Fallback, EFI, Uki, Lvm),
    Combination::new(Report, Key, EFI, Grub, Btrfs),
    Combination::new(Report, Key, EFI, Uki, Btrfs),
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
            let done = boots(one);
            let outcome =
                done.map_or_else(|Missing(why)| Outcome::Skipped(why), |()| Outcome::Passed);
            BTreeMap::from([(String::new(), outcome)])
        };
        let (name, cases) = (format!("boots::matrix: {one}"), vec![String::new()]);
        Unit { name, tier: one.tier, takes: 600, cases, run: Box::new(run) }
    })
}

/// Compares the table with the combinations; with `GSCRIPT_WRITE_DOCS` it is written.
#[allow(clippy::unnecessary_wraps, reason = "the type of all tests")]
fn table() -> Result<(), Missing> {
    const HEAD: &str = "| init | unlocked by | firmware | boot loader | layout | update | runs in |\n|---|---|---|---|---|---|---|\n";
    let path = project("tests/README.md");
    let readme = std::fs::read_to_string(&path).expect("the file");
    let rows: String = COMBINATIONS.iter().map(Combination::row).collect();
    let (before, after) = readme.split_once(HEAD).expect("the head of the table");
    let old = after.split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let end: usize = old.map(str::len).sum();
    if std::env::var_os("GSCRIPT_WRITE_DOCS").is_some() {
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
    let installed = install(directory, one.stage3(), firmware, &sets)?;
    check_loader(one, &installed.console);
    let prompt = PROMPTS.iter().any(|prompt| installed.console.contains(prompt));
    assert_eq!(prompt, matches!(one.unlock, Gpg | Passphrase), "{}", installed.console);
    for line in one.reports() {
        assert!(installed.console.contains(line), "no {line}: {}", installed.console);
    }
    let plugged = PcSetup { firmware: one.firmware, ..installed.plugged() };
    if one.unlock == Fallback {
        passphrase_boots(&PcSetup { stick: None, ..plugged }, FALLBACK);
    }
    if one.update {
        let kernel = run_script("tests/lab/boots/second_kernel.sh", &[&cache()])?;
        let lab = installed.copied();
        let kernel = kernel.to_string_lossy();
        let vars = [("PASSPHRASE", PASSPHRASE), ("KERNEL", &*kernel)];
        run_in_lab(&lab, "boots/update_kernel.sh", &vars)?;
        let updated = PcSetup { firmware: one.firmware, ..PcSetup::of(&lab) };
        let console = passphrase_boots(&PcSetup { stick: None, ..updated }, PASSPHRASE);
        check_loader(one, &console);
        let version = std::fs::read_to_string(lab.path().join("version")).expect("the version");
        let line = format!("Linux version {} ", version.trim());
        assert!(console.contains(&line) && !installed.console.contains(&line), "{console}");
    }
    Ok(())
}

/// Boots without the stick, with a passphrase. Returns what the console shows.
#[track_caller]
fn passphrase_boots(plugged: &PcSetup, passphrase: &str) -> String {
    let typed = secret(passphrase);
    let asked = Turn { when: &PROMPTS, reply: Some(&typed), optional: false };
    let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
    let said = heard(plugged.talk(&[asked, reached], &[]));
    assert!(said.console.contains(super::whole::CHAIN) && !said.echoed, "{}", said.console);
    said.console
}

/// The disk is a loop device: GRUB does not recognize partitions of `/dev/ubda`.
fn btrfs(one: &Combination) -> Result<(), Missing> {
    let lab = Lab::new(&["2G", STICK]);
    stage3(lab.path(), one.stage3())?;
    write_private(&lab.path().join("answers.toml"), "root_password = \"an otter\"\n");
    let sets = one.sets().join(" ");
    run_in_lab(&lab, "boots/gentoo.sh", &[("SETS", &sets)])?;
    let efi = PcSetup { firmware: EFI, ..PcSetup::of(&lab) };
    let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
    let console = heard(efi.talk(&[reached], &[])).console;
    check_loader(one, &console);
    assert!(console.contains(" (crypt part disk)"), "{console}");
    Ok(())
}
