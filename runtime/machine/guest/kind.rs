//! The kinds of guests. Each has a file of its own here and in `system/real/guest/`; nothing else distinguishes them.

use serde::{Deserialize, Serialize};

use super::entry::GuestState;
use super::lxc::Lxc;
use super::qemu::Qemu;
use super::uml::Uml;
use crate::machine::Step;

/// The software that runs a guest.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum GuestKind {
    /// LXC: a container with an init of its own.
    #[default]
    Lxc,
    /// QEMU: a virtual machine with a kernel of its own.
    Qemu,
    /// User Mode Linux: a kernel that runs as a program.
    Uml,
}

/// What a kind of guests determines.
pub(super) trait Software {
    /// Returns the name of the kind.
    fn name(&self) -> &'static str;

    /// Returns the directory of the directories of its guests, unless another one is given.
    fn path(&self) -> &'static str;

    /// Returns the step that returns a guest, which is named by its directory, to an earlier state. It ends in a limited time.
    fn release(&self, guest: &str, to: GuestState) -> Step;
}

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
