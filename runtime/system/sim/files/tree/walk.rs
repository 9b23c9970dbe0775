//! Path resolution on a simulated machine.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::{Base, Location, Node, Trees, joined};
use crate::machine::files::{DirectoryId, FileError, FileStatus, ResolvedPath};
use crate::types::Place;

/// The maximum number of symlinks in a path (path_resolution(7)).
const MOST_LINKS: usize = 40;

impl Trees {
    /// Resolves a place.
    pub(crate) fn reach(&self, place: &Place, follow: bool) -> Result<ResolvedPath, FileError> {
        let place = self.resolve_links(place, follow)?;
        let outside = place.outside();
        let spot = self.locate(&outside);
        let (origin, kernel) = match spot.tree {
            0 => (self.table.origin(&spot.inner), self.table.kernel_filesystem_type(&spot.inner)),
            tree => {
                (self.first_mount_path(&spot).unwrap_or(outside), self.trees[tree].kernel.clone())
            }
        };
        Ok(ResolvedPath { place, origin, kernel })
    }

    /// Returns where the files of a root are on the machine on which this program runs. Returns `None`
    /// if they are not there, or if the simulation may have changed something in these directories.
    pub(crate) fn unchanged_root(&self, root: &Path, directories: &[&str]) -> Option<PathBuf> {
        if !self.below.is_this_machine() {
            return None;
        }
        let spot = self.resolve(&Place::here(root), true).ok()?;
        let is_there = |look| matches!(look, Ok(FileStatus::Dir { .. }));
        if spot.tree != 0 || !is_there(self.look_underlying(&spot.inner)) {
            return None;
        }
        for directory in directories {
            let place = Place { root: root.to_owned(), path: directory.into() };
            let below = self.resolve(&place, true).ok()?;
            let is_changed = |inner: &OsString| Path::new(inner).starts_with(&below.inner);
            if below.tree != 0
                || self.is_unknown_at(&below)
                || self.trees[0].nodes.keys().any(is_changed)
            {
                return None;
            }
        }
        Some(spot.inner)
    }

    /// Returns the deepest directory on a path that existed before the simulation.
    pub(crate) fn anchor(&self, path: &Path) -> Option<DirectoryId> {
        match self.locate(path) {
            Location { tree: 0, inner } => self.below.nearest_directory(&inner),
            Location { .. } => None,
        }
    }

    /// Returns the path at which a location was mounted first, as in the kernel's list of mounts.
    fn first_mount_path(&self, spot: &Location) -> Option<PathBuf> {
        let mounts = self.mounts.iter().filter(|mount| mount.tree == spot.tree);
        mounts
            .filter_map(|mount| {
                let inner = spot.inner.strip_prefix(&mount.part).ok()?;
                Some(joined(Path::new(&mount.at), inner))
            })
            // A location that is hidden by another mount is not visible there.
            .find(|path| self.locate(path) == *spot)
    }

    /// Returns the path of a place in the running system if it has no symlinks, as most have: then
    /// the place resolves to itself.
    pub(super) fn plain_path(
        &self,
        place: &Place,
        follow_last: bool,
    ) -> Result<Option<PathBuf>, FileError> {
        if !is_normal(&place.root) || !is_normal(&place.path) || place.path == Path::new("/") {
            return Ok(None);
        }
        let path = place.outside();
        let bytes = path.as_os_str().as_bytes();
        let directory = path.parent().unwrap_or(Path::new("/"));
        if self.plain.borrow().as_deref() != Some(directory) {
            let ends = bytes.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/');
            for (end, _) in ends {
                if self.is_link(Path::new(OsStr::from_bytes(&bytes[..end])))? {
                    return Ok(None);
                }
            }
            self.plain.replace(Some(directory.to_owned()));
        }
        let is_link = self.is_link(&path)?;
        Ok((!is_link || !follow_last).then_some(path))
    }

    /// Returns whether a path of the running system is a symlink.
    fn is_link(&self, path: &Path) -> Result<bool, FileError> {
        if self.mounts.is_empty() && self.uncovered.is_empty() {
            let tree = &self.trees[0];
            if let Some(node) = tree.nodes.get(path.as_os_str()) {
                return Ok(matches!(node, Node::Link { .. }));
            }
            // Nothing is removed or changed by a program.
            if !tree.removed && self.possibly_changed.is_empty() && matches!(tree.base, Base::Below)
            {
                return self.is_underlying_link(path);
            }
        }
        Ok(matches!(self.look_at(&self.locate(path))?, FileStatus::Link { .. }))
    }

    /// Resolves the symlinks in a place, which never lead out of its root.
    pub(super) fn resolve_links(
        &self,
        place: &Place,
        follow_last: bool,
    ) -> Result<Place, FileError> {
        if self.plain_path(place, follow_last)?.is_some() {
            return Ok(place.clone());
        }
        let root = match place.root.as_os_str() == "/" {
            true => place.root.clone(),
            false => self.resolve_links(&Place::here(&place.root), true)?.path,
        };
        let mut todo: Vec<OsString> = names(&place.path);
        todo.reverse();
        let mut inside = PathBuf::from("/");
        let mut links = 0;
        while let Some(name) = todo.pop() {
            if name == ".." {
                inside.pop();
                continue;
            }
            let next = inside.join(&name);
            let here = Place { root: root.clone(), path: next.clone() };
            let link = match self.look_at(&self.locate(&here.outside()))? {
                FileStatus::Link { to } if follow_last || !todo.is_empty() => to,
                _ => {
                    inside = next;
                    continue;
                }
            };
            links += 1;
            if links > MOST_LINKS {
                let cause = "too many levels of symbolic links".into();
                return Err(FileError { place: place.clone(), cause });
            }
            if link.is_absolute() {
                inside = PathBuf::from("/");
            }
            todo.extend(names(&link).into_iter().rev());
        }
        Ok(Place { root, path: inside })
    }
}

/// Returns whether a path is absolute and has only names, each after one slash.
fn is_normal(path: &Path) -> bool {
    let path = path.as_os_str().as_bytes();
    let mut names = path.split(|byte| *byte == b'/').skip(1);
    path.first() == Some(&b'/')
        && (path.len() == 1 || names.all(|name| !matches!(name, b"" | b"." | b"..")))
}

fn names(path: &Path) -> Vec<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            _ => None,
        })
        .collect()
}
