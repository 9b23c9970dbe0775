//! Steps that share directories, and their effects.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::VIRTIOFSD;
use crate::machine::effect::NeedKind::Writes;
use crate::machine::effect::{Declaration, PartEffect};
use crate::machine::step::PartStep;
use crate::types::quote;

/// The names of what a probe tries, in order. Its step prints each with `ok` or the error of the kernel on one line.
pub const PROBES: [&str; 6] =
    ["chown_link", "chown_file", "device_node", "capability", "acl", "user_attribute"];

/// A step on shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareStep {
    /// Starts virtiofsd in the background, and waits for its socket.
    Start {
        /// The directory to share.
        directory: String,
        /// The path of the socket.
        socket: String,
        /// The file for the messages of virtiofsd.
        log: String,
        /// The options of virtiofsd.
        options: Vec<String>,
    },
    /// Ends virtiofsd, and removes its socket.
    Stop {
        /// The path of the socket.
        socket: String,
    },
    /// Tries what a root filesystem needs in a new directory, and removes that.
    Probe {
        /// The directory in which the new one is made.
        directory: String,
    },
}

impl fmt::Display for ShareStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { options, log, .. } => {
                let options: Vec<String> = options.iter().map(|option| quote(option)).collect();
                write!(f, "{VIRTIOFSD} {} >{} 2>&1 &", options.join(" "), quote(log))
            }
            Self::Stop { socket } => {
                let pattern = quote(&format!("{VIRTIOFSD} .*{socket}"));
                write!(f, "pkill -f {pattern}; rm -f {}", quote(socket))
            }
            Self::Probe { directory } => {
                write!(f, "try {} in {}", PROBES.join(", "), quote(directory))
            }
        }
    }
}

impl PartStep for ShareStep {
    fn needs_root(&self) -> bool {
        true
    }

    fn tools(&self) -> Vec<&'static str> {
        match self {
            Self::Start { .. } => vec![VIRTIOFSD, "setsid", "sh"],
            Self::Stop { .. } | Self::Probe { .. } => Vec::new(),
        }
    }
}

/// An effect on shares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum ShareEffect {
    /// A virtual machine may change all files in a directory.
    SharesDirectory {
        /// The directory.
        directory: String,
    },
}

impl fmt::Display for ShareEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::SharesDirectory { directory } = self;
        write!(f, "lets a virtual machine change all files in {directory}")
    }
}

impl PartEffect for ShareEffect {
    fn declaration(&self) -> Declaration<'_> {
        let Self::SharesDirectory { directory } = self;
        Declaration::Below(Writes, directory)
    }

    fn restores(&self) -> bool {
        true
    }

    fn directory(&self) -> Option<String> {
        let Self::SharesDirectory { directory } = self;
        Some(directory.clone())
    }
}
