//! Who holds a device although nothing in the model lies on it: bcache, ZFS, multipath, device-mapper by
//! hand, a mount that only another namespace shows.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::claim::mounted_elsewhere;
use super::stamp::sysfs;
use crate::machine::{DeviceKind, Machine};
use crate::types::text_of;

/// The machine with what the kernel says about every device that the model takes for free.
pub(crate) fn with_holders(mut machine: Machine) -> Machine {
    let mut paths: Vec<(usize, String)> = machine
        .storage
        .devices
        .values()
        .filter(|device| device.size > 0 && !matches!(device.kind, DeviceKind::Rom))
        .map(|device| (machine.below(&device.path).len(), device.path.clone()))
        .collect();
    // From the top down: what holds a partition holds its disk, and is told once.
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

/// What holds a device, in words.
fn held_by(path: &str) -> Vec<String> {
    let Ok(meta) = fs::metadata(path) else { return Vec::new() };
    if !meta.file_type().is_block_device() {
        return Vec::new();
    }
    let holders = named_holders(&sysfs(meta.rdev()));
    if !holders.is_empty() {
        return holders;
    }
    // Fails while anything uses it, in any namespace (open(2)); who may not open it learns nothing.
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

/// The devices that the kernel lists as holders, by their names.
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
