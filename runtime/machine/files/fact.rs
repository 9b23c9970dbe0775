//! Facts about files.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::Content;
use crate::types::{Mode, Place};

/// A fact about a file or a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum FilesFact {
    /// A regular file with this content exists.
    File {
        /// The file.
        place: Place,
        /// SHA-256 of its content, if the content is known beforehand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// Its permission bits, if they were requested.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
    },
    /// A file is a copy of a container's header.
    HeaderSaved {
        /// The file.
        place: Place,
        /// The container as the header describes it.
        content: Content,
    },
    /// A directory exists.
    Dir {
        /// The directory.
        place: Place,
    },
    /// A directory is a btrfs subvolume.
    Subvolume {
        /// The directory.
        place: Place,
    },
    /// A symbolic link exists.
    Link {
        /// The link.
        place: Place,
        /// The target of the link.
        to: String,
    },
    /// A path does not exist.
    Absent {
        /// The path.
        place: Place,
    },
    /// A file or directory has these permission bits.
    Mode {
        /// The file or directory.
        place: Place,
        /// Its permission bits.
        mode: Mode,
    },
    /// A file or directory has this owner and group.
    Owned {
        /// The file or directory.
        place: Place,
        /// User ID.
        uid: u32,
        /// Group ID.
        gid: u32,
    },
}

impl FilesFact {
    /// Returns the place that the fact is about.
    pub fn at(&self) -> &Place {
        match self {
            Self::File { place, .. }
            | Self::HeaderSaved { place, .. }
            | Self::Dir { place }
            | Self::Subvolume { place }
            | Self::Link { place, .. }
            | Self::Absent { place }
            | Self::Mode { place, .. }
            | Self::Owned { place, .. } => place,
        }
    }

    /// Returns the place that the fact is about, to change it.
    pub(crate) fn at_mut(&mut self) -> &mut Place {
        match self {
            Self::File { place, .. }
            | Self::HeaderSaved { place, .. }
            | Self::Dir { place }
            | Self::Subvolume { place }
            | Self::Link { place, .. }
            | Self::Absent { place }
            | Self::Mode { place, .. }
            | Self::Owned { place, .. } => place,
        }
    }
}

/// Displays the fact as a sentence.
impl fmt::Display for FilesFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { place, .. } => write!(f, "{place} has the requested contents"),
            Self::HeaderSaved { place, content } => {
                write!(f, "{place} is a copy of the header of the {content}")
            }
            Self::Dir { place } => write!(f, "{place} is a directory"),
            Self::Subvolume { place } => write!(f, "{place} is a subvolume"),
            Self::Link { place, to } => write!(f, "{place} links to {to}"),
            Self::Absent { place } => write!(f, "{place} does not exist"),
            Self::Mode { place, mode } => write!(f, "{place} has mode {mode}"),
            Self::Owned { place, uid, gid } => write!(f, "{place} is owned by {uid}:{gid}"),
        }
    }
}
