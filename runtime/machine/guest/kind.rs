//! The kinds of guests. Each has a file of its own here and in `system/real/guest/`; nothing else distinguishes them.

use serde::{Deserialize, Serialize};

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
