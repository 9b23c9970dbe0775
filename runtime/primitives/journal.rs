//! Where the record of a run is kept.

use std::path::{Path, PathBuf};

use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::FilesStep;
use crate::types::{AbsPath, Mode, Place};

/// The folder below the one that was given; each run has its own in it.
const FOLDER: &str = "gscript";

args! {
    /// Keeps a copy of the run's journal on a medium that outlives a reboot of a live system, so
    /// that the run can be resumed after one: `gscript resume FILE`. The copy follows the journal,
    /// line by line, until its filesystem is unmounted. There is no secret in it.
    ///
    /// Source: none; live media forget what they write.
    ///
    /// ```
    /// mount::mount("/dev/sdb1", "/mnt/key");
    /// journal::keep_on("/mnt/key");
    /// ```
    "journal.keep_on" => pub struct KeepOn {
        /// A mount point, or a folder below one; the copy goes into `gscript/RUN/journal.jsonl`.
        pub path: AbsPath,
    }
}

impl KeepOn {
    /// Where the copies of all runs are.
    pub fn folder(path: &str) -> PathBuf {
        Path::new(path).join(FOLDER)
    }
}

impl Action for KeepOn {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.path.join(FOLDER).to_string() })]
    }

    fn plan(&self, _cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let folder = self.path.join(FOLDER);
        let place = Place::new(&folder, None);
        // FAT knows no other mode; the folder of the run is private where that is possible.
        let mode = Mode::new(0o755);
        Ok(Plan::step(FilesStep::MakeDir { place: place.clone(), mode })
            .makes(FilesFact::Dir { place })
            .undo(Undo::Nothing)
            .always()
            .keeps_journal(folder))
    }
}
