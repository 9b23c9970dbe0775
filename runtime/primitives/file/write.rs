//! Writing, appending to and copying files.

use super::{FileRule, parent_must_exist, place, reads, text, writes};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Line, Mode, Place, sha256};

args! {
    /// Writes a text file.
    ///
    /// The file is replaced atomically. An existing file keeps its owner and, unless `mode` is
    /// given, its permission bits. A symbolic link is replaced, not followed. The parent directory
    /// must exist. Undo restores the previous content or removes a new file; a replaced link cannot
    /// be restored.
    ///
    /// ```
    /// file::write("/etc/hostname", "box\n");
    /// file::write("/etc/conf.d/hostname", "hostname=\"box\"\n", #{ root: "/mnt/old" });
    /// ```
    "file.write" => pub struct Write {
        /// The file.
        pub path: AbsPath,
        /// The complete content.
        pub content: String,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
        /// The permission bits, in octal.
        pub mode: Option<Mode>,
    }
}

args! {
    /// Appends a line to a text file that does not contain it yet.
    ///
    /// A missing file is created; its parent directory must exist. Undo restores the previous
    /// content.
    ///
    /// ```
    /// file::append_line("/etc/portage/package.accept_keywords", "sys-fs/cryptsetup ~amd64", #{ root: "/mnt/old" });
    /// ```
    "file.append_line" => pub struct AppendLine {
        /// The file.
        pub path: AbsPath,
        /// The line, without a newline.
        pub line: Line,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
    }
}

args! {
    /// Copies a regular file.
    ///
    /// Symbolic links are followed, as with `cp -L`. An existing file is overwritten and cannot be
    /// restored; undo removes a new one. The parent directory must exist.
    ///
    /// ```
    /// file::copy("/etc/resolv.conf", "/etc/resolv.conf", #{ root: "/mnt/old" });
    /// ```
    "file.copy" => pub struct Copy {
        /// The file to copy.
        pub from: AbsPath,
        /// The path of the copy.
        pub to: AbsPath,
        /// The root directory of the copy; by default that of the running system.
        pub root: Option<AbsPath>,
        /// The root directory of the original; by default that of the running system.
        pub from_root: Option<AbsPath>,
        /// The permission bits of the copy, in octal; by default those of the original.
        pub mode: Option<Mode>,
    }
}

/// Returns the plan that replaces the content of a file. If the content is unknown, `sets` has the
/// lines to show.
pub(in crate::primitives) fn replace(
    place: Place,
    old: Option<FileContents>,
    content: FileContents,
    mode: Option<Mode>,
    sets: String,
) -> Plan<()> {
    let digest = match &content {
        FileContents::Known(bytes) => Some(sha256(bytes)),
        FileContents::Unknown(_) => None,
    };
    let undo = match old {
        None => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })]),
        Some(content @ FileContents::Known(_)) => {
            Undo::Steps(vec![Step::Files(FilesStep::Write {
                place: place.clone(),
                content,
                mode: None,
                sets: String::new(),
            })])
        }
        Some(FileContents::Unknown(_)) => Undo::Impossible("the previous contents are unknown"),
    };
    Plan::step(FilesStep::Write { place: place.clone(), content, mode, sets })
        .makes(FilesFact::File { place, digest, mode })
        .undo(undo)
}

impl Action for Write {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        writes(&self.path, self.root.as_ref())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = place(&self.path, self.root.as_ref());
        parent_must_exist(&place, cx)?;
        let old = match cx.look(&place)? {
            // The content of a link target is not what the action replaces.
            FileStatus::Link { .. } | FileStatus::Other => {
                Some(FileContents::Unknown("not a regular file".into()))
            }
            _ => text(&place, cx)?,
        };
        let content = FileContents::Known(self.content.clone().into_bytes());
        Ok(replace(place, old, content, self.mode, String::new()))
    }
}

impl Action for AppendLine {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        writes(&self.path, self.root.as_ref())
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = place(&self.path, self.root.as_ref());
        parent_must_exist(&place, cx)?;
        let old = text(&place, cx)?;
        let bytes = match &old {
            None => Vec::new(),
            Some(FileContents::Known(bytes)) => bytes.clone(),
            Some(FileContents::Unknown(why)) => {
                let content = FileContents::Unknown(why.clone());
                let sets = format!("{}\n", self.line.as_str());
                return Ok(replace(place, old, content, None, sets));
            }
        };
        if bytes.split(|b| *b == b'\n').any(|line| line == self.line.as_bytes()) {
            return Ok(Plan::already(format!("{place} has the line {:?}", self.line.as_str())));
        }
        let mut content = bytes;
        if content.last().is_some_and(|last| *last != b'\n') {
            content.push(b'\n');
        }
        content.extend_from_slice(self.line.as_bytes());
        content.push(b'\n');
        Ok(replace(place, old, FileContents::Known(content), None, String::new()))
    }
}

impl Action for Copy {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let mut effects = reads(&self.from, self.from_root.as_ref());
        effects.extend(writes(&self.to, self.root.as_ref()));
        effects
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let from = place(&self.from, self.from_root.as_ref());
        let to = place(&self.to, self.root.as_ref());
        parent_must_exist(&to, cx)?;
        if cx.look(&from)? == FileStatus::Missing {
            return Err(FileRule::Missing { place: from }.into());
        }
        if matches!(cx.look(&to)?, FileStatus::Dir { .. }) {
            return Err(FileRule::Directory { place: to }.into());
        }
        let digest = match cx.files.read(&from)? {
            FileContents::Known(bytes) => Some(sha256(&zeroize::Zeroizing::new(bytes))),
            FileContents::Unknown(_) => None,
        };
        let missing = cx.look(&to)? == FileStatus::Missing;
        let undo = match missing {
            true => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: to.clone() })]),
            false => Undo::Impossible("the previous file is overwritten"),
        };
        let mode = self.mode;
        Ok(Plan::step(FilesStep::Copy { from, to: to.clone(), mode })
            .makes(FilesFact::File { place: to, digest, mode })
            .undo(undo))
    }
}
