//! The files of a simulated machine: one tree per filesystem, mounted over the underlying files.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::machine::files::{FileContents, FileError, FileStatus, Files};
use crate::machine::origin::{MountTable, is_kernel_filesystem};
use crate::machine::{Machine, MountOrigin, is_below};
use crate::types::{Mode, Place};

mod list;
mod walk;

/// An entry that the simulation has added.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    File { content: FileContents, mode: Mode },
    Dir { mode: Mode, subvolume: bool },
    Link { to: PathBuf },
    Gone,
}

/// The content of a tree where the simulation has added nothing.
#[derive(Debug, Clone)]
enum Base {
    /// The underlying files, at the same path.
    Below,
    /// Nothing: the filesystem is new.
    Empty,
    /// Unknown content, with the reason.
    Unknown(String),
}

#[derive(Debug, Clone)]
struct Tree {
    base: Base,
    /// Entries by path from the root of the filesystem. The key is a string: comparing paths by
    /// component would take most of the time of a plan.
    nodes: HashMap<OsString, Node>,
    /// Whether an entry was removed, and everything below it.
    removed: bool,
    /// The type of the filesystem, if it belongs to the kernel.
    kernel: Option<String>,
}

/// A tree, or a part of it, at a mount point.
#[derive(Debug, Clone)]
struct Mounted {
    at: String,
    tree: usize,
    /// The directory of the tree that is mounted: a subvolume, or the root.
    part: PathBuf,
}

/// The location of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Location {
    tree: usize,
    inner: PathBuf,
}

/// The reason why the content of a directory is unknown.
const MAYBE_CHANGED: &str = "a program may have changed it";

#[derive(Clone)]
pub(crate) struct Trees {
    below: Rc<dyn Files>,
    /// The mounts before the simulation begins.
    table: Rc<MountTable>,
    looked: RefCell<HashMap<OsString, FileStatus>>,
    /// The last directory whose path had no symlinks; the paths of most calls are in the same one.
    plain: RefCell<Option<PathBuf>>,
    /// The last path that was found missing there: a call queries it several times.
    missing: RefCell<Option<OsString>>,
    /// The first tree is that of the running system.
    trees: Vec<Tree>,
    /// Trees of filesystems that have a UUID.
    by_uuid: HashMap<String, usize>,
    /// Mounts of the simulation, newest last.
    mounts: Vec<Mounted>,
    /// Directories that were hidden by earlier mounts, which the simulation has unmounted.
    uncovered: Vec<Mounted>,
    /// Directories below which a program may have changed anything, with their trees.
    possibly_changed: Vec<(usize, PathBuf)>,
}

impl Trees {
    pub(crate) fn new(below: Box<dyn Files>) -> Self {
        let host = Tree::new(Base::Below, None);
        Self {
            table: below.mount_table().into(),
            below: below.into(),
            looked: RefCell::default(),
            plain: RefCell::default(),
            missing: RefCell::default(),
            trees: vec![host],
            by_uuid: HashMap::new(),
            mounts: Vec::new(),
            uncovered: Vec::new(),
            possibly_changed: Vec::new(),
        }
    }

    fn add(&mut self, base: Base, kernel: Option<String>) -> usize {
        self.trees.push(Tree::new(base, kernel));
        self.trees.len() - 1
    }

    /// Adds a new filesystem.
    pub(crate) fn add_filesystem(&mut self, uuid: &str) {
        let tree = self.add(Base::Empty, None);
        self.by_uuid.insert(uuid.to_owned(), tree);
    }

