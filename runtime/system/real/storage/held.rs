//! Detection of devices that are in use although nothing in the model is on them: by bcache, ZFS,
//! multipath, a manual device-mapper mapping, a mount in another namespace, or a process that writes.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};

use super::claim::mounted_elsewhere;
use super::links::holders_of;
use super::openers::Openers;
use crate::machine::{DeviceKind, Machine, Use};

/// Adds the users of each device that the kernel reports and that the model lacks.
pub(crate) fn with_holders(mut machine: Machine) -> Machine {
    let mut paths: Vec<(usize, String)> = machine
        .storage
        .devices
        .values()
        .filter(|device| device.size > 0 && !matches!(device.kind, DeviceKind::Rom))
        .map(|device| (machine.self_and_ancestors(&device.path).len(), device.path.clone()))
        .collect();
    // From the top down: the user of a partition also holds its disk, and is reported once.
    paths.sort_by(|a, b| b.cmp(a));
    for (_, path) in &paths {
        if let Some(device) = machine.storage.devices.get_mut(path) {
            device.held_by.clear();
        }
    }
    let openers = Openers::find();
    for (_, path) in paths {
        let held_by = held_by(&path, &machine, &openers);
        if let Some(device) = machine.storage.devices.get_mut(&path) {
            device.held_by = held_by;
        }
    }
    machine
}

/// Describes what uses a device and is not in the model. A device that does not answer must not be
/// opened, which waits as well.
fn held_by(path: &str, machine: &Machine, openers: &Openers) -> Vec<String> {
    let Ok(meta) = fs::metadata(path) else { return Vec::new() };
    if !meta.file_type().is_block_device() {
        return Vec::new();
    }
    let holders = holders_of(meta.rdev());
    let unknown = holders.iter().filter(|holder| !holder.is_explained(path, machine));
    let unknown: Vec<String> = unknown.map(|holder| Use::by_device(&holder.path)).collect();
    let answers = machine.find(path).is_none_or(|device| device.unreadable.is_none());
    if !unknown.is_empty() || !answers || !machine.uses(path).is_empty() {
        return unknown;
    }
    // Fails while the device is used in any namespace (open(2)); without permission to open it,
    // nothing is known.
    let flags = nix::libc::O_EXCL | nix::libc::O_CLOEXEC | nix::libc::O_NONBLOCK;
    match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if error.raw_os_error() == Some(nix::libc::EBUSY) => {
            let elsewhere = mounted_elsewhere(meta.rdev());
            match elsewhere.is_empty() {
                true => vec!["in use by the kernel, which does not report by what".into()],
                false => elsewhere,
            }
        }
        _ => openers.of(meta.rdev()),
    }
}
