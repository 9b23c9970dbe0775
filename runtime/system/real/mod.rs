//! The real machine: the only code of this crate that starts programs or calls the kernel.
//!
//! One file per kind of call: `run` (programs), `conversation` (what they say), `environment` (what they find), `activity` (whether they work), `orphans` (what they leave), `files` (reading and atomic writing inside a root),
//! `reach` (where a path leads), `mount_list` (what is mounted), `private` (files with secrets), `records` (of runs), `claim` (is it free, and the same disk as before), `mounts` (mount, unmount, swap), `fill` and `keystream` (random data onto a disk), `key` (key files and images),
//! `settle` (bringing it to the disk), `copy` (whole directories), `header` (copies of headers),
//! `verify`, `archive` and `unpack` (archives), `look` (probing), `holders` (who keeps a mount point busy), `stack` and
//! `replace` (a script that does not come back).

mod activity;
mod archive;
mod claim;
mod conversation;
mod copy;
mod environment;
mod files;
mod fill;
mod header;
mod held;
mod holders;
mod input;
mod interrupt;
mod key;
mod keystream;
mod look;
mod mount_list;
mod mounts;
mod orphans;
mod outside;
mod private;
mod reach;
mod records;
mod replace;
#[expect(clippy::disallowed_types, reason = "the one place that starts programs")]
mod run;
mod search;
mod secondhand;
mod settle;
mod stack;
mod stamp;
mod unpack;
mod verify;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Broken, Cmd, Outcome, Step, StepError, System, Watch};
use crate::machine::files::{Anchor, FileError, Files, Look, Reach, Text};
use crate::machine::origin::MountTable;
use crate::machine::{Fact, Machine, Scope};
use crate::types::Place;

pub(crate) use files::read_below;
pub use input::{Input, read_input, read_input_text};
pub use interrupt::Interrupts;
pub use mounts::FLAGS as MOUNT_FLAGS;
pub use private::{Private, read_private};
pub use records::hide_records;
pub use replace::start_over;
pub(crate) use run::end_with_us;
pub use search::find_program;
pub use stack::on_large_stack;

/// The machine this process runs on.
pub struct Real {
    interrupts: Interrupts,
    programs: search::Programs,
    /// How long commands may take that have a time limit, where a person said so.
    limit: Option<Duration>,
    /// Which disk each name stood for when the machine was looked at as a whole.
    stamps: HashMap<String, stamp::Stamp>,
    /// The archive that was verified last.
    verified: Option<archive::Verified>,
}

impl Real {
    /// Takes the machine over: from now on Ctrl-C stops steps instead of the process.
    pub fn new(interrupts: Interrupts) -> Self {
        orphans::adopt();
        let (programs, stamps) = (search::Programs::default(), HashMap::new());
        Self { interrupts, programs, limit: None, stamps, verified: None }
    }

    /// Gives commands that have a time limit another one: a slow machine takes longer.
    #[must_use]
    pub fn with_limit(self, limit: Option<Duration>) -> Self {
        Self { limit, ..self }
    }

    /// Where a tool is, or which package brings it.
    fn tool(&mut self, cmd: &Cmd) -> Result<PathBuf, StepError> {
        self.programs
            .find(cmd.name())
            .map_err(|missing| StepError::new(cmd, Broken::Missing(missing)))
    }
}

impl Files for Real {
    fn look(&self, place: &Place) -> Result<Look, FileError> {
        files::look(place)
    }

    fn is_empty(&self, place: &Place) -> Result<Option<bool>, FileError> {
        files::is_empty(place).map(Some)
    }

    fn names(&self, place: &Place) -> Result<Option<Vec<String>>, FileError> {
        files::names(place).map(Some)
    }

    fn reach(&self, place: &Place, follow: bool) -> Result<Reach, FileError> {
        reach::reach(place, follow)
            .map_err(|error| FileError { place: place.clone(), cause: error.to_string() })
    }

    fn mount_table(&self) -> MountTable {
        mount_list::mount_table().unwrap_or_default()
    }

    fn anchor(&self, path: &Path) -> Option<Anchor> {
        reach::anchor(path)
    }

    fn room(&self, path: &Path) -> Option<(u64, u64)> {
        let found = nix::sys::statvfs::statvfs(path).ok()?;
        let block = found.fragment_size();
        Some((found.blocks_free() * block, found.blocks() * block))
    }