    pub(crate) fn add_mount(&mut self, at: &str, origin: &MountOrigin, machine: &Machine) {
        self.plain.take();
        let (tree, part) = match origin {
            MountOrigin::Device { device, part, .. } => {
                self.on_device(at, device, part.as_deref().unwrap_or("/"), machine)
            }
            MountOrigin::Pseudo { kind } if kind == "tmpfs" => {
                (self.add(Base::Empty, None), "/".into())
            }
            MountOrigin::Pseudo { kind } => {
                let kernel = is_kernel_filesystem(kind).then(|| kind.clone());
                (self.add(Base::Unknown(format!("what {kind} shows")), kernel), "/".into())
            }
            MountOrigin::Bind { from, recursive } => {
                let spot = self.locate(Path::new(from));
                let below =
                    |mount: &&Mounted| *recursive && mount.at != *from && is_below(&mount.at, from);
                let along: Vec<Mounted> = self.mounts.iter().filter(below).cloned().collect();
                let tree = spot.tree;
                self.mounts.push(Mounted { at: at.to_owned(), tree, part: spot.inner });
                let moved = |mount: Mounted| {
                    let at = joined(
                        Path::new(at),
                        Path::new(mount.at.strip_prefix(from.as_str()).unwrap_or_default()),
                    );
                    Mounted { at: at.to_string_lossy().into_owned(), ..mount }
                };
                self.mounts.extend(along.into_iter().map(moved));
                return;
            }
        };
        self.mounts.push(Mounted { at: at.to_owned(), tree, part });
    }

    /// Returns the part of a tree that a device mounted at `at` shows. It may already be known from
    /// another mount of the device.
    fn on_device(
        &mut self,
        at: &str,
        device: &str,
        part: &str,
        machine: &Machine,
    ) -> (usize, PathBuf) {
        let content = machine.find(device).and_then(|d| d.content.as_ref());
        let uuid = content.and_then(|c| c.uuid()).unwrap_or(device).to_owned();
        if let Some(tree) = self.by_uuid.get(&uuid) {
            return (*tree, part.into());
        }
        let mut mounts =
            machine.storage.mounts.iter().filter(|mount| mount.source == device && mount.at != at);
        let shown = mounts.find_map(|mount| {
            let inner = Path::new(part).strip_prefix(&mount.part).ok()?;
            Some(joined(Path::new(&mount.at), inner))
        });
        match shown {
            Some(path) => (0, path),
            None => {
                let tree = self.add(Base::Unknown(format!("the contents of {device}")), None);
                self.by_uuid.insert(uuid, tree);
                (tree, part.into())
            }
        }
    }

    pub(crate) fn remove_mount(&mut self, at: &str) {
        self.plain.take();
        let before = self.mounts.len();
        self.mounts.retain(|mount| !is_below(&mount.at, at));
        if self.mounts.len() < before {
            return;
        }
        if let Some(table) = self.table.without(at) {
            self.table = table.into();
            let tree = self.add(Base::Unknown(format!("files hidden by the mount at {at}")), None);
            self.uncovered.retain(|mount| !is_below(&mount.at, at));
            self.uncovered.push(Mounted { at: at.to_owned(), tree, part: "/".into() });
        }
    }

    /// Marks the content of a directory as unknown.
    pub(crate) fn fill(&mut self, into: &Place, why: String) -> Result<(), FileError> {
        let spot = self.resolve(into, true)?;
        // Only whole filesystems are tracked: an archive is unpacked to the root of a new one.
        self.trees[spot.tree].base = Base::Unknown(why);
        Ok(())
    }

    /// Marks everything below a directory as possibly changed by a program, except what the
    /// simulation has added.
    pub(crate) fn mark_unknown(&mut self, directory: &Place) -> Result<(), FileError> {
        let spot = self.resolve(directory, true)?;
        self.possibly_changed.push((spot.tree, spot.inner));
        // Filesystems below it, such as /boot, are included; mounts of the running system are not.
        let own = |tree: usize| matches!(self.trees[tree].base, Base::Empty | Base::Unknown(_));
        let top = directory.to_string();
        let below = self.mounts.iter().filter(|mount| is_below(&mount.at, &top) && own(mount.tree));
        self.possibly_changed.extend(below.map(|mount| (mount.tree, mount.part.clone())));
        Ok(())
    }

