//! The names in the directories of a simulated machine.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Base, Node, Tree, Trees};
use crate::machine::files::{FileContents, FileError, FileStatus, Files};
use crate::types::{Mode, Place};

impl Trees {
    /// Returns whether a directory is empty: nothing was there, and nothing was added.
    pub(crate) fn is_empty(&self, place: &Place) -> Result<Option<bool>, FileError> {
        let spot = self.resolve(place, true)?;
        let tree = &self.trees[spot.tree];
        if tree.has_children(&spot.inner) {
            return Ok(Some(false));
        }
        if tree.nodes.contains_key(spot.inner.as_os_str()) {
            return Ok(Some(true));
        }
        match &tree.base {
            _ if self.is_unknown_at(&spot) => Ok(None),
            Base::Below => self.below.is_empty(&Place::here(&spot.inner)),
            Base::Empty => Ok(Some(true)),
            Base::Unknown(_) => Ok(None),
        }
    }

    /// Returns the sorted names that are known to be in a directory, and whether these are all.
    pub(crate) fn names(&self, place: &Place) -> Result<(Vec<String>, bool), FileError> {
        let spot = self.resolve(place, true)?;
        let tree = &self.trees[spot.tree];
        let changed = self
            .possibly_changed
            .iter()
            .any(|(changed, directory)| *changed == spot.tree && spot.inner.starts_with(directory));
        let below = match &tree.base {
            _ if changed => None,
            Base::Below if self.look_underlying(&spot.inner)? == FileStatus::Missing => {
                Some(Vec::new())
            }
            Base::Below => self.below.names(&Place::here(&spot.inner))?,
            Base::Empty => Some(Vec::new()),
            Base::Unknown(_) => None,
        };
        let complete = below.is_some();
        let mut names: BTreeSet<String> = below.into_iter().flatten().collect();
        for (inner, node) in &tree.nodes {
            let inner = Path::new(inner);
            let Some(name) = inner.file_name().filter(|_| inner.parent() == Some(&spot.inner))
            else {
                continue;
            };
            let name = name.to_string_lossy().into_owned();
            match node {
                Node::Gone => drop(names.remove(&name)),
                _ => drop(names.insert(name)),
            }
        }
        Ok((names.into_iter().collect(), complete))
    }

    /// Returns the files below the simulation.
    pub(crate) fn underlying(&self) -> &dyn Files {
        &*self.below
    }

    /// Passes a file on piece by piece; returns `false` if its content is unknown.
    pub(crate) fn read_pieces(
        &self,
        place: &Place,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, FileError> {
        let spot = self.resolve(place, true)?;
        let tree = &self.trees[spot.tree];
        let is_underlying = matches!(tree.base, Base::Below)
            && !tree.nodes.contains_key(spot.inner.as_os_str())
            && !self.is_unknown_at(&spot);
        if is_underlying {
            return self.below.read_pieces(&Place::here(spot.inner), each);
        }
        Ok(match self.read(place)? {
            FileContents::Known(bytes) => {
                each(&bytes);
                true
            }
            FileContents::Unknown(_) => false,
        })
    }

    /// Adds the directories of a path that are not known to exist.
    pub(crate) fn ensure_dirs(&mut self, place: &Place) -> Result<(), FileError> {
        let mut above: Vec<&Path> = place.path.ancestors().collect();
        above.reverse();
        for path in above.into_iter().skip(1) {
            let step = Place { root: place.root.clone(), path: path.to_owned() };
            if matches!(self.look(&step, true)?, FileStatus::Missing | FileStatus::Unknown(_)) {
                self.put(&step, Node::Dir { mode: Mode::new(0o755), subvolume: false })?;
            }
        }
        Ok(())
    }
}

impl Tree {
    fn has_children(&self, path: &Path) -> bool {
        self.nodes.iter().any(|(inner, node)| {
            Path::new(inner).parent() == Some(path) && !matches!(node, Node::Gone)
        })
    }
}
