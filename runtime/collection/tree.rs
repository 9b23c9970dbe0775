//! The files of a collection in memory. What was hashed here is what is parsed, shown and written.

use std::collections::{BTreeMap, BTreeSet};

use super::bad::BadCollection;
use super::place::{ABOUT, FileRole, MANIFEST, SIGNATURE, role, safe};

/// The maximum number of files of a collection.
const MAX_FILES: usize = 8192;
/// The maximum size of a file in bytes.
pub(super) const MAX_FILE: u64 = 1 << 20;
/// The maximum size of all files in bytes.
pub(super) const MAX_TOTAL: u64 = 64 << 20;

/// The files of a collection. It has no links, no devices, and no two paths that are one file on
/// a filesystem without case.
#[derive(Debug, Clone, Default)]
pub struct CollectionTree {
    files: BTreeMap<String, Vec<u8>>,
    folded: BTreeSet<String>,
    total: u64,
}

impl CollectionTree {
    /// Adds a file. A file that is no part of a collection is ignored.
    pub fn add(&mut self, path: &[u8], bytes: Vec<u8>) -> Result<(), BadCollection> {
        let checked = safe(path).and_then(|path| Ok((path, role(path)?)));
        let (path, Some(_)) = checked.map_err(invalid)? else { return Ok(()) };
        let size = bytes.len() as u64;
        if size > MAX_FILE {
            return Err(too_large(path));
        }
        self.total += size;
        if self.files.len() >= MAX_FILES || self.total > MAX_TOTAL {
            let limit = MAX_TOTAL >> 20;
            return Err(invalid(format!("more than {MAX_FILES} files or {limit} MiB")));
        }
        let folded = path.to_ascii_lowercase();
        let below = format!("{folded}/");
        let mut parents = folded.match_indices('/').map(|(at, _)| &folded[..at]);
        let is_directory =
            self.folded.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below));
        if self.folded.contains(&folded)
            || is_directory
            || parents.any(|parent| self.folded.contains(parent))
        {
            return Err(invalid(format!("{path}: two files have this name, apart from case")));
        }
        self.folded.insert(folded);
        self.files.insert(path.to_owned(), bytes);
        Ok(())
    }

    /// Returns the content of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// Returns the content of a text file.
    pub(super) fn text(&self, path: &str) -> Result<Option<&str>, BadCollection> {
        let Some(bytes) = self.get(path) else { return Ok(None) };
        let text = std::str::from_utf8(bytes);
        text.map(Some).map_err(|_| invalid(format!("{path} is not a text file")))
    }

    /// Returns all files by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Returns the files that a manifest lists: all but itself and its signature.
    pub(super) fn listed(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files().filter(|(path, _)| *path != MANIFEST && *path != SIGNATURE)
    }

    /// Returns the paths of all files of a kind.
    pub(super) fn of(&self, wanted: FileRole) -> impl Iterator<Item = (&str, &[u8])> {
        self.files().filter(move |(path, _)| role(path) == Ok(Some(wanted)))
    }
}

pub(super) fn too_large(path: &str) -> BadCollection {
    invalid(format!("{path}: more than {} MiB", MAX_FILE >> 20))
}

fn invalid(why: String) -> BadCollection {
    let remedy = format!("a collection has {ABOUT}, recipes/ and modules/; see docs/recipes.md");
    BadCollection::invalid(why, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_by_case_clash() {
        for (one, other) in [
            ("recipes/a.rhai", "recipes/A.rhai"),
            ("recipes/a.rhai", "recipes/a.rhai"),
            ("tests/a", "tests/A/b"),
            ("tests/a/b", "tests/A"),
        ] {
            let mut tree = CollectionTree::default();
            tree.add(one.as_bytes(), Vec::new()).expect(one);
            tree.add(b"tests/a-b", Vec::new()).expect("another");
            assert!(tree.add(other.as_bytes(), Vec::new()).is_err(), "{one} {other}");
        }
    }

    #[test]
    fn sizes_are_limited() {
        let mut tree = CollectionTree::default();
        let most = usize::try_from(MAX_FILE).expect("a size");
        assert!(tree.add(b"recipes/a.rhai", vec![0; most + 1]).is_err());
        assert!(tree.add(b"README.md", vec![0; most + 1]).is_ok());
        for number in 0..MAX_FILES {
            tree.add(format!("recipes/{number}.rhai").as_bytes(), Vec::new()).expect("a file");
        }
        assert!(tree.add(b"recipes/more.rhai", Vec::new()).is_err());
    }
}
