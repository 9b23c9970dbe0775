//! The directories that the steps of a plan pass through, by inode and not by name, so that a
//! directory that was replaced before the run is detected.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::error::{Exit, Result, Rule};
use crate::machine::files::{DirectoryId, Files};
use crate::machine::is_below;
use crate::system::{Cmd, FilesStep, Program, Step, StorageStep};

/// A directory that was replaced since the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}: replaced by another directory since the plan (inode {} on device {}, planned inode {} on \
     {})",
    now.path.display(), now.inode, now.device, then.inode, then.device
)]
struct ReplacedDirectory {
    then: DirectoryId,
    now: DirectoryId,
}

impl Rule for ReplacedDirectory {
    fn remedy(&self) -> Option<String> {
        let path = self.now.path.display();
        Some(format!("find out what replaced it: ls -ld {path}; then plan and run again"))
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// The directories that existed when the plan was made.
#[derive(Debug, Clone, Default)]
pub struct Directories {
    asked: HashSet<PathBuf>,
    known: HashMap<PathBuf, DirectoryId>,
}

impl Directories {
    /// Records the directories that the steps pass through.
    pub fn remember(&mut self, steps: &[Step], files: &dyn Files) {
        for directory in steps.iter().filter_map(working_directory) {
            if self.asked.insert(directory.clone())
                && let Some(anchor) = files.nearest_directory(&directory)
            {
                self.known.entry(anchor.path.clone()).or_insert(anchor);
            }
        }
    }

    /// Refuses steps that would pass through another directory than planned. Directories below the
    /// mount points of this run (`mounted`), and directories that the run itself replaced, are not
    /// checked.
    pub fn check(&mut self, steps: &[Step], mounted: &[&str], files: &dyn Files) -> Result<()> {
        for step in steps {
            let Some(directory) = working_directory(step) else { continue };
            for path in directory.ancestors() {
                let Some(then) = self.known.get(path) else { continue };
                let text = path.to_string_lossy();
                if mounted.iter().any(|at| is_below(&text, at)) {
                    continue;
                }
                match files.nearest_directory(path) {
                    Some(now) if now.path == then.path && now != *then => {
                        return Err(ReplacedDirectory { then: then.clone(), now }.into());
                    }
                    _ => {}
                }
            }
            self.forget(step);
        }
        Ok(())
    }

    /// Forgets the directories that a step may replace.
    fn forget(&mut self, step: &Step) {
        let top = match step {
            Step::Files(
                FilesStep::Remove { place }
                | FilesStep::CopyTree { to: place, .. }
                | FilesStep::Unpack { into: place, .. },
            ) => place.outside(),
            Step::Run(Cmd { program: Program::Inside { root, .. }, .. }) => root.clone(),
            Step::Run(cmd) => match cmd.changed_root() {
                Some(root) => root.to_owned(),
                None => return,
            },
            _ => return,
        };
        let itself = matches!(step, Step::Files(FilesStep::Remove { .. }));
        self.known.retain(|path, _| !path.starts_with(&top) || (!itself && *path == top));
    }
}

/// Returns the directory in which a step works.
fn working_directory(step: &Step) -> Option<PathBuf> {
    if let Step::Files(FilesStep::Unpack { into, .. }) = step {
        return Some(into.outside());
    }
    if let Some((place, _)) = step.written() {
        return place.outside().parent().map(Path::to_owned);
    }
    match step {
        Step::Storage(StorageStep::Mount(call)) => Path::new(&call.at).parent().map(Path::to_owned),
        Step::Run(Cmd { program: Program::Inside { root, .. }, .. }) => Some(root.clone()),
        _ => None,
    }
}
