//! The copy of a container's header as a file that does not make its device look like the container.
//!
//! LUKS2 keeps a second header behind the first, and libblkid looks for it at nine places of a device
//! without asking where it says to be. A copy in a file that happens to lie so turns a stick with a
//! filesystem into a "container" that nothing mounts any more.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use nix::libc::{O_CLOEXEC, O_DIRECT};

use super::key::{create, undo_unless};
use crate::system::real::Real;
use crate::system::{Cmd, FilesStep, Outcome, StepError, Watch};
use crate::types::Place;

/// Where libblkid looks for the second header: on a device, and so in a copy.
const SECOND: [u64; 9] =
    [0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x10_0000, 0x20_0000, 0x40_0000];
/// What the second header begins with.
const MAGIC: &[u8] = b"SKUL\xba\xbe";
/// What stands in its place until it is known where it lies; also the unit of reading past the cache.
const BLOCK: usize = 4096;
/// Each try lies elsewhere, because those before it keep their room.
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
        // In memory: on a disk it would have to be looked at there.
        let directory = tempfile::Builder::new().prefix("gscript-header-").tempdir_in("/run");
        let directory = directory.map_err(kernel)?;
        let copy = directory.path().join("header");
        let outcome = self
            .run(&cmd.clone().arg(copy.to_string_lossy()), watch)
            .map_err(|error| StepError { step: step.to_string(), ..error })?;
        let header = std::fs::read(&copy).map_err(kernel)?;
        lay(place, &header, beneath).map_err(kernel)?;
        Ok(outcome)
    }
}

/// Writes the copy. Not even for a moment does its second header stand where a device is looked at.
fn lay(place: &Place, header: &[u8], beneath: &[String]) -> io::Result<()> {
    let Some(second) = second_header(header) else { return super::key::keep(place, header) };
    let hidden = second..second + BLOCK;
    let mut masked = header.to_vec();
    // A file that is open keeps its room when it has no name any more.
    let mut before = Vec::new();
    let stopped = loop {
        // Another each time: those before are still where they were found.
        let mark = &mut masked[hidden.clone()];
        File::open("/dev/urandom").and_then(|mut random| random.read_exact(mark))?;
        let (file, dir, name) = create(place, 0o400)?;
        let written = (&file).write_all(&masked).and_then(|()| file.sync_all());
        let clear = written.and_then(|()| is_clear(beneath, &masked[hidden.clone()]));
        if let Ok(true) = clear {
            // What is written again stays where it is: filesystems that move it have no files so early.
            let bare = file.write_all_at(&header[hidden], second as u64);
            return undo_unless(bare.and_then(|()| file.sync_all()), &dir, &name);
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
        stopped => nowhere(beneath, before.len(), stopped),
    })
}

fn nowhere(beneath: &[String], tries: usize, stopped: Option<io::Error>) -> io::Error {
    let device = beneath.first().map_or("the device", String::as_str);
    let stopped = stopped.map(|error| format!(", then: {error}")).unwrap_or_default();
    io::Error::other(format!(
        "{device} has no position for the copy at which {device} would not be detected as the \
         container itself (tried {tries}{stopped}); free some space, or use another filesystem"
    ))
}

/// Where the second header is in a copy; LUKS1 has none.
fn second_header(copy: &[u8]) -> Option<usize> {
    let places = SECOND.iter().filter_map(|at| usize::try_from(*at).ok());
    places.into_iter().find(|at| copy.get(*at..at + BLOCK).is_some_and(|b| b.starts_with(MAGIC)))
}

/// Whether the mark is at none of the places that are looked at.
fn is_clear(devices: &[String], mark: &[u8]) -> io::Result<bool> {
    let mut memory = vec![0; 2 * BLOCK];
    let skip = memory.as_ptr().align_offset(BLOCK);
    let block = &mut memory[skip..skip + BLOCK];
    for device in devices {
        // Past the cache, which does not know what the filesystem has written.
        let device = File::options().read(true).custom_flags(O_DIRECT | O_CLOEXEC).open(device)?;
        for at in SECOND {
            if device.read_at(block, at)? == BLOCK && block == mark {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
