//! Errors about chroots.

use crate::error::{Exit, Rule};

/// A violated rule about chroots.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChrootRule {
    /// The root is that of the running system.
    #[error("{root} is the running system and cannot be used as a chroot")]
    Ourselves {
        /// The directory.
        root: String,
    },
    /// No filesystem is mounted at the root.
    #[error("there is no system at {root}: nothing is mounted there")]
    NotMounted {
        /// The directory.
        root: String,
    },
    /// The list of arguments is empty.
    #[error("the command is empty")]
    NoCommand,
    /// The root filesystem contains no shell.
    #[error("{root} has neither /bin/bash nor /bin/sh")]
    NoShell {
        /// The directory.
        root: String,
    },
}

impl Rule for ChrootRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Ourselves { .. } => "name the mount point of the installed system".into(),
            Self::NotMounted { .. } => "mount it first: mount::mount".into(),
            Self::NoCommand => {
                "give the program and its arguments: [\"emerge\", \"--info\"]".into()
            }
            Self::NoShell { .. } => "unpack a system there first: stage3::unpack".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Ourselves { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}
