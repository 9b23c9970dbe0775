//! The identity of a disk, as known to the kernel.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The identity of a disk, as known to the kernel. The sequence number (Linux 5.15) is never
/// reused, so that a disk that was removed and another one that got its name differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiskStamp {
    pub(crate) number: String,
    pub(crate) size: String,
    pub(crate) sequence: String,
}

/// Returns the sysfs directory of a block device, by its number: names such as `cciss/c0d0` are
/// spelled differently there.
pub(crate) fn sysfs(number: u64) -> PathBuf {
    let (major, minor) = (nix::libc::major(number), nix::libc::minor(number));
    format!("/sys/dev/block/{major}:{minor}").into()
}

/// Returns the stamp of a disk; fields that the kernel does not report are empty.
pub(crate) fn stamp(disk: &str) -> DiskStamp {
    let directory = fs::metadata(disk).map(|meta| sysfs(meta.rdev())).unwrap_or_default();
    let read =
        |file: &str| fs::read_to_string(directory.join(file)).unwrap_or_default().trim().to_owned();
    DiskStamp { number: read("dev"), size: read("size"), sequence: read("diskseq") }
}
