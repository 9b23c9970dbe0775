//! The real machine: the only code of this crate that starts programs or calls the kernel.
//!
//! There is one module per kind of call: `run` (programs), `conversation` (their output),
//! `environment` (their environment), `fetched` (collections from elsewhere), `builds` (the state of emerge), `confined` (those that only
//! read), `activity` (detection of idle ones), `orphans` (processes
//! that they leave behind), `private` (files with secrets), `records` (of runs), `stack` and
//! `replace` (scripts that do not return). The parts of the machine have their own modules:
//! `storage`, `files`, `net` and `cgroup`; `perform` passes each step to its part.

mod activity;
mod builds;
mod cgroup;
#[expect(clippy::disallowed_types, reason = "it prepares the commands of `run`")]
mod confined;
mod conversation;
mod daemon;
mod environment;
mod fetched;
mod files;
mod growing_file;
mod guest;
mod host;
mod input;
mod interrupt;
#[expect(clippy::disallowed_types, reason = "QEMU is tried with a time limit of its own")]
mod kvm;
mod net;
mod orphans;
mod perform;
mod private;
mod records;
mod replace;
#[expect(clippy::disallowed_types, reason = "the only module that starts programs")]
mod run;
mod search;
mod share;
mod stack;
mod started;
mod storage;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Cmd, FailureKind, StepError};
use crate::machine::files::{
    DirectoryId, FileContents, FileError, FileStatus, Files, ResolvedPath,
};
use crate::machine::origin::MountTable;
use crate::types::Place;

pub(super) use confined::Confinement;
pub(crate) use files::access::read_below;
/// Readers of the answers of guests and of the kernel.
pub mod answers {
    pub use super::guest::{Monitor, read_answer};
    pub use super::net::read_datagram;
}

pub use growing_file::GrowingFile;
pub use input::{Input, read_input, read_input_text};
pub use interrupt::Interrupts;
pub(crate) use kvm::{EMULATED_CPU, KVM, KVM_CPU, escape_commas, kvm_works};
pub use net::{
    ChangeStatus, ConfirmError, changes, confirm_change, keep_rollback, roll_back_change,
};
pub use private::{Private, read_private};
pub use records::hide_records;
pub use replace::re_exec;
pub(crate) use run::die_with_parent;
pub use search::find_program;
pub use stack::on_large_stack;
pub use storage::mounts::FLAGS as MOUNT_FLAGS;

/// Tells the user what takes long.
pub type Announcer = Box<dyn Fn(&str)>;

/// The machine that this process runs on.
pub struct Real {
    interrupts: Interrupts,
    programs: search::Programs,
    /// The time limit of commands that have one, if the user set it.
    limit: Option<Duration>,
    /// The number of requests to stop that end a running program at once.
    stop_at: usize,
    /// Shows what a probe waits for.
    announcer: Option<Announcer>,
    /// The identity of each disk, by name, when the whole machine was last probed.
    stamps: HashMap<String, storage::stamp::DiskStamp>,
    /// The archive that was verified last.
    verified: Option<files::archive::VerifiedArchive>,
    lookups: files::lookups::Lookups,
    /// The mounts and swap areas that were last read.
    kernel_lists: Option<storage::lists::KernelLists>,
    /// When all links of a network namespace were last read.
    links_read: HashMap<Option<String>, Instant>,
}

impl Real {
    /// Takes control of the machine: from now on, Ctrl-C stops steps instead of the process.
    pub fn new(interrupts: Interrupts) -> Self {
        orphans::become_subreaper();
        let (programs, stamps) = (search::Programs::default(), HashMap::new());
        let (limit, announcer, verified) = (None, None, None);
        let lookups = files::lookups::Lookups::default();
        let links_read = HashMap::new();
        Self {
            interrupts,
            programs,
            limit,
            stop_at: 2,
            announcer,
            stamps,
            verified,
            lookups,
            kernel_lists: None,
            links_read,
        }
    }

    /// Overrides the time limit of commands that have one: a slow machine takes longer.
    #[must_use]
    pub fn with_limit(self, limit: Option<Duration>) -> Self {
        Self { limit, ..self }
    }

    /// Sets the function that tells the user what a probe waits for.
    pub fn announce_waits(&mut self, announcer: Option<Announcer>) {
        self.announcer = announcer;
    }

    /// Tells the user what takes long.
    fn announce(&self, text: &str) {
        if let Some(announcer) = &self.announcer {
            announcer(text);
        }
    }

    /// Returns whether the user has requested to stop at once.
    fn is_stopped(&self) -> bool {
        self.interrupts.count() >= self.stop_at
    }

    /// Returns the path of a tool, or an error with the package that provides it.
    fn tool(&mut self, cmd: &Cmd) -> Result<PathBuf, StepError> {
        self.programs
            .find(cmd.name())
            .map_err(|missing| StepError::new(cmd, FailureKind::Missing(missing)))
    }
}

impl Files for Real {
    fn is_this_machine(&self) -> bool {
        true
    }

    fn file_status(&self, place: &Place) -> Result<FileStatus, FileError> {
        files::access::look(place, &self.lookups)
    }

    fn is_empty(&self, place: &Place) -> Result<Option<bool>, FileError> {
        files::access::is_empty(place).map(Some)
    }

    fn names(&self, place: &Place) -> Result<Option<Vec<String>>, FileError> {
        files::access::names(place).map(Some)
    }

    fn resolve_place(&self, place: &Place, follow: bool) -> Result<ResolvedPath, FileError> {
        let resolved = match self.lookups.parent(place).filter(|_| !follow) {
            Some((dir, name)) => dir.resolved(name.as_os_str()),
            None => files::reach::reach(place, follow),
        };
        resolved.map_err(|error| FileError { place: place.clone(), cause: error.to_string() })
    }

    fn mount_table(&self) -> MountTable {
        files::mount_list::mount_table().unwrap_or_default()
    }

    fn nearest_directory(&self, path: &Path) -> Option<DirectoryId> {
        match self.lookups.directory(Path::new("/"), path) {
            Some(dir) => dir.id(),
            None => files::reach::anchor(path),
        }
    }

    fn free_and_total_bytes(&self, path: &Path) -> Option<(u64, u64)> {
        let found = nix::sys::statvfs::statvfs(path).ok()?;
        let block = found.fragment_size();
        Some((found.blocks_free() * block, found.blocks() * block))
    }

    fn read(&self, place: &Place) -> Result<FileContents, FileError> {
        files::access::read(place, &self.lookups).map(FileContents::Known)
    }

    fn first_bytes(&self, place: &Place, len: usize) -> Result<FileContents, FileError> {
        files::access::first_bytes(place, len as u64, &self.lookups).map(FileContents::Known)
    }

    fn read_pieces(&self, place: &Place, each: &mut dyn FnMut(&[u8])) -> Result<bool, FileError> {
        files::access::read_pieces(place, each, &self.lookups).map(|()| true)
    }

    fn begin_lookups(&self) {
        self.lookups.begin();
    }

    fn end_lookups(&self) {
        self.lookups.end();
    }
}
