//! Files that are written as a whole: they have their old or their new content, even after a power
//! failure.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file, with these permissions or private to the user.
pub(crate) fn write_whole(path: &Path, text: &str, mode: Option<Permissions>) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}
