//! Caches the resolved places of one call: nothing changes between its steps while it is planned.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::machine::files::{FileContents, FileError, FileStatus, Files, ResolvedPath};
use crate::types::Place;

/// Files with a cache of resolved places.
pub(super) struct CachedFiles<'a> {
    files: &'a dyn Files,
    /// By the place, and whether a symbolic link at its last component was followed.
    known: RefCell<HashMap<(Place, bool), ResolvedPath>>,
}

impl<'a> CachedFiles<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self { files, known: RefCell::default() }
    }
}

impl Files for CachedFiles<'_> {
    fn file_status(&self, place: &Place) -> Result<FileStatus, FileError> {
        self.files.file_status(place)
    }

    fn is_empty(&self, place: &Place) -> Result<Option<bool>, FileError> {
        self.files.is_empty(place)
    }

    fn names(&self, place: &Place) -> Result<Option<Vec<String>>, FileError> {
        self.files.names(place)
    }

    fn known_names(&self, place: &Place) -> Result<Vec<String>, FileError> {
        self.files.known_names(place)
    }

    fn resolve_place(&self, place: &Place, follow: bool) -> Result<ResolvedPath, FileError> {
        let key = (place.clone(), follow);
        if let Some(reach) = self.known.borrow().get(&key) {
            return Ok(reach.clone());
        }
        let reach = self.files.resolve_place(place, follow)?;
        let mut known = self.known.borrow_mut();
        // The resolved place resolves to itself: none of its components is a symbolic link.
        if reach.place != *place {
            known.insert((reach.place.clone(), follow), reach.clone());
        }
        known.insert(key, reach.clone());
        Ok(reach)
    }

    fn read(&self, place: &Place) -> Result<FileContents, FileError> {
        self.files.read(place)
    }

    fn first_bytes(&self, place: &Place, len: usize) -> Result<FileContents, FileError> {
        self.files.first_bytes(place, len)
    }
}
