//! Facts about shares, and their release.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A fact about a share, which is named by its socket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum ShareFact {
    /// A directory is shared.
    DirectoryShared {
        /// The socket.
        socket: String,
        /// The directory.
        directory: String,
    },
    /// No process serves a socket.
    ShareEnded {
        /// The socket.
        socket: String,
    },
}

impl ShareFact {
    /// Returns the socket of the share.
    pub fn socket(&self) -> &str {
        match self {
            Self::DirectoryShared { socket, .. } | Self::ShareEnded { socket } => socket,
        }
    }
}

impl fmt::Display for ShareFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DirectoryShared { socket, directory } => {
                write!(f, "directory {directory} is shared on {socket}")
            }
            Self::ShareEnded { socket } => write!(f, "nothing is shared on {socket}"),
        }
    }
}

/// Ends the process of a share. Displays as the command that a user would type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShareRelease {
    /// The socket of the share.
    pub socket: String,
}
