//! A passphrase is typed on the keyboard of the machine, with its layout.

use gscript::run::trial::INIT_MESSAGE;
use gscript::vm::Turn;

use super::installed::{
    DISK, PcSetup, STICK, heard, require_machines, run_in_lab, secret, write_private,
};
use super::whole::stage3;
use crate::guest::Lab;
use crate::harness::{Missing, Test, Tier};

/// The layout at the passphrase prompt.
pub const TESTS: &[Test] = &[Test {
    name: "boots::keyboard: a passphrase with y and z is typed on a German keyboard",
    tier: Tier::Torture,
    takes: 300,
    run: german,
}];

const ANSWERS: &str = "passphrase = \"zwei yaks\"\nroot_password = \"an otter\"\n";
/// The keys to press for this passphrase, by their labels on a US keyboard: y and z are swapped.
const KEYS: [&str; 10] = ["y", "w", "e", "i", "spc", "z", "a", "k", "s", "ret"];
/// The message of dracut before it requests the passphrase.
const OPENING: &str = "dracut: luksOpen ";
/// The number of times that the passphrase is typed, 5 s apart: what is typed before the prompt is
/// lost, and the prompt is not on the serial line.
const TIMES: usize = 8;

fn german() -> Result<(), Missing> {
    require_machines()?;
    let lab = Lab::new(&[DISK, STICK]);
    stage3(lab.path(), &["keymap"])?;
    write_private(&lab.path().join("answers.toml"), ANSWERS);
    run_in_lab(&lab, "boots/install_keymap.sh", &[])?;
    let line = KEYS.map(|key| format!("sendkey {key}\n")).concat();
    let typed = secret(&format!("\u{1}c{}\u{1}c", (line + "sendkey shift 5000\n").repeat(TIMES)));
    let asked = Turn { when: &[OPENING], reply: Some(&typed), optional: false };
    let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
    let pc = PcSetup { stick: None, keyboard: true, ..PcSetup::of(&lab) };
    let said = heard(pc.talk(&[asked, reached], &[]));
    let chain = "/dev/mapper/vg_hostos-root (lvm crypt part disk)";
    assert!(said.console.contains(chain), "{}", said.console);
    assert!(!said.console.contains("zwei yaks"), "{}", said.console);
    Ok(())
}
