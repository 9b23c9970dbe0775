//! Files of the simulated machine.

mod tree;

use crate::machine::FilesFact;
use crate::machine::files::{FileContents, FileStatus};
use crate::system::{FilesStep, StepError};
use crate::types::{Mode, Place};

pub(super) use tree::{Node, Trees};

/// Performs a step on files.
pub(super) fn perform(trees: &mut Trees, step: &FilesStep) -> Result<(), StepError> {
    let file = |content: FileContents, mode: Option<Mode>| Node::File {
        content,
        mode: mode.unwrap_or(Mode::new(0o644)),
    };
    match step {
        FilesStep::Write { place, content, mode, .. } => {
            trees.put(place, file(content.clone(), *mode))?;
        }
        FilesStep::Copy { from, to, mode } => {
            let content = trees.read(from)?;
            trees.put(to, file(content, *mode))?;
        }
        FilesStep::MakeDir { place, mode } => trees.make_dirs(place, *mode)?,
        FilesStep::Link { place, to } => trees.put(place, Node::Link { to: to.into() })?,
        FilesStep::Remove { place } => trees.put(place, Node::Gone)?,
        FilesStep::Chmod { place, mode } => chmod(trees, place, *mode)?,
        FilesStep::MakeKey { place, .. }
        | FilesStep::SaveOutput { place, .. }
        | FilesStep::SaveHeader { place, .. }
        | FilesStep::MakeImage { place, .. }
        | FilesStep::Fetch { into: place, .. }
        | FilesStep::Allocate { place, .. } => {
            let (what, mode) = new_file(step);
            trees.put(place, file(FileContents::Unknown(what), Some(mode)))?;
        }
        FilesStep::Unpack { archive, into } => {
            trees.fill(into, format!("what {archive} contains"))?;
            trees.mark_unknown(into)?;
        }
        FilesStep::CopyTree { from, to } => {
            trees.make_dirs(to, Mode::new(0o755))?;
            trees.fill(to, format!("the contents of {from}"))?;
        }
        FilesStep::Chown { .. } | FilesStep::SyncFilesystems { .. } | FilesStep::Verify { .. } => {}
    }
    Ok(())
}

/// Changes the mode of a file or directory. What is unknown may be either.
fn chmod(trees: &mut Trees, place: &Place, mode: Mode) -> Result<(), StepError> {
    match trees.look(place, true)? {
        FileStatus::Dir { subvolume, .. } => trees.put(place, Node::Dir { mode, subvolume })?,
        FileStatus::Unknown(_) => {}
        _ => {
            let content = trees.read(place)?;
            trees.put(place, Node::File { content, mode })?;
        }
    }
    Ok(())
}

/// Returns a description of the new file that a step creates, and its mode.
fn new_file(step: &FilesStep) -> (String, Mode) {
    let (what, mode) = match step {
        FilesStep::MakeKey { .. } => ("random bytes".into(), 0o400),
        FilesStep::SaveOutput { cmd, .. } => (format!("what {} printed", cmd.name()), 0o400),
        FilesStep::SaveHeader { .. } => ("the copy of a header".into(), 0o400),
        FilesStep::Allocate { .. } => ("swap space".into(), 0o600),
        FilesStep::Fetch { .. } => ("a stage3 tarball".into(), 0o600),
        _ => ("a filesystem image".into(), 0o600),
    };
    (what, Mode::new(mode))
}

/// Adds a file that a program has created, as stated by a fact.
pub(super) fn learned(trees: &mut Trees, fact: &FilesFact) {
    match fact {
        // The content of a file that a program creates is unknown; the file appears with its fact.
        FilesFact::File { place, digest: None, mode } => {
            let found = match trees.look(place, false) {
                Ok(FileStatus::File { mode, .. }) => mode,
                Ok(FileStatus::Missing) => Mode::new(0o600),
                _ => return,
            };
            let content = FileContents::Unknown("the output of a program".into());
            let node = Node::File { content, mode: mode.unwrap_or(found) };
            // If the file could not exist, the step would have failed.
            let _ = trees.put(place, node);
        }
        // The same applies to a symlink and a directory.
        FilesFact::Link { place, to } if trees.look(place, false) == Ok(FileStatus::Missing) => {
            let _ = trees.put(place, Node::Link { to: to.into() });
        }
        FilesFact::Dir { place } if trees.look(place, false) == Ok(FileStatus::Missing) => {
            let _ = trees.make_dirs(place, Mode::new(0o755));
        }
        FilesFact::Absent { place } => {
            let _ = trees.put(place, Node::Gone);
        }
        FilesFact::Subvolume { place } => {
            let node = Node::Dir { mode: Mode::new(0o755), subvolume: true };
            let _ = trees.put(place, node);
        }
        _ => {}
    }
}