    /// Returns whether a program may have changed a location.
    fn is_unknown_at(&self, spot: &Location) -> bool {
        self.possibly_changed.iter().any(|(tree, directory)| {
            *tree == spot.tree && spot.inner != *directory && spot.inner.starts_with(directory)
        })
    }

    pub(crate) fn look(&self, place: &Place, follow: bool) -> Result<FileStatus, FileError> {
        let spot = self.resolve(place, follow)?;
        self.look_at(&spot)
    }

    /// Returns whether an underlying file is a symlink.
    fn is_underlying_link(&self, path: &Path) -> Result<bool, FileError> {
        if let Some(look) = self.looked.borrow().get(path.as_os_str()) {
            return Ok(matches!(look, FileStatus::Link { .. }));
        }
        Ok(matches!(self.look_underlying(path)?, FileStatus::Link { .. }))
    }

    /// Looks at an underlying file, which does not change during the simulation.
    fn look_underlying(&self, path: &Path) -> Result<FileStatus, FileError> {
        if let Some(look) = self.looked.borrow().get(path.as_os_str()) {
            return Ok(look.clone());
        }
        if self.missing.borrow().as_deref() == Some(path.as_os_str()) {
            return Ok(FileStatus::Missing);
        }
        let look = self.below.file_status(&Place::here(path))?;
        let name = path.as_os_str().to_owned();
        // A missing file is either created at once, and found among the nodes, or never queried
        // again.
        match look {
            FileStatus::Missing => drop(self.missing.replace(Some(name))),
            _ => drop(self.looked.borrow_mut().insert(name, look.clone())),
        }
        Ok(look)
    }

    pub(crate) fn read(&self, place: &Place) -> Result<FileContents, FileError> {
        self.read_at_most(place, None)
    }

    /// Reads a file, or at most this number of bytes of it.
    pub(crate) fn read_at_most(
        &self,
        place: &Place,
        len: Option<usize>,
    ) -> Result<FileContents, FileError> {
        let spot = self.resolve(place, true)?;
        let wrong = |cause: &str| FileError { place: place.clone(), cause: cause.into() };
        match self.trees[spot.tree].nodes.get(spot.inner.as_os_str()) {
            Some(Node::File { content: FileContents::Known(bytes), .. }) => {
                let end = len.unwrap_or(bytes.len()).min(bytes.len());
                Ok(FileContents::Known(bytes[..end].to_vec()))
            }
            Some(Node::File { content, .. }) => Ok(content.clone()),
            Some(Node::Dir { .. }) => Err(wrong("not a regular file")),
            Some(Node::Link { .. }) => Err(wrong("too many levels of symbolic links")),
            Some(Node::Gone) => Err(wrong("No such file or directory (os error 2)")),
            None => match &self.trees[spot.tree].base {
                _ if self.is_unknown_at(&spot) => Ok(FileContents::Unknown(MAYBE_CHANGED.into())),
                Base::Below => match len {
                    None => self.below.read(&Place::here(spot.inner)),
                    Some(len) => self.below.first_bytes(&Place::here(spot.inner), len),
                },
                Base::Empty => Err(wrong("No such file or directory (os error 2)")),
                Base::Unknown(why) => Ok(FileContents::Unknown(why.clone())),
            },
        }
    }

    pub(crate) fn put(&mut self, place: &Place, node: Node) -> Result<(), FileError> {
        let spot = self.resolve(place, false)?;
        if matches!(node, Node::Link { .. }) {
            self.plain.take();
        }
        let tree = &mut self.trees[spot.tree];
        tree.removed |= matches!(node, Node::Gone);
        tree.nodes.insert(spot.inner.into_os_string(), node);
        Ok(())
    }

