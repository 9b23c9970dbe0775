//! What gives files back: nothing.

use std::fmt;

/// Nothing of files has to be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilesRelease {}

impl fmt::Display for FilesRelease {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
