//! A system that hibernates is resumed by the next boot, from a swap volume in the encrypted container.
//!
//! The mode `platform`, which is the kernel's default, powers off by ACPI; the emulated PC supports it with a BIOS and with
//! EFI.

use gscript::run::trial::{INIT_MESSAGE, PROMPTS};
use gscript::vm::{Firmware, Turn, VmError};

use super::installed::{
    PASSPHRASE, PcSetup, STICK, heard, require_machines, run_in_lab, secret, write_private,
};
use super::whole::{CHAIN, stage3};
use crate::guest::Lab;
use crate::harness::{Missing, Test, Tier};

/// By each firmware, which powers the machine off.
pub const TESTS: &[Test] = &[
    Test {
        name: "boots::hibernation: a system that a BIOS boots is resumed",
        tier: Tier::Torture,
        takes: 500,
        run: || resumed("bios", Firmware::Bios),
    },
    Test {
        name: "boots::hibernation: a system that EFI boots is resumed",
        tier: Tier::Torture,
        takes: 500,
        run: || resumed("efi", Firmware::Efi),
    },
];

/// What init prints before it hibernates; the identifier of the boot follows.
const HIBERNATES: &str = "hibernates as ";
/// What it prints when it runs again.
const AWAKE: &str = "awake as ";

/// Returns the identifier of the boot after this text.
#[track_caller]
fn boot_after<'a>(console: &'a str, text: &str) -> &'a str {
    let (_, after) = console.split_once(text).unwrap_or_else(|| panic!("no {text}: {console}"));
    after.get(..36).unwrap_or_else(|| panic!("no identifier: {console}"))
}

fn resumed(word: &str, firmware: Firmware) -> Result<(), Missing> {
    require_machines()?;
    let lab = Lab::new(&["2500M", STICK]);
    stage3(lab.path(), &["hibernate"])?;
    let answers = format!("passphrase = {PASSPHRASE:?}\nroot_password = \"an otter\"\n");
    write_private(&lab.path().join("answers.toml"), &answers);
    run_in_lab(&lab, "boots/install_hibernate.sh", &[("FIRMWARE", word)])?;
    let pc = PcSetup { firmware, stick: None, ..PcSetup::of(&lab) };
    let typed = secret(PASSPHRASE);
    let asked = Turn { when: &PROMPTS, reply: Some(&typed), optional: false };
    let awake = Turn { when: &[AWAKE], reply: None, optional: false };
    // The machine powers itself off, before it is awake again.
    let first = match pc.talk(&[asked.clone(), awake], &[]) {
        Err(VmError::Silent { limit: None, console, .. }) => console.join("\n"),
        other => panic!("not powered off: {other:?}"),
    };
    let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
    let second = heard(pc.talk(&[asked, reached], &[HIBERNATES])).console;
    assert_eq!(boot_after(&first, HIBERNATES), boot_after(&second, AWAKE), "{first}\n{second}");
    assert!(second.contains(CHAIN), "{second}");
    Ok(())
}
