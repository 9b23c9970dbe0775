//! Records of runs, which recipes cannot read or query: they would reveal whether a recipe is
//! planned or run.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use nix::sys::stat::{SFlag, fstat};

use crate::system::real::files::reach::name_of;

static RECORDS: Mutex<Records> = Mutex::new(Records { hidden: Vec::new(), checked: None });

/// A device number and an inode number.
type Identity = (u64, u64);

struct Records {
    hidden: Vec<PathBuf>,
    /// The directory that was found not to be hidden last: most calls concern the same one, and
    /// looking at all directories above it takes longer than the rest of the check.
    checked: Option<(PathBuf, Identity)>,
}

/// The file name of a journal, including one that is kept on another medium.
pub(crate) const JOURNAL: &str = "journal.jsonl";

/// Hides a directory with everything in it from the recipes of this process.
pub fn hide_records(path: &Path) {
    let mut all = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if !all.hidden.iter().any(|known| known == path) {
        all.hidden.push(path.to_owned());
        all.checked = None;
    }
}

/// Returns an error for an open file or directory that is hidden, by its identity and not by its
/// path.
pub(super) fn refuse_records(file: &(impl AsFd + AsRawFd)) -> io::Result<()> {
    let found = fstat(file)?;
    let is_directory = found.st_mode & SFlag::S_IFMT.bits() == SFlag::S_IFDIR.bits();
    refuse_hidden((found.st_dev, found.st_ino), is_directory, &name_of(file)?)
}

/// Does the same for a file whose identity and present path are known.
pub(super) fn refuse_hidden(found: Identity, is_directory: bool, name: &Path) -> io::Result<()> {
    let mut all = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let hidden: Vec<Identity> = all.hidden.iter().filter_map(|path| identity(path)).collect();
    let is_hidden = is_record(name)
        || hidden.contains(&found)
        || !hidden.is_empty() && all.is_below(&hidden, name, found);
    if is_hidden {
        let text = "it belongs to gscript and is not readable by recipes";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    if is_directory {
        all.checked = Some((name.to_owned(), found));
    }
    Ok(())
}

/// Returns whether a file has the name of a journal.
pub(super) fn is_record(name: &Path) -> bool {
    name.file_name() == Some(JOURNAL.as_ref())
}

fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

impl Records {
    /// Returns whether a directory above a path is hidden.
    fn is_below(&self, hidden: &[Identity], name: &Path, found: Identity) -> bool {
        let checked = |path: &Path, now: Identity| {
            self.checked.as_ref().is_some_and(|(known, then)| known == path && *then == now)
        };
        if checked(name, found) {
            return false;
        }
        for above in name.ancestors().skip(1) {
            let Some(now) = identity(above) else { continue };
            if hidden.contains(&now) {
                return true;
            }
            if checked(above, now) {
                return false;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::real::files::access as files;
    use crate::system::real::files::lookups::Lookups;
    use crate::types::Place;

    #[test]
    fn records_are_not_read_under_any_name() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("state/runs/1")).expect("a directory");
        for name in ["open", "state/runs/1/log", "journal.jsonl"] {
            fs::write(at(name), "x").expect("a file");
        }
        std::os::unix::fs::symlink("state", at("link")).expect("a link");
        hide_records(&at("state"));
        let lookups = Lookups::default();
        let place = |name: &str| Place::here(at(name));
        for name in ["state/runs/1/log", "link/runs/1/log", "journal.jsonl"] {
            assert!(files::read(&place(name), &lookups).is_err(), "{name}");
            assert!(files::copy(&place(name), &place("copy"), None).is_err(), "{name}");
        }
        assert!(files::look(&place("state/runs/2"), &lookups).is_err());
        assert!(files::look(&place("link/runs/1/log"), &lookups).is_err());
        assert_eq!(files::read(&place("open"), &lookups).expect("a file"), b"x");
        // A directory that was not hidden is checked again when it has another place.
        fs::create_dir(at("plain")).expect("a directory");
        fs::write(at("plain/file"), "x").expect("a file");
        for _ in 0..2 {
            files::look(&place("plain/new"), &lookups).expect("a directory to look at");
            files::read(&place("plain/file"), &lookups).expect("a file to read");
        }
        fs::rename(at("plain"), at("state/plain")).expect("a directory");
        assert!(files::read(&place("state/plain/file"), &lookups).is_err());
        fs::create_dir(at("plain")).expect("a directory");
        hide_records(&at("plain"));
        assert!(files::look(&place("plain/new"), &lookups).is_err());
    }
}
