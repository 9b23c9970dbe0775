//! Errors about btrfs.

use crate::error::{Exit, Rule};
use crate::types::Size;

/// A violated rule about btrfs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BtrfsRule {
    /// There are too few devices for the profile.
    #[error("profile {profile} needs at least {least} devices, and got {count}")]
    Count {
        /// The profile.
        profile: &'static str,
        /// The minimum number of devices.
        least: usize,
        /// The number of given devices.
        count: usize,
    },
    /// A device is listed twice.
    #[error("{device} is named twice")]
    Twice {
        /// The device.
        device: String,
    },
    /// A device is too small for btrfs.
    #[error("{device} has {size}; btrfs needs at least {least}")]
    TooSmall {
        /// The device.
        device: String,
        /// The size of the device.
        size: Size,
        /// The minimum size.
        least: Size,
    },
    /// The label is too long.
    #[error("a btrfs label has at most 255 bytes, not {length}")]
    Label {
        /// The length in bytes.
        length: usize,
    },
    /// The path is not on a mounted btrfs filesystem.
    #[error("{path} is not on a mounted btrfs{}", found.as_ref().map(|f| format!(", but on {f}")).unwrap_or_default())]
    NotBtrfs {
        /// The path.
        path: String,
        /// The type of the filesystem that is mounted there.
        found: Option<String>,
    },
    /// The path exists and is not a subvolume.
    #[error("{path} exists and is not a subvolume")]
    Taken {
        /// The path.
        path: String,
    },
}

impl Rule for BtrfsRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Count { .. } => "name more devices, or use another profile".into(),
            Self::Twice { .. } => "name each device once".into(),
            Self::TooSmall { .. } => "use a larger device".into(),
            Self::Label { .. } => "choose a shorter label".into(),
            Self::NotBtrfs { .. } => "mount it first: mount::mount".into(),
            Self::Taken { .. } => "choose another name, or move the existing file".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Taken { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}
