use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::system::real::files::access::{look, read, replace};
use crate::system::real::files::reach::reach;

/// A directory `d` with a file, a directory and a symlink, at a path without symlinks.
fn bed() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = fs::canonicalize(directory.path()).expect("a path");
    fs::create_dir_all(path.join("d/sub")).expect("a directory");
    fs::write(path.join("d/file"), "old").expect("a file");
    symlink("d", path.join("l")).expect("a link");
    symlink("file", path.join("d/link")).expect("a link");
    (directory, path)
}

fn places(path: &Path) -> Vec<Place> {
    let names =
        ["d", "d/file", "d/sub", "d/link", "d/none", "none/none", "l", "l/file", "d/file/x"];
    let inside = |name: &&str| Place { root: path.to_owned(), path: Path::new("/").join(name) };
    let inside = names.iter().map(inside);
    names.iter().map(|name| Place::here(path.join(name))).chain(inside).collect()
}

#[test]
fn an_open_directory_answers_as_a_resolved_path() {
    let (_directory, path) = bed();
    let (lookups, none) = (Lookups::default(), Lookups::default());
    lookups.begin();
    for place in places(&path) {
        for _ in 0..2 {
            assert_eq!(look(&place, &lookups), look(&place, &none), "{place}");
            let same = |one: Result<Vec<u8>, _>, other: Result<Vec<u8>, _>| {
                assert_eq!(one.ok(), other.ok(), "{place}");
            };
            same(read(&place, &lookups), read(&place, &none));
            if let Some((dir, name)) = lookups.parent(&place) {
                let resolved = dir.resolved(name.as_os_str()).expect("a path");
                assert_eq!(resolved, reach(&place, false).expect("a path"), "{place}");
            }
        }
    }
    lookups.end();
    assert!(lookups.parent(&Place::here(path.join("d/file"))).is_none());
}

#[test]
fn a_step_works_in_the_directory_that_was_looked_at() {
    let (_directory, path) = bed();
    let place = Place::here(path.join("d/file"));
    let lookups = Lookups::default();
    lookups.begin();
    assert_eq!(read(&place, &lookups).expect("a file"), b"old");
    let planned = lookups.take(&place).expect("it is in its place");
    assert!(planned.is_some());
    replace(&place, b"new", None, planned).expect("a file");
    lookups.step_is_over();
    assert_eq!(read(&place, &lookups).expect("a file"), b"new");
}

#[test]
fn an_exchanged_directory_is_refused() {
    let (_directory, path) = bed();
    let place = Place::here(path.join("d/file"));
    let with = |exchange: &dyn Fn()| {
        let lookups = Lookups::default();
        lookups.begin();
        read(&place, &lookups).expect("a file");
        let dir = lookups.parent(&place).expect("it is open").0;
        fs::rename(path.join("d"), path.join("moved")).expect("a name");
        exchange();
        let taken = lookups.take(&place);
        let overlay = dir.id().is_none();
        (taken.err().map(|error| error.to_string()), overlay)
    };
    let (why, overlay) = with(&|| fs::create_dir(path.join("d")).expect("a directory"));
    assert!(overlay || why.expect("another one").ends_with("was replaced by another directory"));
    fs::remove_dir(path.join("d")).expect("an empty directory");
    fs::rename(path.join("moved"), path.join("d")).expect("a name");
    fs::create_dir(path.join("other")).expect("a directory");
    let (why, _) = with(&|| symlink("other", path.join("d")).expect("a link"));
    assert!(why.expect("a link").contains("d is not the planned location"));
    assert_eq!(fs::read(path.join("moved/file")).expect("a file"), b"old");
}
