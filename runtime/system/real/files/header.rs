//! Copies of LUKS headers in files, such that the device of the file is not detected as the
//! container.
//!
//! LUKS2 stores a second header behind the first one, and libblkid searches for it at nine offsets
//! of a device, without checking the offset recorded in it. If a copy in a file happens to be at
//! such an offset, libblkid takes a USB stick with a filesystem for a container, which cannot be
//! mounted.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use nix::libc::{O_CLOEXEC, O_DIRECT};

use super::key::{create, remove_on_error};
use crate::system::real::Real;
use crate::system::{Cmd, FilesStep, Outcome, StepError, Watch};
use crate::types::Place;

/// The offsets at which libblkid searches for the second header on a device, and thus in a copy.
const SECOND_HEADER_OFFSETS: [u64; 9] =
    [0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x10_0000, 0x20_0000, 0x40_0000];
/// The magic number of the second header.
const MAGIC: &[u8] = b"SKUL\xba\xbe";
/// The size of the placeholder that is written instead of the beginning of the second header until
/// the position of the copy is known; also the unit of direct reads.
const BLOCK: usize = 4096;
/// The number of attempts. Each one has a different position, because the earlier files keep their
/// blocks.
const TRIES: usize = 8;

impl Real {
    pub(crate) fn save_header(
        &mut self,
        step: &FilesStep,
        cmd: &Cmd,
        place: &Place,
        beneath: &[String],
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let kernel = |error: io::Error| StepError::kernel(step, error);
        // In memory: a temporary copy on a disk would have to be checked there.
        let directory = tempfile::Builder::new().prefix("gscript-header-").tempdir_in("/run");
        let directory = directory.map_err(kernel)?;
        let copy = directory.path().join("header");
        let outcome = self
            .run(&cmd.clone().arg(copy.to_string_lossy()), watch)
            .map_err(|error| StepError { step: step.to_string(), ..error })?;
        let header = std::fs::read(&copy).map_err(kernel)?;
        write_copy(place, &header, beneath).map_err(kernel)?;
        Ok(outcome)
    }
}

/// Writes the copy. Its second header is never, not even temporarily, at an offset that libblkid
/// searches.
fn write_copy(place: &Place, header: &[u8], beneath: &[String]) -> io::Result<()> {
    let Some(second) = second_header(header) else { return super::key::write_new(place, header) };
    let hidden = second..second + BLOCK;
    let mut masked = header.to_vec();
    // An open file keeps its blocks after it is unlinked.
    let mut before = Vec::new();
    let stopped = loop {
        // Each attempt has its own placeholder: the earlier ones are still where they were found.
        let placeholder = &mut masked[hidden.clone()];
        File::open("/dev/urandom").and_then(|mut random| random.read_exact(placeholder))?;
        let (file, dir, name) = create(place, 0o400)?;
        let written = (&file).write_all(&masked).and_then(|()| file.sync_all());
        let clear = written.and_then(|()| is_undetected(beneath, &masked[hidden.clone()]));
        if let Ok(true) = clear {
            // Overwritten data stays in place: filesystems that would move it have no files at such
            // low offsets.
            let bare = file.write_all_at(&header[hidden], second as u64);
            return remove_on_error(bare.and_then(|()| file.sync_all()), &dir, &name);
        }
        nix::unistd::unlinkat(&dir, &name, nix::unistd::UnlinkatFlags::NoRemoveDir)?;
        before.push(file);
        match clear {
            Err(error) => break Some(error),
            Ok(_) if before.len() == TRIES => break None,
            Ok(_) => {}
        }
    };
    Err(match stopped {
        Some(error) if before.len() == 1 => error,
        stopped => no_position_error(beneath, before.len(), stopped),
    })
}

fn no_position_error(beneath: &[String], tries: usize, stopped: Option<io::Error>) -> io::Error {
    let device = beneath.first().map_or("the device", String::as_str);
    let stopped = stopped.map(|error| format!(", then: {error}")).unwrap_or_default();
    io::Error::other(format!(
        "{device} has no position for the copy at which {device} would not be detected as the \
         container itself (tried {tries}{stopped}); free some space, or use another filesystem"
    ))
}

/// Returns the offset of the second header in a copy; LUKS1 has none.
fn second_header(copy: &[u8]) -> Option<usize> {
    let places = SECOND_HEADER_OFFSETS.iter().filter_map(|at| usize::try_from(*at).ok());
    places.into_iter().find(|at| copy.get(*at..at + BLOCK).is_some_and(|b| b.starts_with(MAGIC)))
}

/// Returns whether the placeholder is at none of the offsets that libblkid searches.
fn is_undetected(devices: &[String], placeholder: &[u8]) -> io::Result<bool> {
    let mut memory = vec![0; 2 * BLOCK];
    let skip = memory.as_ptr().align_offset(BLOCK);
    let block = &mut memory[skip..skip + BLOCK];
    for device in devices {
        // Bypass the cache, which does not include what the filesystem has written.
        let device = File::options().read(true).custom_flags(O_DIRECT | O_CLOEXEC).open(device)?;
        for at in SECOND_HEADER_OFFSETS {
            if device.read_at(block, at)? == BLOCK && block == placeholder {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
