//! Folders, links, modes, and removing.

use super::{FileRule, parent_must_exist, place, writes};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::Look;
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, LinkTarget, Mode};

args! {
    /// Makes a folder, and those above it.
    ///
    /// ```
    /// file::make_dir("/mnt/gentoo");
    /// ```
    "file.make_dir" => pub struct MakeDir {
        /// The folder.
        pub path: AbsPath,
        /// The root it is in.
        pub root: Option<AbsPath>,
        /// Its permission bits; those above get 0755.
        pub mode: Mode = "0755",
    }
}

args! {
    /// Makes a symbolic link, replacing a file or link that is there, but never a folder.
    ///
    /// ```
    /// file::link("/proc/self/mounts", "/etc/mtab", #{ root: "/mnt/old" });
    /// ```
    "file.link" => pub struct Link {
        /// What the link says.
        pub to: LinkTarget,
        /// The link.
        pub path: AbsPath,
        /// The root it is in.
        pub root: Option<AbsPath>,
    }
}

args! {
    /// Removes a file, a link or an empty folder. Nothing is ever removed recursively.
    ///
    /// ```
    /// file::remove("/etc/hostname", #{ root: "/mnt/old" });
    /// ```
    "file.remove" => pub struct Remove {
        /// What.
        pub path: AbsPath,
        /// The root it is in.
        pub root: Option<AbsPath>,
    }
}

args! {
    /// Changes the permission bits of a file or folder.
    ///
    /// ```
    /// file::chmod("/mnt/key/keyfile.bin", "0400");
    /// ```
    "file.chmod" => pub struct Chmod {
        /// Which.
        pub path: AbsPath,
        /// The bits in octal.
        pub mode: Mode,
        /// The root it is in.
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
        if !matches!(cx.look(&place)?, Look::Missing | Look::Dir { .. } | Look::Unknown(_)) {
            return Err(FileRule::NotAFolder { place }.into());
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
            Look::Dir { .. } => return Err(FileRule::Folder { place }.into()),
            Look::Missing => {
                Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })])
            }
            Look::Link { to } => {
                let to = to.to_string_lossy().into_owned();
                Undo::Steps(vec![Step::Files(FilesStep::Link { place: place.clone(), to })])
            }
            _ => Undo::Impossible("the file that was there is replaced"),
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
        let folder = matches!(cx.look(&place)?, Look::Dir { .. });
        if folder && cx.files.is_empty(&place)? == Some(false) {
            return Err(FileRule::NotEmpty { place }.into());
        }
        Ok(Plan::step(FilesStep::Remove { place: place.clone() })
            .makes(FilesFact::Absent { place })
            .undo(Undo::Impossible("what is removed is gone")))
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
            Look::Missing => return Err(FileRule::Missing { place }.into()),
            Look::File { mode, .. } | Look::Dir { mode, .. } => Some(mode),
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
            None => Undo::Impossible("the old mode is not known"),
        };
        Ok(Plan::step(step).makes(FilesFact::Mode { place, mode: self.mode }).undo(undo))
    }
}
