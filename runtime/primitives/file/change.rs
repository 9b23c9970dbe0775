//! Creating directories and links, changing modes, and removing files.

use super::{FileRule, parent_must_exist, place, writes};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, LinkTarget, Mode};

args! {
    /// Creates a directory and its missing parent directories.
    ///
    /// An existing directory is unchanged. Undo removes the directory, but not its parents.
    ///
    /// ```
    /// file::make_dir("/mnt/gentoo");
    /// ```
    "file.make_dir" => pub struct MakeDir {
        /// The directory.
        pub path: AbsPath,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
        /// The permission bits of the directory; its missing parents get 0755.
        pub mode: Mode = "0755",
    }
}

args! {
    /// Creates a symbolic link.
    ///
    /// Replaces an existing file or link, but never a directory. Undo restores a replaced link or
    /// removes a new one; a replaced file cannot be restored.
    ///
    /// ```
    /// file::link("/proc/self/mounts", "/etc/mtab", #{ root: "/mnt/old" });
    /// ```
    "file.link" => pub struct Link {
        /// The target of the link.
        pub to: LinkTarget,
        /// The path of the link.
        pub path: AbsPath,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
    }
}

args! {
    /// Removes a file, a symbolic link or an empty directory.
    ///
    /// Directories are never removed recursively. Cannot be undone: the removed file is not kept.
    ///
    /// ```
    /// file::remove("/etc/hostname", #{ root: "/mnt/old" });
    /// ```
    "file.remove" => pub struct Remove {
        /// The path to remove.
        pub path: AbsPath,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
    }
}

args! {
    /// Changes the permission bits of a file or directory.
    ///
    /// Undo restores the previous permission bits.
    ///
    /// ```
    /// file::chmod("/mnt/key/keyfile.bin", "0400");
    /// ```
    "file.chmod" => pub struct Chmod {
        /// The path of the file or directory.
        pub path: AbsPath,
        /// The permission bits, in octal.
        pub mode: Mode,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
    }
}

impl Action for MakeDir {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        writes(&self.path, self.root.as_ref())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = place(&self.path, self.root.as_ref());
        if !matches!(
            cx.look(&place)?,
            FileStatus::Missing | FileStatus::Dir { .. } | FileStatus::Unknown(_)
        ) {
            return Err(FileRule::NotADirectory { place }.into());
        }
        Ok(Plan::step(FilesStep::MakeDir { place: place.clone(), mode: self.mode })
            .makes(FilesFact::Dir { place: place.clone() })
            .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })])))
    }
}

impl Action for Link {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        writes(&self.path, self.root.as_ref())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = place(&self.path, self.root.as_ref());
        parent_must_exist(&place, cx)?;
        let undo = match cx.look(&place)? {
            FileStatus::Dir { .. } => return Err(FileRule::Directory { place }.into()),
            FileStatus::Missing => {
                Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })])
            }
            FileStatus::Link { to } => {
                let to = to.to_string_lossy().into_owned();
                Undo::Steps(vec![Step::Files(FilesStep::Link { place: place.clone(), to })])
            }
            _ => Undo::Impossible("the previous file is overwritten"),
        };
        Ok(Plan::step(FilesStep::Link { place: place.clone(), to: self.to.to_string() })
            .makes(FilesFact::Link { place, to: self.to.to_string() })
            .undo(undo))
    }
}

impl Action for Remove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        writes(&self.path, self.root.as_ref())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = place(&self.path, self.root.as_ref());
        let directory = matches!(cx.look(&place)?, FileStatus::Dir { .. });
        if directory && cx.files.is_empty(&place)? == Some(false) {
            return Err(FileRule::NotEmpty { place }.into());
        }
        Ok(Plan::step(FilesStep::Remove { place: place.clone() })
            .makes(FilesFact::Absent { place })
            .undo(Undo::Impossible("the removed file is not kept")))
    }
}

impl Action for Chmod {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        writes(&self.path, self.root.as_ref())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = place(&self.path, self.root.as_ref());
        let old = match cx.look(&place)? {
            FileStatus::Missing => return Err(FileRule::Missing { place }.into()),
            FileStatus::File { mode, .. } | FileStatus::Dir { mode, .. } => Some(mode),
            _ => None,
        };
        let step = Step::Files(FilesStep::Chmod { place: place.clone(), mode: self.mode });
        if old == Some(self.mode) {
            return Ok(Plan::already(format!("{place} has mode {}", self.mode)));
        }
        let undo = match old {
            Some(mode) => {
                Undo::Steps(vec![Step::Files(FilesStep::Chmod { place: place.clone(), mode })])
            }
            None => Undo::Impossible("the previous mode is unknown"),
        };
        Ok(Plan::step(step).makes(FilesFact::Mode { place, mode: self.mode }).undo(undo))
    }
}
