//! Files. With a `root`, paths are resolved inside that root directory, and symbolic links cannot
//! lead outside of it.

mod change;
mod owner;
mod read;
mod write;

pub use change::{Chmod, Link, MakeDir, Remove};
pub use owner::Chown;
pub use read::{Exists, Read};
pub(super) use write::replace;
pub use write::{AppendLine, Copy, Write};

use crate::error::{Exit, Result, Rule};
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Effect, FilesEffect, Planning};
use crate::system::LINK_REMEDY;
use crate::types::{AbsPath, Place, rhai_literal};

/// A violated rule about files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileRule {
    /// The file is not valid UTF-8.
    #[error("{place}: not valid UTF-8")]
    NotText {
        /// The file.
        place: Place,
    },
    /// The file does not conform to its format.
    #[error("failed to read {place}: {why}")]
    Damaged {
        /// The file.
        place: Place,
        /// The problem.
        why: String,
    },
    /// The file does not exist.
    #[error("there is no file {place}")]
    Missing {
        /// The file.
        place: Place,
    },
    /// The path is a directory.
    #[error("{place} is a directory")]
    Directory {
        /// The path.
        place: Place,
    },
    /// The path exists and is not a directory.
    #[error("{place} exists and is not a directory")]
    NotADirectory {
        /// The path.
        place: Place,
    },
    /// The parent directory does not exist.
    #[error("{place}: the directory {parent} does not exist")]
    NoParent {
        /// The path.
        place: Place,
        /// The parent directory.
        parent: Place,
    },
    /// The directory is not empty.
    #[error("{place} is a directory that is not empty; file::remove is not recursive")]
    NotEmpty {
        /// The directory.
        place: Place,
    },
    /// The path is a link to a filesystem that the chroot shares with the running system.
    #[error("{place} is a link to {to}, which belongs to the running system")]
    LeadsOutside {
        /// The path of the link.
        place: Place,
        /// The target of the link.
        to: Place,
    },
    /// The file belongs to a kernel filesystem.
    #[error("{place}: {what} belongs to the kernel and cannot be read with file primitives")]
    Kernel {
        /// The file.
        place: Place,
        /// The type of the filesystem, or the directory.
        what: String,
    },
    /// The user or group does not exist.
    #[error("there is no {what} {name:?} in {place}")]
    NoSuchName {
        /// `user` or `group`.
        what: &'static str,
        /// The name.
        name: String,
        /// The file that was searched.
        place: Place,
    },
}

impl Rule for FileRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotText { .. } => "copy it with file::copy instead of reading it".into(),
            Self::Damaged { .. } => "correct it with an editor, then run again".into(),
            Self::Missing { .. } => "check the path, and that its filesystem is mounted".into(),
            Self::Directory { .. } | Self::NotADirectory { .. } => "choose another path".into(),
            Self::NoParent { parent, .. } => {
                let path = rhai_literal(&parent.path.display().to_string());
                format!("create it first: file::make_dir({path})")
            }
            Self::NotEmpty { .. } => "remove its files first, one by one".into(),
            Self::LeadsOutside { .. } => LINK_REMEDY.into(),
            Self::Kernel { .. } => {
                "use the query for it, such as kernel::require or disk::list; see: gscript doc"
                    .into()
            }
            Self::NoSuchName { .. } => "use the number, or a name known to the system".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NotEmpty { .. } | Self::LeadsOutside { .. } | Self::Kernel { .. } => {
                Exit::Refused
            }
            _ => Exit::Usage,
        }
    }
}

fn place(path: &AbsPath, root: Option<&AbsPath>) -> Place {
    Place::new(path, root)
}

fn writes(path: &AbsPath, root: Option<&AbsPath>) -> Vec<Effect> {
    vec![Effect::Files(FilesEffect::Writes { path: place(path, root).to_string() })]
}

fn reads(path: &AbsPath, root: Option<&AbsPath>) -> Vec<Effect> {
    vec![Effect::Files(FilesEffect::Reads { path: place(path, root).to_string() })]
}

fn parent_must_exist(place: &Place, cx: &Planning<'_>) -> Result<()> {
    match cx.look(&place.parent())? {
        FileStatus::Missing => {
            let parent = place.parent();
            Err(FileRule::NoParent { place: place.clone(), parent }.into())
        }
        _ => Ok(()),
    }
}

/// Returns the content of a text file; `None` if it does not exist or is not known.
pub(super) fn known_text(place: &Place, cx: &Planning<'_>) -> Result<Option<String>> {
    Ok(match text(place, cx)? {
        Some(FileContents::Known(bytes)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    })
}

/// Returns the content of a file, or `None` if it does not exist.
pub(super) fn text(place: &Place, cx: &Planning<'_>) -> Result<Option<FileContents>> {
    match cx.look(place)? {
        FileStatus::Missing => Ok(None),
        FileStatus::Dir { .. } => Err(FileRule::Directory { place: place.clone() }.into()),
        _ => Ok(Some(cx.files.read(place)?)),
    }
}

/// Passes the content of a file on piece by piece; there is none if the file does not exist. Returns
/// `false` if a simulation cannot know the content.
pub(super) fn read_pieces(
    place: &Place,
    cx: &Planning<'_>,
    each: &mut dyn FnMut(&[u8]),
) -> Result<bool> {
    match cx.look(place)? {
        FileStatus::Missing => Ok(true),
        FileStatus::Dir { .. } => Err(FileRule::Directory { place: place.clone() }.into()),
        _ => Ok(cx.files.read_pieces(place, each)?),
    }
}
