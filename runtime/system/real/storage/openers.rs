//! Processes that have a block device open for writing, such as a virtual machine with a disk of
//! its own. The kernel does not count them as users: most open it without `O_EXCL`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::libc::{major, makedev, minor};

use super::holders::{described, processes};

/// Descriptions of the processes, by the device number.
pub(super) struct Openers(BTreeMap<u64, Vec<String>>);

impl Openers {
    /// Finds the processes that are visible to this one. It is not one of them.
    pub(super) fn find() -> Self {
        let own = std::process::id().to_string();
        let mut found: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for process in processes().filter(|process| !process.ends_with(&own)) {
            let mut devices = written_devices(&process);
            devices.sort_unstable();
            devices.dedup();
            for device in devices {
                let who = described(&process, "has it open for writing");
                found.entry(device).or_default().push(who);
            }
        }
        Self(found)
    }

    /// Returns the descriptions of those that have this device open, or the disk of this partition.
    pub(super) fn of(&self, device: u64) -> Vec<String> {
        let directory = directory_of(device);
        let is_partition = directory.join("partition").exists();
        let disk = is_partition.then(|| number(directory.parent()?)).flatten();
        self.any_of([device].into_iter().chain(disk))
    }

    /// Returns the descriptions of those that have a partition of this disk open.
    pub(super) fn of_partitions(&self, disk: u64) -> Vec<String> {
        let below = fs::read_dir(directory_of(disk)).into_iter().flatten().flatten();
        let partitions = below.map(|entry| entry.path()).filter(|at| at.join("partition").exists());
        self.any_of(partitions.filter_map(|partition| number(&partition)))
    }

    fn any_of(&self, devices: impl Iterator<Item = u64>) -> Vec<String> {
        devices.filter_map(|device| self.0.get(&device)).flatten().cloned().collect()
    }
}

/// Returns the directory of a device in sysfs(5), without links.
fn directory_of(device: u64) -> PathBuf {
    let link = format!("/sys/dev/block/{}:{}", major(device), minor(device));
    fs::canonicalize(&link).unwrap_or_else(|_| link.into())
}

/// Reads the number of a device from its directory.
fn number(directory: &Path) -> Option<u64> {
    let text = fs::read_to_string(directory.join("dev")).ok()?;
    let (major, minor) = text.trim_end().split_once(':')?;
    Some(makedev(major.parse().ok()?, minor.parse().ok()?))
}

/// Returns the numbers of the block devices that a process has open for writing (proc(5)).
fn written_devices(process: &Path) -> Vec<u64> {
    let Ok(open) = fs::read_dir(process.join("fd")) else { return Vec::new() };
    let device = |entry: fs::DirEntry| {
        let path = fs::read_link(entry.path()).ok()?;
        let meta = path.starts_with("/dev").then(|| fs::metadata(entry.path()).ok()).flatten()?;
        let info = fs::read_to_string(process.join("fdinfo").join(entry.file_name())).ok()?;
        (meta.file_type().is_block_device() && is_for_writing(&info)).then(|| meta.rdev())
    };
    open.flatten().filter_map(device).collect()
}

/// Returns whether the flags in the text of `/proc/PID/fdinfo/FD` allow writing.
fn is_for_writing(info: &str) -> bool {
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & nix::libc::O_ACCMODE != nix::libc::O_RDONLY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_access_mode_is_in_the_flags() {
        assert!(is_for_writing("pos:\t0\nflags:\t0100002\nmnt_id:\t15\n"));
        assert!(is_for_writing("pos:\t0\nflags:\t02100001\n"));
        assert!(!is_for_writing("pos:\t0\nflags:\t0100000\nmnt_id:\t15\n"));
        assert!(!is_for_writing("pos:\t0\n"));
    }
}
