//! Key files and filesystem images: new files that must not exist yet.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};
use zeroize::Zeroizing;

use super::files::parent_of;
use crate::types::Place;

/// Writes `bytes` random bytes into a new file that only its owner can read, from its first moment.
pub(super) fn make(place: &Place, bytes: u32) -> io::Result<()> {
    let (file, dir, name) = create(place, 0o400)?;
    let mut key = Zeroizing::new(vec![0; bytes as usize]);
    // /dev/urandom blocks only until the kernel's generator is seeded (random(7)).
    let written = File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut key))
        .and_then(|()| (&file).write_all(&key))
        .and_then(|()| file.sync_all());
    undo_unless(written, &dir, &name)
}

/// Makes a sparse file.
pub(super) fn image(place: &Place, size: u64) -> io::Result<()> {
    let (file, dir, name) = create(place, 0o600)?;
    undo_unless(file.set_len(size), &dir, &name)
}

/// Half a key is worse than none.
fn undo_unless(result: io::Result<()>, dir: &OwnedFd, name: &Path) -> io::Result<()> {
    if result.is_err() {
        let _ = unlinkat(dir, name, UnlinkatFlags::NoRemoveDir);
    }
    result
}

fn create(place: &Place, bits: u32) -> io::Result<(File, OwnedFd, PathBuf)> {
    let (dir, name) = parent_of(place)?;
    let flags =
        OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = openat(&dir, &name, flags, Mode::from_bits_truncate(bits))?;
    Ok((File::from(file), dir, name))
}
