//! Files. With a `root`, paths are those that the system below that root would use, and no
//! symlink in it leads outside.

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
use crate::machine::files::{Look, Text};
use crate::operation::{Effect, FilesEffect, Planning};
use crate::system::OWN_IT;
use crate::types::{AbsPath, Place};

/// A rule about files that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileRule {
    /// Not text.
    #[error("{place} is not text: it has bytes that are not UTF-8")]
    NotText {
        /// Which.
        place: Place,
    },
    /// Not what its format wants.
    #[error("{place} can't be read: {why}")]
    Damaged {
        /// Which.
        place: Place,
        /// What is wrong with it.
        why: String,
    },
    /// Nothing is there.
    #[error("there is no file {place}")]
    Missing {
        /// Which.
        place: Place,
    },
    /// A folder is in the way.
    #[error("{place} is a folder")]
    Folder {
        /// Which.
        place: Place,
    },
    /// Something that is not a folder is in the way.
    #[error("{place} is there, and is not a folder")]
    NotAFolder {
        /// Which.
        place: Place,
    },
    /// The folder above is missing.
    #[error("there is no folder {parent} for {place}")]
    NoParent {
        /// Which.
        place: Place,
        /// The folder above.
        parent: Place,
    },
    /// A folder with something in it.
    #[error("{place} is a folder with something in it: nothing is removed recursively")]
    NotEmpty {
        /// Which.
        place: Place,
    },
    /// A link that leads out of the target's own filesystems.
    #[error("{place} leads to {to} by a link, and that is the running system's own")]
    LeadsOutside {
        /// Which.
        place: Place,
        /// Where it leads.
        to: Place,
    },
    /// The kernel's own.
    #[error("{place}: {what} is the kernel's own, and recipes do not read it as files")]
    Kernel {
        /// Which.
        place: Place,
        /// The type of the filesystem, or the directory.
        what: String,
    },
    /// No such user or group.
    #[error("there is no {what} {name:?} in {place}")]
    NoSuchName {
        /// `user` or `group`.
        what: &'static str,
        /// The name.
        name: String,
        /// Where it was looked for.
        place: Place,
    },
}

impl Rule for FileRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotText { .. } => "copy it with file::copy instead of reading it".into(),
            Self::Damaged { .. } => "correct it with an editor, then run this again".into(),
            Self::Missing { .. } => "check the path; is its filesystem mounted?".into(),
            Self::Folder { .. } | Self::NotAFolder { .. } => "choose another path".into(),
            Self::NoParent { parent, .. } => {
                format!("make it first: file::make_dir(\"{}\")", parent.path.display())
            }
            Self::NotEmpty { .. } => "remove what is in it first, file by file".into(),
            Self::LeadsOutside { .. } => OWN_IT.into(),
            Self::Kernel { .. } => {
                "ask with the query made for it, such as kernel::require or disk::list; see: gscript doc".into()
            }
            Self::NoSuchName { .. } => "use the number, or a name that the system knows".into(),
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

/// The place of a path, inside its root.
fn place(path: &AbsPath, root: Option<&AbsPath>) -> Place {
    Place::new(path, root)
}

/// The effect of writing to a place.
fn writes(path: &AbsPath, root: Option<&AbsPath>) -> Vec<Effect> {
    vec![Effect::Files(FilesEffect::Writes { path: place(path, root).to_string() })]
}

/// The effect of reading a place.
fn reads(path: &AbsPath, root: Option<&AbsPath>) -> Vec<Effect> {
    vec![Effect::Files(FilesEffect::Reads { path: place(path, root).to_string() })]
}

/// Refuses a place in a folder that does not exist.
fn parent_must_exist(place: &Place, cx: &Planning<'_>) -> Result<()> {
    match cx.look(&place.parent())? {
        Look::Missing => {
            let parent = place.parent();
            Err(FileRule::NoParent { place: place.clone(), parent }.into())
        }
        _ => Ok(()),
    }
}

/// The text of a file; nothing if it does not exist.
pub(super) fn text(place: &Place, cx: &Planning<'_>) -> Result<Option<Text>> {
    match cx.look(place)? {
        Look::Missing => Ok(None),
        Look::Dir { .. } => Err(FileRule::Folder { place: place.clone() }.into()),
        _ => Ok(Some(cx.files.read(place)?)),
    }
}
