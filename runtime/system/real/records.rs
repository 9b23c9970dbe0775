//! Records of runs, which recipes cannot read or query: they would reveal whether a recipe is
//! planned or run.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use nix::sys::stat::fstat;

use crate::system::real::files::reach::name_of;

static RECORDS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The file name of a journal, including one that is kept on another medium.
pub(crate) const JOURNAL: &str = "journal.jsonl";

/// Hides a directory with everything in it from the recipes of this process.
pub fn hide_records(path: &Path) {
    let mut all = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if !all.iter().any(|known| known == path) {
        all.push(path.to_owned());
    }
}

/// Returns an error for an open file or directory that is hidden, by its identity and not by its
/// path.
pub(super) fn refuse_records(file: &(impl AsFd + AsRawFd)) -> io::Result<()> {
    let all = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let identity = |path: &Path| fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    let hidden: Vec<(u64, u64)> = all.iter().filter_map(|path| identity(path)).collect();
    let (found, name) = (fstat(file)?, name_of(file)?);
    let itself = hidden.contains(&(found.st_dev, found.st_ino));
    let within = || {
        let mut above = name.ancestors().skip(1).filter_map(identity);
        above.any(|directory| hidden.contains(&directory))
    };
    if !itself && name.file_name() != Some(JOURNAL.as_ref()) && (hidden.is_empty() || !within()) {
        return Ok(());
    }
    let text = "it belongs to gscript and is not readable by recipes";
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::real::files::access as files;
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
        let place = |name: &str| Place::here(at(name));
        for name in ["state/runs/1/log", "link/runs/1/log", "journal.jsonl"] {
            assert!(files::read(&place(name)).is_err(), "{name}");
            assert!(files::copy(&place(name), &place("copy"), None).is_err(), "{name}");
        }
        assert!(files::look(&place("state/runs/2")).is_err());
        assert!(files::look(&place("link/runs/1/log")).is_err());
        assert_eq!(files::read(&place("open")).expect("a file"), b"x");
    }
}
