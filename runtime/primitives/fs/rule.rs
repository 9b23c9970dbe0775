//! Errors about filesystems.

use crate::error::Rule;
use crate::types::{FsKind, Size, quote};

/// A violated rule about filesystems.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FsRule {
    /// The label is too long, or contains characters that the filesystem does not support.
    #[error("a {kind} label has at most {most} characters{}, not {label:?}", if *ascii { " of plain ASCII" } else { "" })]
    Label {
        /// The type of the filesystem.
        kind: &'static str,
        /// The label.
        label: String,
        /// The maximum length in bytes.
        most: usize,
        /// Whether only ASCII is allowed.
        ascii: bool,
    },
    /// The device is too small for the filesystem.
    #[error("{device} has {size}; {kind} needs at least {least}")]
    TooSmall {
        /// The device.
        device: String,
        /// The size of the device.
        size: Size,
        /// The type of the filesystem.
        kind: &'static str,
        /// The minimum size.
        least: Size,
    },
    /// The partition is too small for FAT32.
    #[error("the EFI system partition {device} has {size}; FAT32 needs at least {least}")]
    EspTooSmall {
        /// The partition.
        device: String,
        /// The size of the partition.
        size: Size,
        /// The minimum size.
        least: Size,
    },
    /// The device contains no filesystem.
    #[error("{device} holds {}", found.as_deref().unwrap_or("no filesystem"))]
    None {
        /// The device.
        device: String,
        /// A description of its content.
        found: Option<String>,
    },
    /// The size is too small for a swap file.
    #[error("{path}: {size} is too small for a swap file")]
    SwapFile {
        /// The file.
        path: String,
        /// The requested size.
        size: Size,
    },
    /// A file of the right size is no swap file.
    #[error("{path} exists and has no swap signature: it is not overwritten")]
    NoSwapFile {
        /// The file.
        path: String,
    },
    /// The file already exists.
    #[error("{path} exists: it is not overwritten")]
    Exists {
        /// The file.
        path: String,
    },
    /// No checker is known for this type of filesystem.
    #[error("{kind} has no filesystem check")]
    NoChecker {
        /// The type of the filesystem.
        kind: String,
    },
}

impl Rule for FsRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Label { .. } => "choose a shorter or plainer label".into(),
            Self::EspTooSmall { .. } => {
                "make the partition larger; 512M is enough for any disk".into()
            }
            Self::TooSmall { .. } => "use a larger device or another filesystem".into(),
            Self::None { .. } => "check with lsblk -f that it is the right device".into(),
            Self::SwapFile { .. } => "use at least 1M".into(),
            Self::NoSwapFile { path } => format!(
                "if an interrupted run has left it, remove it: rm {}; otherwise choose another name",
                quote(path)
            ),
            Self::Exists { .. } => "choose another name, or remove the file".into(),
            Self::NoChecker { .. } => "use the tools of that filesystem".into(),
        })
    }
}

/// Returns the maximum length of a label in bytes, and whether it must be ASCII (mkfs man pages).
pub(super) fn label_limit(kind: FsKind) -> (usize, bool) {
    match kind {
        FsKind::Ext4 | FsKind::Ext2 => (16, false),
        FsKind::Xfs => (12, false),
        FsKind::Btrfs => (255, false),
        FsKind::Vfat => (11, true),
        FsKind::F2fs => (511, false),
    }
}