    pub(crate) fn make_dirs(&mut self, place: &Place, mode: Mode) -> Result<(), FileError> {
        let mut above: Vec<&Path> = place.path.ancestors().collect();
        above.reverse();
        for path in above.into_iter().skip(1) {
            let step = Place { root: place.root.clone(), path: path.to_owned() };
            if self.look(&step, true)? == FileStatus::Missing {
                let bits = if path == place.path { mode } else { Mode::new(0o755) };
                self.put(&step, Node::Dir { mode: bits, subvolume: false })?;
            }
        }
        Ok(())
    }

    fn look_at(&self, spot: &Location) -> Result<FileStatus, FileError> {
        let tree = &self.trees[spot.tree];
        let dir = |mode: Mode, subvolume| FileStatus::Dir { mode, uid: 0, gid: 0, subvolume };
        if let Some(node) = tree.nodes.get(spot.inner.as_os_str()) {
            return Ok(match node {
                Node::File { content, mode } => {
                    let len = match content {
                        FileContents::Known(bytes) => bytes.len() as u64,
                        FileContents::Unknown(_) => 0,
                    };
                    FileStatus::File { mode: *mode, len, uid: 0, gid: 0 }
                }
                Node::Dir { mode, subvolume } => dir(*mode, *subvolume),
                Node::Link { to } => FileStatus::Link { to: to.clone() },
                Node::Gone => FileStatus::Missing,
            });
        }
        let gone = |path: &Path| matches!(tree.nodes.get(path.as_os_str()), Some(Node::Gone));
        if tree.removed && spot.inner.ancestors().any(gone) {
            return Ok(FileStatus::Missing);
        }
        if self.is_unknown_at(spot) {
            return Ok(FileStatus::Unknown(MAYBE_CHANGED.into()));
        }
        match &tree.base {
            Base::Below => self.look_underlying(&spot.inner),
            _ if spot.inner == Path::new("/") => Ok(dir(Mode::new(0o755), false)),
            Base::Empty => Ok(FileStatus::Missing),
            Base::Unknown(why) => Ok(FileStatus::Unknown(why.clone())),
        }
    }

    /// Returns the tree that contains a path of the running system, and the path in it.
    fn locate(&self, outside: &Path) -> Location {
        self.locate_path(outside.to_owned())
    }

    fn locate_path(&self, outside: PathBuf) -> Location {
        if self.mounts.is_empty() && self.uncovered.is_empty() {
            return Location { tree: 0, inner: outside };
        }
        let text = outside.to_string_lossy();
        // The newest of the longest matches: a mount hides what was mounted there before.
        let mounts = self.mounts.iter().rev().chain(&self.uncovered);
        let mount = mounts.filter(|mount| is_below(&text, &mount.at)).fold(
            None::<&Mounted>,
            |best, next| match best {
                Some(best) if best.at.len() >= next.at.len() => Some(best),
                _ => Some(next),
            },
        );
        match mount {
            Some(Mounted { at, tree, part }) => {
                let inner = outside.strip_prefix(at).unwrap_or(Path::new(""));
                let inner = if inner == Path::new("") { part.clone() } else { part.join(inner) };
                Location { tree: *tree, inner }
            }
            None => Location { tree: 0, inner: outside },
        }
    }

    fn resolve(&self, place: &Place, follow_last: bool) -> Result<Location, FileError> {
        let path = match self.plain_path(place, follow_last)? {
            Some(path) => path,
            None => self.resolve_links(place, follow_last)?.outside(),
        };
        Ok(self.locate_path(path))
    }
}

impl Tree {
    fn new(base: Base, kernel: Option<String>) -> Self {
        Self { base, nodes: HashMap::new(), removed: false, kernel }
    }
}

fn joined(from: &Path, inner: &Path) -> PathBuf {
    let inner = inner.strip_prefix("/").unwrap_or(inner);
    // Joining an empty path would add a trailing slash.
    if inner.as_os_str().is_empty() { from.to_owned() } else { from.join(inner) }
}

#[cfg(test)]
mod tests;
