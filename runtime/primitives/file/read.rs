//! Reading.

use super::{FileRule, place, text};
use crate::action::{Answer, Planning, Query};
use crate::args;
use crate::error::Result;
use crate::machine::files::{Look, Text};
use crate::types::AbsPath;

args! {
    /// Reads a text file of at most 64 MiB.
    ///
    /// ```
    /// print(file::read("/etc/os-release"));
    /// ```
    "file.read" => pub struct Read {
        /// The file.
        pub path: AbsPath,
        /// The root it is in.
        pub root: Option<AbsPath>,
    }
}

args! {
    /// Tells whether something is there: a file, a folder, a link (even one that leads nowhere).
    ///
    /// ```
    /// let efi = file::exists("/sys/firmware/efi");
    /// ```
    "file.exists" => pub struct Exists {
        /// The path.
        pub path: AbsPath,
        /// The root it is in.
        pub root: Option<AbsPath>,
    }
}

impl Query for Read {
    type Output = String;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        let place = place(&self.path, self.root.as_ref());
        match text(&place, cx)? {
            None => Err(FileRule::Missing { place }.into()),
            Some(Text::Unknown(_)) => Ok(Answer::Guess(String::new())),
            Some(Text::Known(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Answer::Known(text)),
                Err(_) => Err(FileRule::NotText { place }.into()),
            },
        }
    }
}

impl Query for Exists {
    type Output = bool;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<bool>> {
        Ok(match cx.look(&place(&self.path, self.root.as_ref()))? {
            Look::Unknown(_) => Answer::Guess(false),
            look => Answer::Known(look != Look::Missing),
        })
    }
}
