//! Reading files.

use super::{FileRule, place, reads, text};
use crate::args;
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::origin::kernel_directory;
use crate::operation::{Answer, Effect, Planning, Query};
use crate::types::{AbsPath, Place};

args! {
    /// Returns the content of a text file of at most 4 MiB.
    ///
    /// The file must be valid UTF-8. Files of kernel filesystems, such as `/proc`, are rejected:
    /// use the query for the information instead.
    ///
    /// ```
    /// print(file::read("/etc/os-release"));
    /// ```
    "file.read" => pub struct Read {
        /// The file.
        pub path: AbsPath,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
    }
}

args! {
    /// Returns whether a path exists, as a file, a directory or a symbolic link, even a broken one.
    ///
    /// ```
    /// let guided = file::exists("/etc/gentoo-release");
    /// ```
    "file.exists" => pub struct Exists {
        /// The path.
        pub path: AbsPath,
        /// The root directory that the path is relative to; by default that of the running system.
        pub root: Option<AbsPath>,
    }
}

/// Returns the place of a file that scripts may read. Files of kernel filesystems are rejected,
/// because their contents change on their own, so that the run could diverge from the plan.
/// Dedicated queries provide the information that recipes need.
fn readable(path: &AbsPath, root: Option<&AbsPath>, cx: &Planning<'_>) -> Result<Place> {
    let place = place(path, root);
    let reach = cx.files.resolve_place(&place, true)?;
    let what = reach.kernel.or_else(|| kernel_directory(&reach.origin).map(str::to_owned));
    match what {
        Some(what) => Err(FileRule::Kernel { place, what }.into()),
        None => Ok(reach.place),
    }
}

impl Query for Read {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        reads(&self.path, self.root.as_ref())
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        let place = readable(&self.path, self.root.as_ref(), cx)?;
        match text(&place, cx)? {
            None => Err(FileRule::Missing { place }.into()),
            Some(FileContents::Unknown(_)) => Ok(Answer::Assumed(String::new())),
            Some(FileContents::Known(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Answer::Known(text)),
                Err(_) => Err(FileRule::NotText { place }.into()),
            },
        }
    }
}

impl Query for Exists {
    type Output = bool;

    fn effects(&self) -> Vec<Effect> {
        reads(&self.path, self.root.as_ref())
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<bool>> {
        readable(&self.path, self.root.as_ref(), cx)?;
        Ok(match cx.look(&place(&self.path, self.root.as_ref()))? {
            FileStatus::Unknown(_) => Answer::Assumed(false),
            look => Answer::Known(look != FileStatus::Missing),
        })
    }
}
