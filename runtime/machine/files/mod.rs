//! Files as both systems show them: the real one reads, the simulated one remembers.

mod changes;
mod effect;
mod fact;
mod holds;
pub mod origin;
mod part;
mod places;
mod release;
mod step;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::types::{Mode, Place};

pub use effect::FilesEffect;
pub use fact::FilesFact;
use origin::MountTable;
pub use part::Part;
pub use release::FilesRelease;
pub use step::FilesStep;

/// What is at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Nothing.
    Missing,
    /// A regular file.
    File {
        /// Permission bits.
        mode: Mode,
        /// Length in bytes.
        len: u64,
        /// Owner's number.
        uid: u32,
        /// Group's number.
        gid: u32,
    },
    /// A directory.
    Dir {
        /// Permission bits.
        mode: Mode,
        /// Owner's number.
        uid: u32,
        /// Group's number.
        gid: u32,
        /// Whether it is the top of a subvolume of btrfs.
        #[serde(default)]
        subvolume: bool,
    },
    /// A symbolic link; it is not followed.
    Link {
        /// Its text.
        to: PathBuf,
    },
    /// A device node, socket or pipe.
    Other,
    /// The simulation can't know, because of this.
    Unknown(String),
}

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// All of it.
    Known(Vec<u8>),
    /// The simulation can't know, because of this.
    Unknown(String),
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The same file by a path without symbolic links, inside a root without any.
    pub place: Place,
    /// The path that the running system knows it by, behind bind mounts.
    pub origin: PathBuf,
    /// The type of its filesystem, where that is the kernel's own: no file action changes anything there.
    pub kernel: Option<String>,
}

impl Reach {
    /// A place of which nothing more is known than its name.
    fn named(place: &Place) -> Self {
        Self { place: place.clone(), origin: place.outside(), kernel: None }
    }
}

/// A directory, and what tells it from another of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its path, without symbolic links.
    pub path: PathBuf,
    /// The number of its filesystem.
    pub device: u64,
    /// Its own number there.
    pub inode: u64,
}

/// Why a file could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {cause}")]
pub struct FileError {
    /// The file.
    pub place: Place,
    /// The kernel's word for it, or what is wrong with the file.
    pub cause: String,
}

/// Reading access to files.
pub trait Files {
    /// What is at this place, links not followed at the last component.
    fn look(&self, place: &Place) -> Result<Look, FileError>;

    /// Whether nothing is in the directory at this place; `None` where nobody can know.
    fn is_empty(&self, place: &Place) -> Result<Option<bool>, FileError>;

    /// The names in the directory at this place, sorted; `None` where a simulation can't know them.
    fn names(&self, _place: &Place) -> Result<Option<Vec<String>>, FileError> {
        Ok(None)
    }

    /// Bytes that are free on the filesystem at this path, and bytes in all; nothing where nobody can
    /// know.
    fn room(&self, _path: &Path) -> Option<(u64, u64)> {
        None
    }

    /// Where this place leads. The last component is only followed on request.
    fn reach(&self, place: &Place, _follow: bool) -> Result<Reach, FileError> {
        Ok(Reach::named(place))
    }

    /// What is mounted, as the kernel lists it; empty where nobody can know.
    fn mount_table(&self) -> MountTable {
        MountTable::default()
    }

    /// The directory at a path, or the deepest one above it that exists; nothing where nobody can know.
    fn anchor(&self, _path: &Path) -> Option<Anchor> {
        None
    }

    /// The bytes of the regular file at this place, links followed inside its root.
    fn read(&self, place: &Place) -> Result<Text, FileError>;
}
