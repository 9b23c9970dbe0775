//! Errors in recipes.

use std::fmt;

use crate::event::Site;

/// An error for a recipe that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRecipe {
    /// The position of the error.
    pub site: Site,
    /// The error message.
    pub why: String,
    /// A suggested fix.
    pub remedy: String,
}

impl fmt::Display for BadRecipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for BadRecipe {}

/// The suggestion for a recipe that does not exist.
pub(super) const LIST: &str = "see the bundled recipes: gscript list";
