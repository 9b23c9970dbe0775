//! Violated rules about shares.

use crate::error::Rule;

/// A violated rule about shares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ShareRule {
    /// The directory belongs to the running system as a whole.
    #[error("directory {directory} must not be shared with a virtual machine")]
    Running { directory: String },
    /// The directory does not exist.
    #[error("directory {directory} does not exist")]
    NoDirectory { directory: String },
    /// The filesystem has no owners or attributes.
    #[error("directory {directory}: filesystem {kind} has no owners and extended attributes")]
    NoAttributes { directory: String, kind: String },
    /// virtiofsd would take a part of the path for an option.
    #[error("directory {directory}: virtiofsd cannot share a path with a comma")]
    Comma { directory: String },
    /// The path of the socket is too long.
    #[error("socket {socket}: {length} bytes, at most {most} are possible")]
    TooLong { socket: String, length: usize, most: usize },
    /// The socket serves another directory.
    #[error("socket {socket} already shares {found}")]
    Taken { socket: String, found: String },
}

impl Rule for ShareRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Running { .. } => "share a directory with a root of its own".into(),
            Self::NoDirectory { directory } => {
                format!("make it first: file::make_dir({directory:?})")
            }
            Self::NoAttributes { .. } => "move the directory to ext4, xfs or btrfs".into(),
            Self::Comma { .. } => "rename the directory".into(),
            Self::TooLong { .. } => "choose a shorter path, such as /run/virtiofs/NAME.sock".into(),
            Self::Taken { .. } => "choose another socket, or stop the guest that uses it".into(),
        })
    }
}
