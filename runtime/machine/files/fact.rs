//! Facts about files.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::Content;
use crate::types::{Mode, Place};

/// A fact about a file or a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum FilesFact {
    /// A regular file has this content.
    File {
        /// Which.
        place: Place,
        /// SHA-256 of its content, where the content is known beforehand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// Its permission bits, where they were asked for.
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
        /// Which.
        place: Place,
    },
    /// A directory is a subvolume of btrfs.
    Subvolume {
        /// Which.
        place: Place,
    },
    /// A symbolic link exists.
    Link {
        /// Which.
        place: Place,
        /// Its text.
        to: String,
    },
    /// Nothing is there.
    Absent {
        /// Where.
        place: Place,
    },
    /// A file or directory has these permission bits.
    Mode {
        /// Which.
        place: Place,
        /// The bits.
        mode: Mode,
    },
    /// A file or directory belongs to somebody.
    Owned {
        /// Which.
        place: Place,
        /// Owner's number.
        uid: u32,
        /// Group's number.
        gid: u32,
    },
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
