//! What is refused of filesystems.

use crate::error::Rule;
use crate::types::{FsKind, Size};

/// A rule about filesystems that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FsRule {
    /// The label is too long, or has characters that the filesystem can't store.
    #[error("a {kind} label has at most {most} characters{}, not {label:?}", if *ascii { " of plain ASCII" } else { "" })]
    Label {
        /// The filesystem.
        kind: &'static str,
        /// The label.
        label: String,
        /// How long it may be.
        most: usize,
        /// Whether it must be ASCII.
        ascii: bool,
    },
    /// The device is too small.
    #[error("{device} has {size}; {kind} needs at least {least}")]
    TooSmall {
        /// The device.
        device: String,
        /// Its size.
        size: Size,
        /// The filesystem.
        kind: &'static str,
        /// The least it takes.
        least: Size,
    },
    /// No filesystem there.
    #[error("{device} holds {}", found.as_deref().unwrap_or("no filesystem"))]
    None {
        /// The device.
        device: String,
        /// What it holds instead.
        found: Option<String>,
    },
    /// Too small to swap to.
    #[error("{path}: {size} is too small for a swap file")]
    SwapFile {
        /// The file.
        path: String,
        /// The size.
        size: Size,
    },
    /// The file exists.
    #[error("{path} exists: fs::image does not overwrite files")]
    Exists {
        /// The file.
        path: String,
    },
    /// We don't know how to check this one.
    #[error("{kind} has no filesystem check")]
    NoChecker {
        /// The filesystem.
        kind: String,
    },
}

impl Rule for FsRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Label { .. } => "choose a shorter or plainer label".into(),
            Self::TooSmall { .. } => "use a larger device or another filesystem".into(),
            Self::None { .. } => "check with lsblk -f; fs::make creates a filesystem".into(),
            Self::SwapFile { .. } => "use at least 1M".into(),
            Self::Exists { .. } => "choose another name, or remove the file".into(),
            Self::NoChecker { .. } => "use the tools of that filesystem".into(),
        })
    }
}

/// The longest label of a filesystem, and whether it must be ASCII (the mkfs manual pages).
pub(super) fn label_limit(kind: FsKind) -> (usize, bool) {
    match kind {
        FsKind::Ext4 | FsKind::Ext2 => (16, false),
        FsKind::Xfs => (12, false),
        FsKind::Btrfs => (255, false),
        FsKind::Vfat => (11, true),
        FsKind::F2fs => (511, false),
    }
}
