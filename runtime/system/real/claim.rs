//! The last look at a device before it is overwritten: nobody uses it, and its name still stands
//! for the disk that was approved.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

use super::super::Broken;
use super::Real;
use crate::machine::probe::parse_mountinfo;
use crate::types::text_of;

/// What the kernel knows a disk by. The sequence number (Linux 5.15) is never given twice, so that
/// a disk that was pulled out and another that got its name differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    number: String,
    size: String,
    sequence: String,
}

/// What the kernel tells about a block device. It goes by the number: names such as `cciss/c0d0` are
/// written in another way there.
pub(super) fn sysfs(number: u64) -> PathBuf {
    let (major, minor) = (nix::libc::major(number), nix::libc::minor(number));
    format!("/sys/dev/block/{major}:{minor}").into()
}

/// The stamp of a disk; its parts are empty where the kernel does not tell.
pub(super) fn stamp(disk: &str) -> Stamp {
    let folder = fs::metadata(disk).map(|meta| sysfs(meta.rdev())).unwrap_or_default();
    let read =
        |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default().trim().to_owned();
    Stamp { number: read("dev"), size: read("size"), sequence: read("diskseq") }
}

impl Real {
    pub(super) fn claim(&self, device: &str, disks: &[String]) -> Result<(), Broken> {
        for disk in disks {
            let now = stamp(disk);
            if self.stamps.get(disk).is_some_and(|then| *then != now) {
                return Err(Broken::Changed { disk: disk.clone() });
            }
        }
        let kernel = |error: io::Error| Broken::Kernel(format!("{device}: {error}"));
        let meta = fs::metadata(device).map_err(kernel)?;
        if !meta.file_type().is_block_device() {
            return Err(Broken::Kernel(format!("{device} is not a block device")));
        }
        // For a block device O_EXCL fails while anything in any namespace uses it: a mount, swap,
        // a mapping, an array (open(2)).
        let exclusive = nix::libc::O_EXCL | nix::libc::O_CLOEXEC;
        match OpenOptions::new().read(true).custom_flags(exclusive).open(device) {
            Ok(_) => Ok(()),
            Err(error) if error.raw_os_error() == Some(nix::libc::EBUSY) => {
                let holders = mounted_elsewhere(meta.rdev());
                Err(Broken::Busy { at: device.to_owned(), holders })
            }
            Err(error) => Err(kernel(error)),
        }
    }
}

/// Mounts of a device that only other mount namespaces show.
pub(super) fn mounted_elsewhere(number: u64) -> Vec<String> {
    let number = format!("{}:{}", nix::libc::major(number), nix::libc::minor(number));
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
