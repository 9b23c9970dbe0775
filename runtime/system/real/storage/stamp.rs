//! What the kernel knows a disk by.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What the kernel knows a disk by. The sequence number (Linux 5.15) is never given twice, so that
/// a disk that was pulled out and another that got its name differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiskStamp {
    pub(crate) number: String,
    pub(crate) size: String,
    pub(crate) sequence: String,
}

/// What the kernel tells about a block device. It goes by the number: names such as `cciss/c0d0` are
/// written in another way there.
pub(crate) fn sysfs(number: u64) -> PathBuf {
    let (major, minor) = (nix::libc::major(number), nix::libc::minor(number));
    format!("/sys/dev/block/{major}:{minor}").into()
}

/// The stamp of a disk; its parts are empty where the kernel does not tell.
pub(crate) fn stamp(disk: &str) -> DiskStamp {
    let directory = fs::metadata(disk).map(|meta| sysfs(meta.rdev())).unwrap_or_default();
    let read =
        |file: &str| fs::read_to_string(directory.join(file)).unwrap_or_default().trim().to_owned();
    DiskStamp { number: read("dev"), size: read("size"), sequence: read("diskseq") }
}
