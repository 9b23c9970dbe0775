//! Releases of files: there are none.

use std::fmt;

/// The empty type, because files do not have to be released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilesRelease {}

impl fmt::Display for FilesRelease {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
