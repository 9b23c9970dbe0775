//! What was installed boots: the disk that a recipe made in the virtual machine starts an emulated PC, from
//! its own boot sector, with the stick as a USB device, down to the first process on the encrypted root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use gscript::system::Interrupts;
use gscript::system::vm::{Console, Firmware, Pc, Said, Turn, VmError, find_emulator, find_kernel};
use gscript::trial::REACHED;
use gscript::types::{Secret, Size};
use tempfile::TempDir;

use crate::dsl::{PROGRAM, project};
use crate::lab::skip;

const PASSPHRASE: &str = "correct horse, battery!";
/// What the first process says of the root's way down to the disk.
const CHAIN: &str = "/dev/mapper/vg-root (lvm crypt part disk)";
const LIMIT: Duration = Duration::from_mins(4);

/// A disk and a stick, as an installation left them.
struct Installed {
    folder: TempDir,
    console: String,
}

struct Silent;

impl Console for Silent {
    fn line(&mut self, _line: &str) {}
}

/// `gscript try --boot` of the lab's recipe. `None`: there is no virtual machine here.
fn try_boot(test: &str, firmware: &str, sets: &[&str]) -> Option<Installed> {
    for missing in [find_kernel().err(), find_emulator().err()].into_iter().flatten() {
        skip(test, &missing.to_string());
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let answers = folder.path().join("given.toml");
    fs::write(&answers, format!("passphrase = {PASSPHRASE:?}\n")).expect("answers");
    fs::set_permissions(&answers, fs::Permissions::from_mode(0o600)).expect("only ours");
    let output = Command::new(PROGRAM)
        .args(["try", "--disk", "1G", "--usb", "64M", "--memory", "512M", "--boot", firmware])
        .args([Path::new("--keep"), folder.path(), Path::new("--answers"), &answers])
        .args(sets.iter().flat_map(|set| ["--set", set]))
        .arg(project("tests/lab/boot.rhai"))
        .env("XDG_CACHE_HOME", project("target"))
        .output()
        .expect("the program");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let console = said(&output.stdout) + said(&output.stderr).as_str();
    assert!(output.status.success(), "{test}: {console}");
    assert!(console.contains(&format!("{REACHED}{CHAIN}")), "{test}: {console}");
    assert!(!console.contains(PASSPHRASE), "{test}: the passphrase is shown");
    Some(Installed { folder, console })
}

/// One with a key that GPG protects serves several tests, one after the other.
fn with_gpg(test: &str) -> Option<&'static Mutex<Installed>> {
    static INSTALLED: OnceLock<Option<Mutex<Installed>>> = OnceLock::new();
    INSTALLED.get_or_init(|| try_boot(test, "bios", &[]).map(Mutex::new)).as_ref()
}

impl Installed {
    fn stick(&self) -> PathBuf {
        self.folder.path().join("stick.img")
    }

    /// Boots it once more.
    fn boot(&self, stick: bool, turns: &[Turn<'_>], never: &[&str]) -> Result<Said, VmError> {
        let plugged = stick.then(|| self.stick());
        let pc = Pc {
            firmware: Firmware::Bios,
            disk: &self.folder.path().join("disk.img"),
            sectors_4k: false,
            stick: plugged.as_deref(),
            memory: Size::mib(768),
            folder: self.folder.path(),
            limit: LIMIT,
        };
        pc.boot(turns, never, &Interrupts::default(), &mut Silent)
    }
}

fn secret(text: &str) -> Secret {
    Secret::new("passphrase", text.as_bytes().to_vec())
}

fn boots(test: &str, firmware: &str, sets: &[&str]) {
    try_boot(test, firmware, sets);
}

#[test]
fn the_installed_disk_boots_with_a_key_on_the_stick_and_its_passphrase() {
    let test = "the_installed_disk_boots_with_a_key_on_the_stick_and_its_passphrase";
    let Some(installed) = with_gpg(test) else { return };
    let installed = installed.lock().expect("it");
    // It was asked for by the stick's key, not by the container itself.
    assert!(installed.console.contains("Password (/key.gpg on "), "{}", installed.console);
}

#[test]
fn without_the_stick_the_root_is_not_reached_and_a_passphrase_is_asked_for() {
    let test = "without_the_stick_the_root_is_not_reached_and_a_passphrase_is_asked_for";
    let Some(installed) = with_gpg(test) else { return };
    let installed = installed.lock().expect("it");
    // The passphrase of the key on the stick is none of the container.
    let typed = secret(PASSPHRASE);
    let asked = Turn { when: &["Password (", "passphrase"], reply: Some(&typed), optional: false };
    let again = Turn {
        when: &["Password (", "passphrase", "No key available"],
        reply: None,
        optional: false,
    };
    let said = installed.boot(false, &[asked, again], &[REACHED]);
    let said = said.unwrap_or_else(|error| panic!("{error}\n{}", error.console().join("\n")));
    assert!(!said.console.contains("/key.gpg on"), "{}", said.console);
    assert!(!said.echoed, "{}", said.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_wrong_passphrase_then_the_right_one() {
    let test = "torture_boot_with_a_wrong_passphrase_then_the_right_one";
    let Some(installed) = with_gpg(test) else { return };
    let installed = installed.lock().expect("it");
    let (wrong, right) = (secret("not this one, battery!"), secret(PASSPHRASE));
    let turns = [
        Turn { when: &["Password ("], reply: Some(&wrong), optional: false },
        Turn { when: &["Password ("], reply: Some(&right), optional: false },
        Turn { when: &[REACHED], reply: None, optional: false },
    ];
    let said = installed.boot(true, &turns, &[]);
    let said = said.unwrap_or_else(|error| panic!("{error}\n{}", error.console().join("\n")));
    assert!(said.console.contains(CHAIN) && !said.echoed, "{}", said.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_by_efi() {
    boots("torture_boot_by_efi", "efi", &["firmware=efi"]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_passphrase_only() {
    boots("torture_boot_with_a_passphrase_only", "bios", &["unlock=passphrase"]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_plain_key() {
    boots("torture_boot_with_a_plain_key", "bios", &["unlock=key"]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_the_key_of_a_second_slot() {
    boots("torture_boot_with_the_key_of_a_second_slot", "bios", &["unlock=key", "second=true"]);
}
