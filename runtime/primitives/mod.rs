//! The primitives, one file or folder per domain.
//!
//! To add one: write its arguments with [`crate::args!`], implement `Action` or `Query` beside
//! them, and add a line to [`crate::primitives::registry::PRIMITIVES`]. Nothing else.

pub(crate) mod boot;
pub(crate) mod btrfs;
pub(crate) mod chroot;
pub(crate) mod crypt;
pub(crate) mod crypttab;
pub(crate) mod disk;
mod edit;
pub(crate) mod file;
pub(crate) mod fs;
pub(crate) mod fstab;
pub(crate) mod journal;
pub(crate) mod kernel;
pub(crate) mod key;
pub(crate) mod luks;
pub(crate) mod lvm;
pub(crate) mod md;
pub(crate) mod mount;
mod net;
pub(crate) mod plan;
pub(crate) mod portage;
mod primitive;
pub mod registry;
pub(crate) mod service;
pub(crate) mod stage3;
pub(crate) mod system;
pub(crate) mod text;

use crate::machine::{Device, Machine};
use crate::system::{Cmd, Step};

/// Removes old signatures from a device, where it has any: what follows must not find them again.
fn wipe(device: &Device) -> Option<Step> {
    // What only the run can see may hold some: the plan shows the worst.
    let used = device.content.is_some() || device.table.is_some() || device.unseen;
    used.then(|| Step::Run(wipefs(&device.path)))
}

/// Removes old signatures from a device and from the partitions on it, inside out.
fn wipe_all(device: &Device, machine: &Machine) -> Vec<Step> {
    let parts = machine.partitions(&device.path);
    parts.into_iter().rev().chain([device]).filter_map(wipe).collect()
}

/// What a person should know about a device that is to stay if it is as wanted, and that nobody
/// has looked at yet: the inside of a container is only seen when it is open.
fn may_stay(device: &Device, keep: bool) -> Option<String> {
    (keep && device.unseen).then(|| {
        format!(
            "nobody can see yet what is in {}: what is exactly as wanted stays, anything else is lost",
            device.path
        )
    })
}

/// wipefs(8), holding the lock that udev honours while a tool works on a disk.
fn wipefs(device: &str) -> Cmd {
    Cmd::tool("wipefs").args(["--all", device]).env("LOCK_BLOCK_DEVICE", "yes")
}
