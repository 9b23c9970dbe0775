//! A system hibernates, and its initramfs resumes it from the swap in the LUKS container.

use gscript::run::trial::PROMPTS;
use gscript::vm::Turn;

use super::installed::{
    PASSPHRASE, PcSetup, STICK, heard, require_machines, run_in_lab, secret, write_private,
};
use super::whole::stage3;
use crate::guest::Lab;
use crate::harness::{Missing, Test, Tier};

/// Hibernation, with the parameter `hibernate`.
pub const TESTS: &[Test] = &[Test {
    name: "boots::hibernation: the memory is restored from the swap in the container",
    tier: Tier::Torture,
    takes: 400,
    run: resumes,
}];

fn resumes() -> Result<(), Missing> {
    require_machines()?;
    let lab = Lab::new(&["2G", STICK]);
    stage3(lab.path(), Some("hibernation"))?;
    let answers = format!("passphrase = {PASSPHRASE:?}\nroot_password = \"an otter\"\n");
    write_private(&lab.path().join("answers.toml"), &answers);
    run_in_lab(&lab, "boots/install_hibernation.sh", &[])?;
    let typed = secret(PASSPHRASE);
    let asked = Turn { when: &PROMPTS, reply: Some(&typed), optional: false };
    let pc = PcSetup { stick: None, ..PcSetup::of(&lab) };
    let heard_before = |line| {
        let reached = Turn { when: &[line], reply: None, optional: false };
        heard(pc.talk(&[asked.clone(), reached], &[])).console
    };
    // The last message of the kernel, after it has written the memory.
    let first = heard_before("reboot: Power down");
    assert!(first.contains("gscript: hibernates"), "{first}");
    let second = heard_before("discards: 1, issue_discards=1");
    assert!(second.contains("gscript: resumed"), "{second}");
    assert!(!second.contains("gscript: hibernates"), "{second}");
    Ok(())
}
