//! Writing, appending, copying.

use super::{FileRule, parent_must_exist, place, reads, text, writes};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::{Look, Text};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Line, Mode, Place, sha256};

args! {
    /// Writes a text file. It appears whole or not at all; a file that is there keeps its owner
    /// and, unless another is asked for, its mode. A link is replaced, not followed.
    ///
    /// ```
    /// file::write("/etc/hostname", "box\n");
    /// file::write("/etc/conf.d/hostname", "hostname=\"box\"\n", #{ root: "/mnt/old" });
    /// ```
    "file.write" => pub struct Write {
        /// The file.
        pub path: AbsPath,
        /// Its whole content.
        pub content: String,
        /// The root it is in.
        pub root: Option<AbsPath>,
        /// Its permission bits.
        pub mode: Option<Mode>,
    }
}

args! {
    /// Appends a line to a text file unless the file has it already. The file is made if it is
    /// missing.
    ///
    /// ```
    /// file::append_line("/etc/portage/package.accept_keywords", "sys-fs/cryptsetup ~amd64", #{ root: "/mnt/old" });
    /// ```
    "file.append_line" => pub struct AppendLine {
        /// The file.
        pub path: AbsPath,
        /// The line, without its end.
        pub line: Line,
        /// The root it is in.
        pub root: Option<AbsPath>,
    }
}

args! {
    /// Copies a regular file; a link is followed, as with `cp -L`.
    ///
    /// ```
    /// file::copy("/etc/resolv.conf", "/etc/resolv.conf", #{ root: "/mnt/old" });
    /// ```
    "file.copy" => pub struct Copy {
        /// The file.
        pub from: AbsPath,
        /// Where the copy goes.
        pub to: AbsPath,
        /// The root that the copy is in.
        pub root: Option<AbsPath>,
        /// The root that the original is in.
        pub from_root: Option<AbsPath>,
        /// The copy's permission bits; those of the original when absent.
        pub mode: Option<Mode>,
    }
}

/// The plan for a file with a new content.
pub(in crate::primitives) fn replace(
    place: Place,
    old: Option<Text>,
    content: Text,
    mode: Option<Mode>,
) -> Plan<()> {
    let digest = match &content {
        Text::Known(bytes) => Some(sha256(bytes)),
        Text::Unknown(_) => None,
    };
    let undo = match old {
        None => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })]),
        Some(content @ Text::Known(_)) => Undo::Steps(vec![Step::Files(FilesStep::Write {
            place: place.clone(),
            content,
            mode: None,
        })]),
        Some(Text::Unknown(_)) => Undo::Impossible("the old content is not known"),
    };
    Plan::step(FilesStep::Write { place: place.clone(), content, mode })
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
            // What a link leads to is not what is replaced.
            Look::Link { .. } | Look::Other => Some(Text::Unknown("not a regular file".into())),
            _ => text(&place, cx)?,
        };
        let content = Text::Known(self.content.clone().into_bytes());
        Ok(replace(place, old, content, self.mode))
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
            Some(Text::Known(bytes)) => bytes.clone(),
            Some(Text::Unknown(why)) => {
                let content = Text::Unknown(why.clone());
                return Ok(replace(place, old, content, None));
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
        Ok(replace(place, old, Text::Known(content), None))
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
        if cx.look(&from)? == Look::Missing {
            return Err(FileRule::Missing { place: from }.into());
        }
        if matches!(cx.look(&to)?, Look::Dir { .. }) {
            return Err(FileRule::Folder { place: to }.into());
        }
        let digest = match cx.files.read(&from)? {
            Text::Known(bytes) => Some(sha256(&zeroize::Zeroizing::new(bytes))),
            Text::Unknown(_) => None,
        };
        let missing = cx.look(&to)? == Look::Missing;
        let undo = match missing {
            true => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: to.clone() })]),
            false => Undo::Impossible("the file that was there is replaced"),
        };
        let mode = self.mode;
        Ok(Plan::step(FilesStep::Copy { from, to: to.clone(), mode })
            .makes(FilesFact::File { place: to, digest, mode })
            .undo(undo))
    }
}
