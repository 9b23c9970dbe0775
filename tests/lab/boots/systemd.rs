//! A root with systemd is opened: by dracut with a key file on the stick, and by systemd in the initramfs
//! with a passphrase.

use gscript::run::trial::PROMPTS;
use gscript::vm::Turn;

use super::installed::{PASSPHRASE, PcSetup, heard, require_machines, secret};
use super::whole::{CHAIN, FALLBACK, install};
use crate::harness::{Missing, Test, Tier};

/// Each way to unlock the root.
pub const TESTS: &[Test] = &[
    Test {
        name: "boots::systemd: a key file on the stick boots, and without it a passphrase",
        tier: Tier::Torture,
        takes: 700,
        run: key,
    },
    Test {
        name: "boots::systemd: a passphrase boots",
        tier: Tier::Torture,
        takes: 600,
        run: passphrase,
    },
];

const SETS: [&str; 3] = ["firmware=bios", "init=systemd", "timezone=Etc/UTC"];
/// The message of systemd when it begins to work in the initramfs.
const IN_INITRAMFS: &str = "Running in initrd";

fn key() -> Result<(), Missing> {
    require_machines()?;
    let directory = tempfile::tempdir().expect("a directory");
    let more = [&SETS[..], &["unlock=key"]].concat();
    let installed = install(directory.path(), &["systemd"], "bios", &more)?;
    assert!(!installed.console.contains(IN_INITRAMFS), "{}", installed.console);
    let asked = PROMPTS.iter().any(|prompt| installed.console.contains(prompt));
    assert!(!asked, "{}", installed.console);
    // Without the stick, dracut stops waiting for it and requests a passphrase.
    let typed = secret(FALLBACK);
    let asked = Turn { when: &PROMPTS, reply: Some(&typed), optional: false };
    let reached = Turn { when: &[CHAIN], reply: None, optional: false };
    let without = PcSetup { stick: None, ..installed.plugged() };
    let said = heard(without.talk(&[asked, reached], &[]));
    assert!(!said.echoed, "{}", said.console);
    Ok(())
}

fn passphrase() -> Result<(), Missing> {
    require_machines()?;
    let directory = tempfile::tempdir().expect("a directory");
    let more = [&SETS[..], &["unlock=passphrase", "trim=true"]].concat();
    let installed = install(directory.path(), &["systemd"], "bios", &more)?;
    let said = &installed.console;
    assert!(said.contains(IN_INITRAMFS) && said.contains(PROMPTS[2]), "{said}");
    assert!(said.contains("discards: 1") && !said.contains(PASSPHRASE), "{said}");
    Ok(())
}
