//! Evaluation of facts about files.

use super::{FileContents, FileStatus, Files, FilesFact};
use crate::machine::probe::parse_luks;
use crate::types::{Place, sha256};

impl FilesFact {
    /// Returns whether the fact holds for these files; `None` if a simulation cannot know.
    pub(super) fn holds_for(&self, files: &dyn Files) -> Option<bool> {
        let look = |place: &Place| match files.file_status(place) {
            Ok(FileStatus::Unknown(_)) => None,
            Ok(look) => Some(look),
            Err(_) => Some(FileStatus::Missing),
        };
        match self {
            Self::File { place, digest, mode } => match look(place)? {
                FileStatus::File { mode: found, .. } => {
                    let mode_fits = mode.is_none_or(|wanted| wanted == found);
                    let Some(digest) = digest else { return Some(mode_fits) };
                    match files.read(place) {
                        Ok(FileContents::Known(bytes)) => {
                            Some(mode_fits && sha256(&bytes) == *digest)
                        }
                        Ok(FileContents::Unknown(_)) => None,
                        Err(_) => Some(false),
                    }
                }
                _ => Some(false),
            },
            Self::HeaderSaved { place, content } => match files.read(place) {
                Ok(FileContents::Known(bytes)) => {
                    Some(parse_luks(&bytes).as_ref() == Some(content))
                }
                Ok(FileContents::Unknown(_)) => None,
                Err(_) => Some(false),
            },
            Self::Dir { place } => Some(matches!(look(place)?, FileStatus::Dir { .. })),
            Self::Subvolume { place } => {
                Some(matches!(look(place)?, FileStatus::Dir { subvolume: true, .. }))
            }
            Self::Link { place, to } => Some(
                matches!(look(place)?, FileStatus::Link { to: found } if found.as_os_str() == to.as_str()),
            ),
            Self::Absent { place } => Some(look(place)? == FileStatus::Missing),
            Self::Mode { place, mode } => match look(place)? {
                FileStatus::File { mode: found, .. } | FileStatus::Dir { mode: found, .. } => {
                    Some(found == *mode)
                }
                _ => Some(false),
            },
            Self::Owned { place, uid, gid } => match look(place)? {
                FileStatus::File { uid: u, gid: g, .. }
                | FileStatus::Dir { uid: u, gid: g, .. } => Some((u, g) == (*uid, *gid)),
                _ => Some(false),
            },
        }
    }
}
