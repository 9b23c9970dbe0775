//! What can become true of files.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::Content;
use crate::types::{Mode, Place};

/// Something that is so of a file or a folder.
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
    /// A folder exists.
    Dir {
        /// Which.
        place: Place,
    },
    /// A folder is a subvolume of btrfs.
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
    /// A file or folder has these permission bits.
    Mode {
        /// Which.
        place: Place,
        /// The bits.
        mode: Mode,
    },
    /// A file or folder belongs to somebody.
    Owned {
        /// Which.
        place: Place,
        /// Owner's number.
        uid: u32,
        /// Group's number.
        gid: u32,
    },
}

/// The fact as a sentence.
impl fmt::Display for FilesFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { place, .. } => write!(f, "{place} is as wanted"),
            Self::HeaderSaved { place, content } => {
                write!(f, "{place} is a copy of the header of the {content}")
            }
            Self::Dir { place } => write!(f, "{place} is a folder"),
            Self::Subvolume { place } => write!(f, "{place} is a subvolume"),
            Self::Link { place, to } => write!(f, "{place} leads to {to}"),
            Self::Absent { place } => write!(f, "{place} does not exist"),
            Self::Mode { place, mode } => write!(f, "{place} has mode {mode}"),
            Self::Owned { place, uid, gid } => write!(f, "{place} belongs to {uid}:{gid}"),
        }
    }
}
