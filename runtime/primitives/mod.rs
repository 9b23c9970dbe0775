//! The primitives, one file or folder per domain.
//!
//! To add one: write its arguments with [`crate::args!`], implement `Action` or `Query` beside
//! them, and add a line to [`crate::registry::PRIMITIVES`]. Nothing else.

pub mod chroot;
pub mod disk;
pub mod file;
pub mod fs;
pub mod fstab;
pub mod key;
pub mod luks;
pub mod lvm;
pub mod mount;
pub mod stage3;
pub mod text;

use crate::machine::Device;
use crate::system::{Cmd, Step};

/// Removes old signatures from a device, where it has any: what follows must not find them again.
fn wipe(device: &Device) -> Option<Step> {
    let used = device.content.is_some() || device.table.is_some();
    used.then(|| Step::Run(wipefs(&device.path)))
}

/// wipefs(8), holding the lock that udev honours while a tool works on a disk.
fn wipefs(device: &str) -> Cmd {
    Cmd::tool("wipefs").args(["--all", device]).env("LOCK_BLOCK_DEVICE", "yes")
}
