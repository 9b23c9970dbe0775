//! Why a recipe can't be used.

use std::fmt;

use crate::event::Site;

/// A recipe that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRecipe {
    /// Where.
    pub site: Site,
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for BadRecipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for BadRecipe {}

/// What to do about a recipe that is not there.
pub(super) const LIST: &str = "see the bundled recipes: gscript list";
