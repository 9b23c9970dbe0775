//! Requirements of steps on files, and resolution of their symbolic links.

use super::{FileError, Files, FilesStep};
use crate::machine::step::PartStep;
use crate::types::Place;

/// What a step does if the last component of a path is a symbolic link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastComponent {
    /// The link is followed.
    Followed,
    /// The step applies to the link itself.
    Itself,
}

impl PartStep for FilesStep {
    fn needs_root(&self) -> bool {
        matches!(
            self,
            Self::SaveHeader { .. }
                | Self::Unpack { .. }
                | Self::CopyTree { .. }
                | Self::Chown { .. }
        )
    }

    fn tools(&self) -> Vec<&'static str> {
        match self {
            Self::SaveOutput { cmd, .. } | Self::SaveHeader { cmd, .. } => cmd.tools(),
            Self::Unpack { .. } => vec!["tar"],
            Self::CopyTree { .. } => vec!["cp"],
            Self::Verify { .. } => vec!["gpg"],
            Self::Fetch { source, .. } => vec![source.program, "gpg"],
            _ => Vec::new(),
        }
    }

    fn written(&self) -> Option<(&Place, bool)> {
        match self {
            Self::MakeDir { place, .. } | Self::Unpack { into: place, .. } => Some((place, true)),
            Self::Write { place, .. }
            | Self::Copy { to: place, .. }
            | Self::CopyTree { to: place, .. }
            | Self::Link { place, .. }
            | Self::Remove { place }
            | Self::Chmod { place, .. }
            | Self::Chown { place, .. }
            | Self::MakeKey { place, .. }
            | Self::SaveOutput { place, .. }
            | Self::SaveHeader { place, .. }
            | Self::MakeImage { place, .. }
            | Self::Fetch { into: place, .. }
            | Self::Allocate { place, .. } => Some((place, false)),
            Self::SyncFilesystems { .. } | Self::Verify { .. } => None,
        }
    }

    fn devices(&self) -> Vec<&str> {
        match self {
            Self::SaveOutput { cmd, .. } | Self::SaveHeader { cmd, .. } => cmd.devices(),
            _ => Vec::new(),
        }
    }

    fn follow_links(&mut self, files: &dyn Files) -> Result<(), FileError> {
        use LastComponent::{Followed, Itself};
        match self {
            Self::SaveOutput { cmd, place } | Self::SaveHeader { cmd, place, .. } => {
                cmd.follow_links(files)?;
                follow_links(place, Itself, files)
            }
            Self::MakeDir { place, .. } => follow_links(place, Followed, files),
            Self::Copy { from, to, .. } | Self::CopyTree { from, to } => {
                follow_links(from, Followed, files)?;
                follow_links(to, Itself, files)
            }
            Self::Unpack { archive, into } => {
                follow_links(archive, Followed, files)?;
                follow_links(into, Followed, files)
            }
            Self::Write { place, .. }
            | Self::Link { place, .. }
            | Self::Remove { place }
            | Self::Chmod { place, .. }
            | Self::Chown { place, .. }
            | Self::MakeKey { place, .. }
            | Self::MakeImage { place, .. }
            | Self::Fetch { into: place, .. }
            | Self::Allocate { place, .. } => follow_links(place, Itself, files),
            // `Settle` names mount points as the kernel lists them; `Verify` only reads.
            Self::SyncFilesystems { .. } | Self::Verify { .. } => Ok(()),
        }
    }
}

fn follow_links(
    place: &mut Place,
    last: LastComponent,
    files: &dyn Files,
) -> Result<(), FileError> {
    *place = files.resolve_place(place, last == LastComponent::Followed)?.place;
    Ok(())
}
