//! Guests of QEMU: virtual machines with a kernel of their own, which outlive the program that starts them.

pub(super) mod step;

use super::entry::GuestState;
use super::software::Software;
use super::step::GuestStep;
use crate::machine::Step;
use step::{QEMU_PATH, QemuStep};

/// How long a guest may take to shut down when a run cleans up, in seconds. Then it is ended.
const PATIENCE: u32 = 10;

/// QEMU.
pub(super) struct Qemu;

impl Software for Qemu {
    fn name(&self) -> &'static str {
        "qemu"
    }

    fn path(&self) -> &'static str {
        QEMU_PATH
    }

    fn release(&self, guest: &str, _to: GuestState) -> Step {
        let stop = QemuStep::Stop { guest: guest.to_owned(), timeout: PATIENCE, kill: true };
        GuestStep::Qemu(stop).into()
    }
}
