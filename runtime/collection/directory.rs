//! Directories with collections, such as the one that an author works in.

use std::fs;
use std::io;
use std::path::Path;

use super::bad::BadCollection;
use super::place::{ABOUT, MANIFEST, MODULES, RECIPES, SIGNATURE, TESTS, safe};
use super::tree::{CollectionTree, MAX_FILE};
use crate::system::read_below;

/// Reads the files of a collection from a directory. Symbolic links are refused.
pub fn read_directory(directory: &Path) -> Result<CollectionTree, BadCollection> {
    let mut tree = CollectionTree::default();
    for file in [ABOUT, MANIFEST, SIGNATURE] {
        if fs::symlink_metadata(directory.join(file)).is_ok() {
            add(&mut tree, directory, file)?;
        }
    }
    for below in [RECIPES, MODULES, TESTS] {
        if fs::symlink_metadata(directory.join(below.trim_end_matches('/'))).is_ok() {
            walk(&mut tree, directory, below.trim_end_matches('/'))?;
        }
    }
    Ok(tree)
}

fn add(tree: &mut CollectionTree, directory: &Path, path: &str) -> Result<(), BadCollection> {
    let failed = |error: &dyn std::fmt::Display| {
        let why = format!("failed to read {}: {error}", directory.join(path).display());
        BadCollection::invalid(why, "a collection has only regular files and directories")
    };
    let found = fs::symlink_metadata(directory.join(path)).map_err(|error| failed(&error))?;
    if found.is_dir() {
        return walk(tree, directory, path);
    }
    if !found.is_file() {
        return Err(failed(&"a symbolic link, a device or a pipe"));
    }
    let bytes = read_below(directory, Path::new(path), MAX_FILE).map_err(|error| failed(&error))?;
    let gone = || io::Error::from(io::ErrorKind::NotFound);
    tree.add(path.as_bytes(), bytes.ok_or_else(gone).map_err(|error| failed(&error))?)
}

fn walk(tree: &mut CollectionTree, directory: &Path, path: &str) -> Result<(), BadCollection> {
    let at = directory.join(path);
    let failed = |error: &dyn std::fmt::Display| {
        let why = format!("failed to read {}: {error}", at.display());
        BadCollection::invalid(why, "a collection has only regular files and directories")
    };
    let found = fs::symlink_metadata(&at).map_err(|error| failed(&error))?;
    if !found.is_dir() {
        return Err(failed(&"not a directory"));
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&at).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        let mut name = path.as_bytes().to_vec();
        name.push(b'/');
        name.extend(entry.file_name().as_encoded_bytes());
        names.push(safe(&name).map_err(|why| failed(&why))?.to_owned());
    }
    names.sort();
    names.iter().try_for_each(|name| add(tree, directory, name))
}
