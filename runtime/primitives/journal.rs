//! Storing copies of the journal.

use std::path::{Path, PathBuf};

use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::FilesStep;
use crate::types::{AbsPath, Mode, Place};

/// The directory that contains the copies of all runs, with a subdirectory for each run.
const DIRECTORY: &str = "gscript";

args! {
    /// Keeps a copy of the journal on a medium that survives a reboot of the live system.
    ///
    /// After a reboot, `gscript resume FILE` resumes the run from the copy. Each line of the
    /// journal is copied immediately, until the filesystem is unmounted. The journal contains no
    /// secrets. Undo keeps the copy.
    ///
    /// Source: none; live media do not preserve files across a reboot.
    ///
    /// ```
    /// mount::mount("/dev/sdb1", "/mnt/key");
    /// journal::keep_on("/mnt/key");
    /// ```
    "journal.keep_on" => pub struct KeepOn {
        /// A mount point, or a directory below one. The copy is `gscript/RUN/journal.jsonl` in it.
        pub path: AbsPath,
    }
}

impl KeepOn {
    /// Returns the directory that contains the copies of all runs.
    pub fn directory(path: &str) -> PathBuf {
        Path::new(path).join(DIRECTORY)
    }
}

impl Action for KeepOn {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.path.join(DIRECTORY).to_string() })]
    }

    fn plan(&self, _cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let directory = self.path.join(DIRECTORY);
        let place = Place::new(&directory, None);
        // FAT supports no other mode. The directory of the run itself is private where possible.
        let mode = Mode::new(0o755);
        Ok(Plan::step(FilesStep::MakeDir { place: place.clone(), mode })
            .makes(FilesFact::Dir { place })
            .undo(Undo::Nothing)
            .always()
            .keeps_journal(directory))
    }
}
