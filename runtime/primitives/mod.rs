//! The primitives, one file or directory per domain.
//!
//! To add a primitive, declare its parameters with [`crate::args!`], implement `Action` or `Query`
//! in the same file, and add a line to [`crate::primitives::registry::PRIMITIVES`].

pub(crate) mod boot;
pub(crate) mod btrfs;
mod cgroup;
pub(crate) mod chroot;
mod contents;
pub(crate) mod copies;
pub(crate) mod crypt;
pub(crate) mod crypttab;
pub(crate) mod disk;
mod distcc;
mod edit;
pub(crate) mod file;
pub(crate) mod fs;
pub(crate) mod fstab;
mod guests;
pub(crate) mod journal;
pub(crate) mod kernel;
pub(crate) mod key;
mod libvirt;
pub(crate) mod luks;
pub(crate) mod lvm;
mod lxc;
pub(crate) mod md;
pub(crate) mod mount;
mod net;
pub(crate) mod plan;
pub(crate) mod portage;
mod primitive;
mod qemu;
pub mod registry;
pub(crate) mod service;
pub(crate) mod stage3;
pub(crate) mod system;
pub(crate) mod text;
mod uml;
mod virtiofs;

pub use portage::{BuildErrorInfo, PackageLog, package_logs};

use crate::machine::{Device, Machine};
use crate::system::{Cmd, Step};

/// Returns the step that erases the signatures of a device, if the device may have any. Otherwise
/// later tools could still detect the old contents.
fn wipe(device: &Device) -> Option<Step> {
    // Contents that are known only at run time count as present, so that the plan shows the wipe.
    let used = device.content.is_some() || device.table.is_some() || device.unprobed;
    used.then(|| Step::Run(wipefs(&device.path)))
}

/// Returns the steps that erase the signatures of a device and of its partitions, partitions first.
fn wipe_all(device: &Device, machine: &Machine) -> Vec<Step> {
    let parts = machine.partitions(&device.path);
    parts.into_iter().rev().chain([device]).filter_map(wipe).collect()
}

/// Returns a warning for a device that `keep` may preserve but whose contents are still unknown at
/// planning time: the contents of a LUKS container are readable only while it is open.
fn unknown_contents_warning(device: &Device, keep: bool) -> Option<String> {
    (keep && device.unprobed).then(|| {
        format!(
            "the contents of {} are not readable yet: they are kept if they match the requested \
             layout exactly, and lost otherwise",
            device.path
        )
    })
}

/// Returns a wipefs(8) command that takes the lock on the disk that udev honors
/// (`LOCK_BLOCK_DEVICE`).
fn wipefs(device: &str) -> Cmd {
    Cmd::tool("wipefs").args(["--all", device]).env("LOCK_BLOCK_DEVICE", "yes")
}
