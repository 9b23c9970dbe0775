//! The last check of a device before it is overwritten: it is not in use, and its name still refers
//! to the approved disk.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc::{major, minor};

use super::loops::loops_on;
use super::openers::Openers;
use super::stamp::{DiskStamp, stamp};
use crate::machine::Use;
use crate::machine::probe::parse_mountinfo;
use crate::system::FailureKind;
use crate::system::real::Real;
use crate::types::text_of;

/// Returns the error for a device node that does not refer to the kernel's device of this name.
fn wrong_node_error(path: &str, expected: &str, found: &str) -> FailureKind {
    let leads = fs::canonicalize(path).unwrap_or_default();
    let leads = match leads == Path::new(path) {
        true => String::new(),
        false => format!(", through {}", leads.display()),
    };
    FailureKind::Kernel(format!(
        "{path} is not the planned device: the kernel's {} is {expected}, but the node is \
         {found}{leads}",
        path.trim_start_matches("/dev/")
    ))
}

/// Returns the sysfs directory of a device, found by the kernel's name and not by its node below
/// /dev.
fn sys_directory(path: &str) -> Option<PathBuf> {
    let all = Path::new("/sys/class/block");
    let name = path.strip_prefix("/dev/")?;
    let directory = match name.strip_prefix("mapper/") {
        None => all.join(name.replace('/', "!")),
        Some(mapped) => {
            fs::read_dir(all).ok()?.flatten().map(|entry| entry.path()).find(|dir| {
                fs::read_to_string(dir.join("dm/name"))
                    .is_ok_and(|found| found.trim_end() == mapped)
            })?
        }
    };
    directory.join("dev").exists().then_some(directory)
}

/// Returns the disk of a partition, as reported by the kernel; a disk is its own disk.
fn disk_of(directory: &Path) -> Option<String> {
    let real = fs::canonicalize(directory).ok()?;
    let disk = if real.join("partition").exists() { real.parent()? } else { &real };
    Some(format!("/dev/{}", disk.file_name()?.to_str()?.replace('!', "/")))
}

impl Real {
    /// Checks that the devices in a command are those of the plan: their nodes must refer to the
    /// kernel's devices of the same names, on the disks that existed when the run began.
    pub(crate) fn check_identity(&self, paths: &[&str]) -> Result<(), FailureKind> {
        for path in paths {
            let Some(directory) = sys_directory(path) else { continue };
            let expected = fs::read_to_string(directory.join("dev")).unwrap_or_default();
            let meta = fs::metadata(path)
                .map_err(|error| FailureKind::Kernel(format!("{path}: {error}")))?;
            let found = match meta.file_type().is_block_device() {
                true => format!("{}:{}", major(meta.rdev()), minor(meta.rdev())),
                false => "not a block device".to_owned(),
            };
            if found != expected.trim_end() {
                return Err(wrong_node_error(path, expected.trim_end(), &found));
            }
            let Some(disk) = disk_of(&directory) else { continue };
            let now = stamp(&disk);
            let same =
                |then: &DiskStamp| (&then.number, &then.sequence) == (&now.number, &now.sequence);
            if self.stamps.get(&disk).is_some_and(|then| !same(then)) {
                return Err(FailureKind::Changed { disk });
            }
        }
        Ok(())
    }

    pub(crate) fn claim(&self, device: &str, disks: &[String]) -> Result<(), FailureKind> {
        for disk in disks {
            let now = stamp(disk);
            if self.stamps.get(disk).is_some_and(|then| *then != now) {
                return Err(FailureKind::Changed { disk: disk.clone() });
            }
        }
        self.check_identity(&[device])?;
        let kernel = |error: io::Error| FailureKind::Kernel(format!("{device}: {error}"));
        let meta = fs::metadata(device).map_err(kernel)?;
        if !meta.file_type().is_block_device() {
            return Err(FailureKind::Kernel(format!("{device} is not a block device")));
        }
        let loops = loops_on(meta.rdev());
        if !loops.is_empty() {
            let holders = loops.iter().map(|path| Use::by_device(path)).collect();
            return Err(FailureKind::Busy { at: device.to_owned(), holders });
        }
        // For a block device, O_EXCL fails while it is used in any namespace: by a mount, swap, a
        // mapping or an array (open(2)).
        let exclusive = nix::libc::O_EXCL | nix::libc::O_CLOEXEC;
        match OpenOptions::new().read(true).custom_flags(exclusive).open(device) {
            Ok(_) => {
                let openers = Openers::find();
                let number = meta.rdev();
                match [openers.of(number), openers.of_partitions(number)].concat() {
                    holders if holders.is_empty() => Ok(()),
                    holders => Err(FailureKind::Busy { at: device.to_owned(), holders }),
                }
            }
            Err(error) if error.raw_os_error() == Some(nix::libc::EBUSY) => {
                let holders = mounted_elsewhere(meta.rdev());
                Err(FailureKind::Busy { at: device.to_owned(), holders })
            }
            Err(error) => Err(kernel(error)),
        }
    }
}

/// Describes the mounts of a device in the namespaces of all processes.
pub(crate) fn mounted_elsewhere(number: u64) -> Vec<String> {
    let number = format!("{}:{}", major(number), minor(number));
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for entry in processes.flatten() {
        let pid = entry.file_name().to_string_lossy().into_owned();
        let Ok(text) = fs::read(entry.path().join("mountinfo")) else { continue };
        for mount in parse_mountinfo(&text).into_iter().filter(|mount| mount.number == number) {
            let name = text_of(&fs::read(entry.path().join("comm")).unwrap_or_default());
            let held = format!("{} (pid {pid}) sees it mounted at {}", name.trim(), mount.at);
            let place = format!("mounted at {}", mount.at);
            if found.len() < 5 && !found.iter().any(|known| known.ends_with(&place)) {
                found.push(held);
            }
        }
    }
    found
}
