//! Files of the real machine: `access` (reading and atomic writing inside a root), `reach` (path
//! resolution), `lookups` (directories that a call has looked at), `entry` (what is in them),
//! `temporary` (files that replace others), `mount_list` (mounts), `outside` (parts of the running system inside a root), `key`
//! (key files and images), `sync` (syncing to the disk), `copy` (whole directories), `header`
//! (copies of LUKS headers), `gpg` and `digests` (signatures and checksums), `verify`, `fetch`,
//! `archive` and `unpack` (archives).

pub(super) mod access;
pub(super) mod archive;
mod copy;
mod digests;
mod entry;
mod fetch;
mod gpg;
mod header;
mod key;
pub(super) mod lookups;
pub(super) mod mount_list;
pub(super) mod outside;
pub(super) mod reach;
mod sync;
mod temporary;
mod unpack;
mod verify;

use super::Real;
use crate::machine::files::FileContents;
use crate::machine::{Machine, Scope};
use crate::system::{FilesStep, Outcome, StepError, Watch};

/// Performs a step on files.
pub(super) fn perform(
    real: &mut Real,
    step: &FilesStep,
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let kernel = |result: std::io::Result<()>| {
        result.map(|()| Outcome::default()).map_err(|error| StepError::kernel(step, error))
    };
    match step {
        FilesStep::Write { place, content: FileContents::Known(bytes), mode, .. } => {
            let planned = real.lookups.take(place);
            kernel(planned.and_then(|dir| access::replace(place, bytes, *mode, dir)))
        }
        FilesStep::Write { content: FileContents::Unknown(why), .. } => {
            Err(StepError::kernel(step, why))
        }
        FilesStep::Copy { from, to, mode } => kernel(access::copy(from, to, *mode)),
        FilesStep::CopyTree { from, to } => real.copy_tree(step, from, to, watch),
        FilesStep::MakeDir { place, mode } => kernel(access::make_dir(place, *mode)),
        FilesStep::Link { place, to } => kernel(access::link(place, to)),
        FilesStep::Remove { place } => kernel(access::remove(place)),
        FilesStep::Chmod { place, mode } => kernel(access::chmod(place, *mode)),
        FilesStep::Chown { place, uid, gid, .. } => kernel(access::chown(place, *uid, *gid)),
        FilesStep::MakeKey { place, bytes } => kernel(key::make_key(place, *bytes)),
        FilesStep::SaveOutput { cmd, place } => {
            let content = real.run_for_output(cmd, watch)?;
            kernel(key::write_new(place, &content))
        }
        FilesStep::SaveHeader { cmd, place, backing_devices } => {
            real.save_header(step, cmd, place, backing_devices, watch)
        }
        FilesStep::MakeImage { place, size } => kernel(key::make_image(place, size.get())),
        FilesStep::Allocate { place, size, nocow } => {
            kernel(key::allocate(place, size.get(), *nocow))
        }
        FilesStep::SyncFilesystems { at } => {
            kernel(at.iter().try_for_each(|at| sync::sync_filesystem(at)))
        }
        FilesStep::Verify { .. } => real.verify(step, watch),
        FilesStep::Fetch { .. } => real.fetch(step, watch),
        FilesStep::Unpack { archive, into } => real.unpack(step, archive, into, watch),
    }
}

/// Does nothing: files are read on demand.
#[expect(clippy::unnecessary_wraps, reason = "probing other parts can fail")]
pub(super) fn look(
    _real: &mut Real,
    _machine: &mut Machine,
    _scope: Option<&Scope>,
) -> Result<(), StepError> {
    Ok(())
}
