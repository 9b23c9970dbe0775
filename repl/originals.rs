//! The originals of copied recipes, in the state directory: `originals/SHA256`. Changes of a copy
//! and of a later version of the recipe can only be told apart with them.

use std::fs;
use std::io;
use std::path::Path;

use gscript::error::Exit;
use gscript::journal::read_own;
use gscript::recipe::bundled::{Bundled, upstream};
use gscript::recipe::{ForkOrigin, Recipe};
use gscript::script::Language;
use gscript::types::sha256;

use crate::collections;
use crate::state::originals;
use crate::whole::write_whole;

/// Larger than any recipe.
const MAX_SIZE: u64 = 4 << 20;

/// A recipe of which copies are made: a bundled one, or one of an installed collection.
pub(crate) struct Original {
    pub(crate) origin: ForkOrigin,
    pub(crate) language: Language,
    pub(crate) text: String,
}

impl From<&Bundled> for Original {
    fn from(bundled: &Bundled) -> Self {
        let (origin, text) = (bundled.as_origin(), bundled.text.to_owned());
        Self { origin, language: bundled.language, text }
    }
}

impl From<&Recipe> for Original {
    fn from(recipe: &Recipe) -> Self {
        let (of, text) = (recipe.name.clone(), recipe.text.clone());
        let origin = ForkOrigin { of, sha256: sha256(text.as_bytes()) };
        Self { origin, language: recipe.language, text }
    }
}

impl Original {
    /// Returns the present version of the recipe of which a copy was made, unless it no longer
    /// exists.
    pub(crate) fn now(origin: &ForkOrigin) -> Result<Option<Self>, Exit> {
        if let Some(bundled) = upstream(origin) {
            return Ok(Some((&bundled).into()));
        }
        let recipe = collections::recipe(&Path::new(&origin.of).with_extension(""));
        let recipe = recipe.transpose()?.filter(|recipe| recipe.name == origin.of);
        Ok(recipe.as_ref().map(Self::from))
    }

    /// Returns the name that selects the recipe.
    pub(crate) fn name(&self) -> String {
        Path::new(&self.origin.of).with_extension("").display().to_string()
    }

    /// Returns the source of a copy that is made now.
    pub(crate) fn copy(&self) -> String {
        self.origin.copy(self.language, &self.text)
    }

    /// Keeps the source of which a copy is made.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let path = originals()?.join(&self.origin.sha256);
        if fs::symlink_metadata(&path).is_ok() {
            return Ok(());
        }
        write_whole(&path, &self.text, None)
    }
}

/// Returns the source of which a copy was made.
///
/// # Errors
///
/// Returns the reason if it is not in the state directory, or not what was copied.
pub(crate) fn find(origin: &ForkOrigin) -> Result<String, String> {
    if let Some(recipe) = upstream(origin).filter(|recipe| recipe.as_origin() == *origin) {
        return Ok(recipe.text.to_owned());
    }
    let path = originals().map_err(|error| error.to_string())?.join(&origin.sha256);
    let bytes = read_own(&path, MAX_SIZE).map_err(|why| format!("{}: {why}", path.display()))?;
    if sha256(&bytes) != origin.sha256 {
        return Err(format!("{}: the file has changed", path.display()));
    }
    String::from_utf8(bytes).map_err(|_| format!("{}: not valid UTF-8", path.display()))
}
