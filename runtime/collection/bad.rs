//! The errors of collections.

use std::fmt;

use crate::error::Exit;
use crate::recipe::BadRecipe;

/// An error for a collection that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCollection {
    /// The error message.
    pub why: String,
    /// What the user should do next.
    pub remedy: String,
    /// How a command ends that fails with this error.
    pub exit: Exit,
}

impl BadCollection {
    /// Returns an error for a collection that is not one.
    pub(super) fn invalid(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into(), exit: Exit::Usage }
    }

    /// Returns an error for a collection that must not be trusted.
    pub(super) fn refused(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into(), exit: Exit::Refused }
    }
}

impl fmt::Display for BadCollection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for BadCollection {}

impl From<BadRecipe> for BadCollection {
    fn from(bad: BadRecipe) -> Self {
        let why = match bad.site.line {
            0 => format!("{}: {}", bad.site.file, bad.why),
            line => format!("{}:{line}: {}", bad.site.file, bad.why),
        };
        Self::invalid(why, bad.remedy)
    }
}
