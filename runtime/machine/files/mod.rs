//! Access to files: the real system reads them, the simulation stores them.

mod changes;
mod effect;
mod fact;
mod holds;
mod mirror;
pub mod origin;
mod part;
mod places;
mod proof;
mod release;
mod step;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::types::{Mode, Place};

pub use effect::FilesEffect;
pub use fact::FilesFact;
pub use mirror::{DOWNLOADERS, LatestStage, StageSource, head};
use origin::MountTable;
pub use part::Part;
pub use proof::ArchiveProof;
pub use release::FilesRelease;
pub use step::FilesStep;

/// The kind of file at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// No such file.
    Missing,
    /// A regular file.
    File {
        /// Permission bits.
        mode: Mode,
        /// Length in bytes.
        len: u64,
        /// User ID.
        uid: u32,
        /// Group ID.
        gid: u32,
    },
    /// A directory.
    Dir {
        /// Permission bits.
        mode: Mode,
        /// User ID.
        uid: u32,
        /// Group ID.
        gid: u32,
        /// Whether it is the top directory of a btrfs subvolume.
        #[serde(default)]
        subvolume: bool,
    },
    /// A symbolic link; it is not followed.
    Link {
        /// The target of the link.
        to: PathBuf,
    },
    /// A device node, socket or pipe.
    Other,
    /// Not known to the simulation, for this reason.
    Unknown(String),
}

/// The contents of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContents {
    /// The complete contents.
    Known(Vec<u8>),
    /// Not known to the simulation, for this reason.
    Unknown(String),
}

/// The file that a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPath {
    /// The path of the file without symbolic links, relative to the same root.
    pub place: Place,
    /// The path of the file in the running system, with bind mounts resolved.
    pub origin: PathBuf,
    /// The type of its filesystem if that is a kernel interface, where file actions change nothing.
    pub kernel: Option<String>,
}

impl ResolvedPath {
    /// Returns the place unchanged, without any further knowledge.
    fn unresolved(place: &Place) -> Self {
        Self { place: place.clone(), origin: place.outside(), kernel: None }
    }
}

/// A directory and its identity, which distinguishes it from another one of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryId {
    /// Its path, without symbolic links.
    pub path: PathBuf,
    /// The device number of its filesystem.
    pub device: u64,
    /// Its inode number.
    pub inode: u64,
}

/// An error of reading a file or its metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {cause}")]
pub struct FileError {
    /// The file.
    pub place: Place,
    /// The error of the kernel, or the problem of the file.
    pub cause: String,
}

/// Read access to files.
pub trait Files {
    /// Returns the kind of file at this place. A symbolic link at the last component is not
    /// followed.
    fn file_status(&self, place: &Place) -> Result<FileStatus, FileError>;

    /// Returns whether the directory at this place is empty; `None` if a simulation cannot know.
    fn is_empty(&self, place: &Place) -> Result<Option<bool>, FileError>;

    /// Returns the sorted names in the directory at this place; `None` if a simulation cannot know.
    fn names(&self, _place: &Place) -> Result<Option<Vec<String>>, FileError> {
        Ok(None)
    }

    /// Returns the sorted names that are known to be in the directory at this place. In a
    /// simulation there may be more.
    fn known_names(&self, place: &Place) -> Result<Vec<String>, FileError> {
        Ok(self.names(place)?.unwrap_or_default())
    }

    /// Returns whether these are the files of the machine on which this program runs.
    fn is_this_machine(&self) -> bool {
        false
    }

    /// Returns the free and the total bytes of the filesystem at this path; `None` if unknown.
    fn free_and_total_bytes(&self, _path: &Path) -> Option<(u64, u64)> {
        None
    }

    /// Returns the file that this place leads to. A symbolic link at the last component is only
    /// followed if `follow` is set.
    fn resolve_place(&self, place: &Place, _follow: bool) -> Result<ResolvedPath, FileError> {
        Ok(ResolvedPath::unresolved(place))
    }

    /// Returns the mounts as listed by the kernel; empty if unknown.
    fn mount_table(&self) -> MountTable {
        MountTable::default()
    }

    /// Returns the directory at this path, or its deepest existing ancestor; `None` if unknown.
    fn nearest_directory(&self, _path: &Path) -> Option<DirectoryId> {
        None
    }

    /// Reads the regular file at this place. Symbolic links are followed within its root.
    fn read(&self, place: &Place) -> Result<FileContents, FileError>;

    /// Reads the regular file at this place and passes it on piece by piece. Returns `false` if a
    /// simulation cannot know the content.
    fn read_pieces(&self, place: &Place, each: &mut dyn FnMut(&[u8])) -> Result<bool, FileError> {
        Ok(match self.read(place)? {
            FileContents::Known(bytes) => {
                each(&bytes);
                true
            }
            FileContents::Unknown(_) => false,
        })
    }

    /// From now on, the directories of places are opened once, and kept open until a step is
    /// performed or until [`Self::end_lookups`]: all answers about a place concern the same directory.
    fn begin_lookups(&self) {}

    /// Closes the directories that were kept open.
    fn end_lookups(&self) {}

    /// Reads the beginning of the regular file at this place, at most `len` bytes of it.
    fn first_bytes(&self, place: &Place, len: usize) -> Result<FileContents, FileError> {
        self.read(place).map(|contents| match contents {
            FileContents::Known(mut bytes) => {
                bytes.truncate(len);
                FileContents::Known(bytes)
            }
            unknown @ FileContents::Unknown(_) => unknown,
        })
    }
}
