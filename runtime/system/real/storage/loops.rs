//! Loop devices on block devices. lsblk does not report what they are on, and opening the device
//! below with `O_EXCL` succeeds while they are in use.

use std::fs;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use nix::libc::{major, minor};

use super::stamp::sysfs;
use crate::machine::probe::LsblkDevice;
use crate::machine::{DeviceKind, Machine};
use crate::types::{printable, text_of};

/// A loop device on a block device.
pub(super) struct LoopDevice {
    /// Path of the loop device.
    pub(super) path: String,
    /// Number of the device below.
    number: u64,
    /// The bytes of the device below that the loop device shows.
    bytes: Range<u64>,
}

/// Returns the loop devices on block devices.
pub(super) fn loop_devices() -> Vec<LoopDevice> {
    let entries = fs::read_dir("/sys/class/block").into_iter().flatten().flatten();
    entries.filter_map(|entry| loop_device(&entry.path())).collect()
}

fn loop_device(directory: &Path) -> Option<LoopDevice> {
    let read = |file: &str| fs::read_to_string(directory.join("loop").join(file)).ok();
    let backing = read("backing_file")?;
    let meta = fs::metadata(backing.trim_end_matches('\n')).ok()?;
    if !meta.file_type().is_block_device() {
        return None;
    }
    let bytes = |file: &str| read(file).and_then(|text| text.trim().parse::<u64>().ok());
    let start = bytes("offset").unwrap_or(0);
    let end = match bytes("sizelimit") {
        None | Some(0) => u64::MAX,
        Some(size) => start.saturating_add(size),
    };
    let path = format!("/dev/{}", directory.file_name()?.to_str()?);
    Some(LoopDevice { path, number: meta.rdev(), bytes: start..end })
}

impl LoopDevice {
    fn number(&self) -> String {
        format!("{}:{}", major(self.number), minor(self.number))
    }

    /// Returns whether writing to a device changes what the loop device shows: it is on that device
    /// itself, on a partition of it, or on its disk.
    fn overlaps(&self, other: u64) -> bool {
        if self.number == other {
            return true;
        }
        let ((own, own_start, own_size), (disk, start, size)) =
            (extent(self.number), extent(other));
        let own_end = own_start.saturating_add(own_size.min(self.bytes.end));
        let own_begin = own_start.saturating_add(self.bytes.start);
        own.is_some() && own == disk && own_begin < start.saturating_add(size) && start < own_end
    }
}

/// Returns the number of the disk of a device, and its position on it in bytes.
fn extent(device: u64) -> (Option<String>, u64, u64) {
    let directory = sysfs(device);
    let number = |directory: &Path, file: &str| {
        let text = fs::read_to_string(directory.join(file)).ok()?;
        Some(text.trim().to_owned())
    };
    let bytes = |file: &str| {
        number(&directory, file).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) * 512
    };
    let disk = match directory.join("partition").exists() {
        true => fs::canonicalize(&directory).ok().and_then(|real| number(real.parent()?, "dev")),
        false => number(&directory, "dev"),
    };
    (disk, bytes("start"), bytes("size"))
}

/// Returns the loop devices that show bytes of a device.
pub(super) fn loops_on(device: u64) -> Vec<String> {
    loop_devices().into_iter().filter(|one| one.overlaps(device)).map(|one| one.path).collect()
}

/// Returns the path of the file or device that the loop device with this directory in sysfs shows.
fn backing_file(directory: &Path) -> Option<String> {
    let text = fs::read(directory.join("loop/backing_file")).ok()?;
    Some(text_of(text.strip_suffix(b"\n").unwrap_or(&text)))
}

/// Describes the loop devices that show files in a directory.
pub(super) fn loops_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir("/sys/class/block").into_iter().flatten().flatten();
    let mut found: Vec<String> = entries
        .filter_map(|entry| {
            let file = backing_file(&entry.path())?;
            let name = text_of(entry.file_name().as_bytes());
            Path::new(&file)
                .starts_with(directory)
                .then(|| format!("/dev/{name} shows {}", printable(&file)))
        })
        .collect();
    found.sort();
    found
}

/// Returns the loop devices on these disks, and on the known devices on them.
pub(super) fn loops_on_disks(disks: &[&str], known: &Machine) -> Vec<String> {
    let numbers: Vec<u64> =
        disks.iter().filter_map(|disk| Some(fs::metadata(disk).ok()?.rdev())).collect();
    let on = |one: &LoopDevice| {
        let below = known.find(&format!("/dev/block/{}", one.number()));
        let bases = below.map(|device| known.base_disks(&device.path)).unwrap_or_default();
        bases.iter().any(|base| disks.contains(&base.path.as_str()))
            || numbers.iter().any(|disk| one.overlaps(*disk))
    };
    loop_devices().into_iter().filter(on).map(|one| one.path).collect()
}

/// Adds to the devices of lsblk which loop devices are on which of them, or on which files.
pub(super) fn with_loops(mut blocks: Vec<LsblkDevice>, known: &Machine) -> Vec<LsblkDevice> {
    for block in blocks.iter_mut().filter(|block| block.device.kind == DeviceKind::Loop) {
        let directory = Path::new("/sys/class/block").join(block.device.name());
        block.device.backing_file = backing_file(&directory);
    }
    for one in loop_devices() {
        let number = one.number();
        let below = match blocks.iter().find(|block| block.number == number) {
            Some(block) => block.device.path.clone(),
            None => match known.find(&format!("/dev/block/{number}")) {
                Some(device) => device.path.clone(),
                None => continue,
            },
        };
        if let Some(block) = blocks.iter_mut().find(|block| block.device.path == one.path) {
            block.device.kind = DeviceKind::Mapped { on: vec![below], what: "loop".into() };
        }
    }
    blocks
}
