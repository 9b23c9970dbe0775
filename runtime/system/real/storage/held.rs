//! Detection of devices that are in use although nothing in the model is on them: by bcache, ZFS,
//! multipath, a manual device-mapper mapping, or a mount in another namespace.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::claim::mounted_elsewhere;
use super::stamp::sysfs;
use crate::machine::{DeviceKind, Machine};
use crate::types::text_of;

/// Adds what the kernel reports about every device that is free according to the model.
pub(crate) fn with_holders(mut machine: Machine) -> Machine {
    let mut paths: Vec<(usize, String)> = machine
        .storage
        .devices
        .values()
        .filter(|device| device.size > 0 && !matches!(device.kind, DeviceKind::Rom))
        .map(|device| (machine.below(&device.path).len(), device.path.clone()))
        .collect();
    // From the top down: the user of a partition also holds its disk, and is reported once.
    paths.sort_by(|a, b| b.cmp(a));
    for (_, path) in &paths {
        if let Some(device) = machine.storage.devices.get_mut(path) {
            device.held_by.clear();
        }
    }
    for (_, path) in paths {
        if !machine.uses(&path).is_empty() {
            continue;
        }
        let held_by = held_by(&path);
        if let Some(device) = machine.storage.devices.get_mut(&path) {
            device.held_by = held_by;
        }
    }
    machine
}

/// Describes what uses a device.
fn held_by(path: &str) -> Vec<String> {
    let Ok(meta) = fs::metadata(path) else { return Vec::new() };
    if !meta.file_type().is_block_device() {
        return Vec::new();
    }
    let holders = named_holders(&sysfs(meta.rdev()));
    if !holders.is_empty() {
        return holders;
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
        _ => Vec::new(),
    }
}

/// Returns the devices that the kernel lists as holders, by name.
fn named_holders(directory: &Path) -> Vec<String> {
    use std::os::unix::ffi::OsStrExt;
    let entries = fs::read_dir(directory.join("holders")).into_iter().flatten().flatten();
    let mut holders: Vec<String> = entries
        .map(|entry| {
            let name = text_of(entry.file_name().as_bytes()).replace('!', "/");
            let mapped = fs::read(entry.path().join("dm/name")).unwrap_or_default();
            match text_of(&mapped).trim() {
                "" => format!("/dev/{name} lies on it"),
                mapped => format!("/dev/mapper/{mapped} lies on it"),
            }
        })
        .collect();
    holders.sort();
    holders
}
