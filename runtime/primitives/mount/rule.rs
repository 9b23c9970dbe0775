//! Errors about mounts and swap.

use crate::error::{Exit, Rule};
use crate::types::{quote, rhai_literal};

/// A violated rule about mounts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MountRule {
    /// The device contains no filesystem.
    #[error("cannot mount {device}: holds {}", found.as_deref().unwrap_or("no \
        filesystem"))]
    NotMountable {
        /// The device.
        device: String,
        /// A description of its content.
        found: Option<String>,
    },
    /// The device could not be read.
    #[error("cannot mount {device}: its contents are unknown: {why}")]
    Unreadable {
        /// The device.
        device: String,
        /// The error.
        why: String,
    },
    /// Another filesystem is mounted at the mount point.
    #[error("{at} is in use: {source_of} is mounted there")]
    Taken {
        /// The mount point.
        at: String,
        /// The source of that mount.
        source_of: String,
    },
    /// Options that apply to all mounts are given for a filesystem that is already mounted.
    #[error(
        "{device} is already mounted at {at} with other options: {options} would have no \
        effect"
    )]
    Decided {
        /// The device.
        device: String,
        /// The existing mount point.
        at: String,
        /// The requested options.
        options: String,
    },
    /// An option names a device on which the log or journal could not be recognized.
    #[error(
        "mount option {option} is not supported: the contents of that device cannot be checked"
    )]
    UncheckedDevice {
        /// The option.
        option: String,
    },
    /// The value of an option is not the path of a device.
    #[error("mount option {option}: not the path of a device below /dev")]
    NotADevice {
        /// The option.
        option: String,
    },
    /// An option names a device without a log or journal.
    #[error("{device} is not a log or journal: holds {}", found.as_deref().unwrap_or("neither"))]
    NotALog {
        /// The device.
        device: String,
        /// A description of its content.
        found: Option<String>,
    },
    /// The mount point is not a directory.
    #[error("{at} is not a directory")]
    NotADirectory {
        /// The path.
        at: String,
    },
    /// The directory to bind does not exist.
    #[error("the directory {from} to bind does not exist")]
    NothingToBind {
        /// The path.
        from: String,
    },
    /// Other filesystems are mounted below the mount point.
    #[error("cannot unmount {at}: {} below it", below.join(", "))]
    Below {
        /// The mount point.
        at: String,
        /// The mount points below it.
        below: Vec<String>,
    },
    /// The mount point belongs to the running system.
    #[error("{at} belongs to the running system")]
    Ours {
        /// The mount point.
        at: String,
    },
    /// The device or file is not a swap area.
    #[error("{device} is not a swap area{}", found.as_ref().map(|f| format!(", but holds {f}")).unwrap_or_default())]
    NotSwap {
        /// The device.
        device: String,
        /// A description of its content.
        found: Option<String>,
    },
}

impl Rule for MountRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotMountable { found: Some(found), .. } if found.starts_with("LUKS") => {
                "open the container first: luks::open".into()
            }
            Self::NotMountable { found: Some(found), .. } if found.starts_with("member of ") => {
                let name = found.rsplit(' ').next().unwrap_or_default();
                format!("start the array first: md::assemble({})", rhai_literal(name))
            }
            Self::NotMountable { .. } => "check with lsblk -f".into(),
            Self::UncheckedDevice { .. } => {
                "omit it if the filesystem records its journal itself; otherwise mount it \
                manually"
                    .into()
            }
            Self::NotADevice { .. } => "give a path such as /dev/sdb1".into(),
            Self::Unreadable { .. } => "check dmesg for the cause".into(),
            Self::Taken { at, .. } => format!(
                "choose another directory, or unmount it: umount \
                {at}"
            ),
            Self::Decided { at, .. } => format!("unmount it first: umount {}", quote(at)),
            Self::NotADirectory { .. } | Self::NothingToBind { .. } => "name a directory".into(),
            Self::Below { at, .. } => {
                let at = rhai_literal(at);
                format!("unmount those first, or all: mount::unmount({at}, #{{ recursive: true }})")
            }
            Self::Ours { .. } => "a recipe may only unmount what a recipe mounted".into(),
            Self::NotALog { .. } | Self::NotSwap { .. } => {
                "check with lsblk -f that it is the right device".into()
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Taken { .. } | Self::Decided { .. } | Self::Below { .. } | Self::Ours { .. } => {
                Exit::Refused
            }
            _ => Exit::Usage,
        }
    }
}
