//! Creation of key files, filesystem images and swap files, which must not exist yet.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::fcntl::{FallocateFlags, OFlag, fallocate, openat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};
use zeroize::Zeroizing;

use super::reach::open_parent_exactly;
use super::sync::sync_directory;
use crate::types::Place;

/// Writes `bytes` random bytes to a new file that only its owner can ever read.
pub(crate) fn make_key(place: &Place, bytes: u32) -> io::Result<()> {
    let mut key = Zeroizing::new(vec![0; bytes as usize]);
    // /dev/urandom blocks only until the kernel's generator is seeded (random(7)).
    File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut key))?;
    write_new(place, &key)
}

/// Writes a new file that only its owner can ever read.
pub(crate) fn write_new(place: &Place, content: &[u8]) -> io::Result<()> {
    let (file, dir, name) = create(place, 0o400)?;
    let written = (&file).write_all(content).and_then(|()| file.sync_all());
    remove_on_error(written, &dir, &name)
}

/// Creates a sparse file.
pub(crate) fn make_image(place: &Place, size: u64) -> io::Result<()> {
    let (file, dir, name) = create(place, 0o600)?;
    remove_on_error(file.set_len(size).and_then(|()| file.sync_all()), &dir, &name)
}

/// `FS_NOCOW_FL` of ioctl_iflags(2).
const NOCOW: nix::libc::c_long = 0x0080_0000;

nix::ioctl_write_ptr!(set_inode_flags, b'f', 2, nix::libc::c_long);

/// Creates a file with all its blocks allocated.
pub(crate) fn allocate(place: &Place, size: u64, nocow: bool) -> io::Result<()> {
    let (file, dir, name) = create(place, 0o600)?;
    let done = || -> io::Result<()> {
        if nocow {
            // The flag can only be set on an empty file.
            #[expect(unsafe_code, reason = "nix has no wrapper for this ioctl")]
            // SAFETY: the descriptor is open and the flags outlive the call.
            unsafe { set_inode_flags(file.as_raw_fd(), &NOCOW) }?;
        }
        let size = size.try_into().map_err(|_| io::ErrorKind::InvalidInput)?;
        fallocate(&file, FallocateFlags::empty(), 0, size)?;
        file.sync_all()
    };
    remove_on_error(done(), &dir, &name)
}

/// Removes a file that could not be written completely.
pub(crate) fn remove_on_error(
    result: io::Result<()>,
    dir: &OwnedFd,
    name: &Path,
) -> io::Result<()> {
    if result.is_err() {
        let _ = unlinkat(dir, name, UnlinkatFlags::NoRemoveDir);
    }
    result.and_then(|()| sync_directory(dir))
}

pub(crate) fn create(place: &Place, bits: u32) -> io::Result<(File, OwnedFd, PathBuf)> {
    let (dir, name) = open_parent_exactly(place)?;
    let flags =
        OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = openat(&dir, &name, flags, Mode::from_bits_truncate(bits))?;
    Ok((File::from(file), dir, name))
}
