//! Effects on files, which have to be approved.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::effect::NeedKind::{Reads, Writes};
use crate::machine::effect::{Declaration, PartEffect};

/// An effect on files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum FilesEffect {
    /// Files are written.
    Writes {
        /// The file, or the directory if everything below it may be written.
        path: String,
    },
    /// A file is read, and not changed.
    Reads {
        /// The file.
        path: String,
    },
}

impl fmt::Display for FilesEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Writes { path } => write!(f, "writes {path}"),
            Self::Reads { path } => write!(f, "reads {path}"),
        }
    }
}

impl PartEffect for FilesEffect {
    fn declaration(&self) -> Declaration<'_> {
        match self {
            Self::Reads { path } => Declaration::Below(Reads, path),
            Self::Writes { path } => Declaration::Below(Writes, path),
        }
    }

    fn restores(&self) -> bool {
        true
    }

    fn directory(&self) -> Option<String> {
        match self {
            Self::Writes { path } => Some(path.clone()),
            Self::Reads { .. } => None,
        }
    }
}
