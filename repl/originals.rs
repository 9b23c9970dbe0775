//! The originals of copied recipes, in the state directory: `originals/SHA256`. Changes of a copy
//! and of a later version of the recipe can only be told apart with them.

use std::fs;
use std::io;

use gscript::journal::read_own;
use gscript::recipe::ForkOrigin;
use gscript::recipe::bundled::upstream;
use gscript::types::sha256;

use crate::state::originals;
use crate::whole::write_whole;

/// Larger than any recipe.
const MAX_SIZE: u64 = 4 << 20;

/// Keeps the source of which a copy was made.
pub(crate) fn keep(origin: &ForkOrigin, source: &str) -> io::Result<()> {
    let path = originals()?.join(&origin.sha256);
    if fs::symlink_metadata(&path).is_ok() {
        return Ok(());
    }
    write_whole(&path, source, None)
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
