//! Guests of User Mode Linux: a kernel that is a program of an ordinary user.

pub(super) mod step;

use super::entry::GuestState;
use super::software::Software;
use super::step::GuestStep;
use crate::machine::Step;
use step::{UML_PATH, UmlStep};

/// How long a guest may take to shut down when a run cleans up, in seconds.
const PATIENCE: u32 = 10;

/// User Mode Linux.
pub(super) struct Uml;

impl Software for Uml {
    fn name(&self) -> &'static str {
        "uml"
    }

    fn path(&self) -> &'static str {
        UML_PATH
    }

    fn release(&self, guest: &str, _to: GuestState) -> Step {
        let guest = guest.to_owned();
        GuestStep::Uml(UmlStep::Stop { guest, wait: PATIENCE, kill: true }).into()
    }
}
