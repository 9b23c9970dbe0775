//! The software of each kind of guests.

use super::entry::GuestState;
use super::kind::GuestKind;
use super::lxc::Lxc;
use super::qemu::Qemu;
use super::software::Software;
use super::uml::Uml;
use crate::machine::Step;

impl GuestKind {
    const fn software(self) -> &'static dyn Software {
        match self {
            Self::Lxc => &Lxc,
            Self::Qemu => &Qemu,
            Self::Uml => &Uml,
        }
    }

    /// Returns the name in lower case.
    pub fn name(self) -> &'static str {
        self.software().name()
    }

    /// Returns the directory of the directories of its guests, unless another one is given.
    pub fn path(self) -> &'static str {
        self.software().path()
    }

    /// Returns the step that returns a guest, which is named by its directory, to an earlier state.
    pub fn release(self, guest: &str, to: GuestState) -> Step {
        self.software().release(guest, to)
    }
}