    fn read(&self, place: &Place) -> Result<Text, FileError> {
        files::read(place).map(Text::Known)
    }
}

impl System for Real {
    fn files(&self) -> &dyn Files {
        self
    }

    fn perform(&mut self, step: &Step, watch: &mut dyn Watch) -> Result<Outcome, StepError> {
        let kernel = |result: std::io::Result<()>| {
            result.map(|()| Outcome::default()).map_err(|error| StepError::kernel(step, error))
        };
        self.must_be_meant(&step.devices()).map_err(|broken| StepError::new(step, broken))?;
        match step {
            Step::Run(cmd) => self.run(cmd, watch),
            Step::Write { place, content: Text::Known(bytes), mode } => {
                kernel(files::replace(place, bytes, *mode))
            }
            Step::Write { content: Text::Unknown(why), .. } => Err(StepError::kernel(step, why)),
            Step::Copy { from, to, mode } => kernel(files::copy(from, to, *mode)),
            Step::CopyTree { from, to } => self.copy_tree(step, from, to, watch),
            Step::MakeDir { place, mode } => kernel(files::make_dir(place, *mode)),
            Step::Link { place, to } => kernel(files::link(place, to)),
            Step::Remove { place } => kernel(files::remove(place)),
            Step::Chmod { place, mode } => kernel(files::chmod(place, *mode)),
            Step::Chown { place, uid, gid } => kernel(files::chown(place, *uid, *gid)),
            Step::MakeKey { place, bytes } => kernel(key::make(place, *bytes)),
            Step::Keep { cmd, place } => {
                let content = self.run_for_output(cmd, watch)?;
                kernel(key::keep(place, &content))
            }
            Step::SaveHeader { cmd, place, beneath } => {
                self.save_header(step, cmd, place, beneath, watch)
            }
            Step::MakeImage { place, size } => kernel(key::image(place, size.get())),
            Step::Allocate { place, size, nocow } => {
                kernel(key::allocate(place, size.get(), *nocow))
            }
            Step::Mount(call) => kernel(mounts::mount(call)),
            Step::Unmount { at } => {
                if let Some(verified) = &mut self.verified {
                    verified.close();
                }
                mounts::unmount(at).map_err(|broken| StepError::new(step, broken))?;
                Ok(Outcome::default())
            }
            Step::SwapOn { device, priority } => kernel(mounts::swap_on(device, *priority)),
            Step::SwapOff { device } => kernel(mounts::swap_off(device)),
            Step::Claim { device, disks } => {
                self.claim(device, disks).map_err(|broken| StepError::new(step, broken))?;
                Ok(Outcome::default())
            }
            Step::Settle { at } => {
                kernel(at.iter().try_for_each(|at| settle::settle_filesystem(at)))
            }
            Step::FillRandom { device, size } => {
                fill::fill(device, size.get(), &self.interrupts, watch)
                    .map_err(|broken| StepError::new(step, broken))?;
                Ok(Outcome::default())
            }
            Step::Verify { .. } => self.verify(step, watch),
            Step::Unpack { archive, into } => self.unpack(step, archive, into, watch),
            Step::WaitFor { nodes, limit } => self.wait_for(step, nodes, *limit),
        }
    }

    fn probe(
        &mut self,
        known: &Machine,
        scope: Option<&Scope>,
    ) -> Result<Option<Machine>, StepError> {
        self.look_at(known, scope).map(Some)
    }

    fn learned(&mut self, _fact: &Fact, _machine: &Machine) {}

    fn is_real(&self) -> bool {
        true
    }
}

impl Real {
    /// Device nodes appear when udev or the kernel gets to it.
    fn wait_for(
        &self,
        step: &Step,
        nodes: &[String],
        limit: Duration,
    ) -> Result<Outcome, StepError> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            let Some(missing) = nodes.iter().find(|node| !std::path::Path::new(node).exists())
            else {
                return Ok(Outcome::default());
            };
            if self.interrupts.count() > 0 {
                return Err(StepError::new(step, Broken::Interrupted));
            }
            if start.elapsed() > limit {
                return Err(StepError::new(step, Broken::not_there(missing, limit)));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}
