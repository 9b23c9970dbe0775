//! The directories that a call has looked at, each opened once.
//!
//! A call asks about the same place several times: for its effects, its plan, the symlinks on its
//! path, the directories of the plan, and whether anything has to be changed. All answers come from
//! one open directory, so another process cannot exchange it between two of them, and its path is
//! not resolved again each time. The step then works in that directory, after a check that its path
//! still leads to it.
//!
//! Nothing stays open longer than that: an open directory would keep its filesystem busy.

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::SFlag;
use nix::sys::statfs::{FsType, OVERLAYFS_SUPER_MAGIC, fstatfs};
use rustix::fs::AtFlags;

use super::entry::FileEntry;
use super::mount_list::{is_only_mount, mount_table};
use super::reach::{
    is_own_root, kernel_filesystem, name_of, open_inside, open_parent_exactly, refuse_kernel,
};
use super::sync::sync_directory;
use crate::machine::files::{DirectoryId, FileStatus, ResolvedPath};
use crate::system::real::records::{is_record, refuse_hidden};
use crate::types::Place;

/// The number of directories that are kept open. A call asks about few places.
const MAX_DIRECTORIES: usize = 8;

/// The directories of the present call.
#[derive(Default)]
pub(crate) struct Lookups {
    /// `None` outside of calls.
    open: RefCell<Option<Vec<Rc<OpenDirectory>>>>,
    /// The directory in which the present step works.
    used: RefCell<Option<Rc<OpenDirectory>>>,
}

impl Lookups {
    /// Keeps directories open from now on; those of an earlier call are closed.
    pub(crate) fn begin(&self) {
        self.used.take();
        self.open.replace(Some(Vec::new()));
    }

    /// Closes all directories, and keeps none open from now on.
    pub(crate) fn end(&self) {
        self.used.take();
        self.open.take();
    }

    /// Closes all directories, because what they contain changes.
    pub(crate) fn clear(&self) {
        if let Some(all) = self.open.borrow_mut().as_mut() {
            all.clear();
        }
    }

    /// Closes all directories but the one in which the step has worked, if its path still leads to
    /// it: the result is looked up there.
    pub(crate) fn step_is_over(&self) {
        self.clear();
        let used = self.used.take().filter(|used| used.is_at_its_path().unwrap_or(false));
        if let (Some(used), Some(all)) = (used, self.open.borrow_mut().as_mut()) {
            used.last.take();
            all.push(used);
        }
    }

    /// Returns the directory that contains a place, and the name of the place in it; `None` if it
    /// cannot be kept open.
    pub(crate) fn parent<'a>(&self, place: &'a Place) -> Option<(Rc<OpenDirectory>, &'a Path)> {
        let name = place.path.file_name()?;
        Some((self.directory(&place.root, place.path.parent()?)?, Path::new(name)))
    }

    /// Returns a directory if it is open already.
    fn known(&self, root: &Path, path: &Path) -> Option<Rc<OpenDirectory>> {
        let all = self.open.borrow();
        all.as_ref()?.iter().find(|known| known.root == root && known.path == path).cloned()
    }

    /// Returns a directory, following symlinks inside its root; `None` if it cannot be kept open.
    pub(crate) fn directory(&self, root: &Path, path: &Path) -> Option<Rc<OpenDirectory>> {
        if self.open.borrow().is_none() {
            return None;
        }
        if let Some(known) = self.known(root, path) {
            return Some(known);
        }
        let opened = Rc::new(OpenDirectory::open(root, path).ok()?);
        let mut all = self.open.borrow_mut();
        let all = all.as_mut()?;
        if all.len() == MAX_DIRECTORIES {
            all.remove(0);
        }
        all.push(Rc::clone(&opened));
        Some(opened)
    }

    /// Returns the status of a place that is itself a directory which is open.
    pub(super) fn status_of_open(&self, place: &Place) -> Option<FileStatus> {
        let opened = self.known(&place.root, &place.path)?;
        // Otherwise its last name may be a symlink.
        let is_itself = opened.name().ok()? == place.outside();
        (is_itself && opened.refuse_records().is_ok())
            .then(|| opened.itself.status(&*opened, Path::new(".")).ok())?
    }

    /// Takes the directory that contains a place for the step that changes it, and closes the
    /// others. Its path must still lead to it: nothing else was checked.
    pub(super) fn take(&self, place: &Place) -> io::Result<Option<Rc<OpenDirectory>>> {
        let parent = place.path.parent().and_then(|parent| self.known(&place.root, parent));
        self.clear();
        // A path inside another root cannot be looked up in one step.
        let Some(parent) = parent.filter(|_| is_own_root(&place.root)) else { return Ok(None) };
        if parent.itself.mount.is_none() || parent.name()? != parent.path {
            return Ok(None);
        }
        if parent.is_at_its_path()? {
            self.used.replace(Some(Rc::clone(&parent)));
            return Ok(Some(parent));
        }
        // Fails if the path has a symlink.
        open_parent_exactly(place)?;
        match parent.filesystem()? {
            // An overlay filesystem may assign new numbers to a directory.
            OVERLAYFS_SUPER_MAGIC => Ok(None),
            _ => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("{} was replaced by another directory", parent.path.display()),
            )),
        }
    }
}

/// An open directory, with what was found out about it.
pub(crate) struct OpenDirectory {
    root: PathBuf,
    path: PathBuf,
    /// The name of the root.
    top: PathBuf,
    file: OwnedFd,
    /// Whether it is open for more than its path.
    readable: bool,
    itself: FileEntry,
    name: OnceCell<PathBuf>,
    filesystem: Cell<Option<FsType>>,
    kernel: OnceCell<Option<String>>,
    only_mount: Cell<Option<bool>>,
    allowed: Cell<bool>,
    /// The entry that was looked at last.
    last: RefCell<Option<(PathBuf, Option<FileEntry>)>>,
}

impl AsFd for OpenDirectory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl OpenDirectory {
    fn open(root: &Path, path: &Path) -> io::Result<Self> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let (file, top) = open_inside(root, path, flags)?;
        Self::new((root, path), top, file, true)
    }

    /// Wraps a directory that was opened only for its path.
    pub(super) fn of_path(file: OwnedFd) -> io::Result<Self> {
        let none = Path::new("");
        Self::new((none, none), PathBuf::new(), file, false)
    }

    fn new(asked: (&Path, &Path), top: PathBuf, file: OwnedFd, readable: bool) -> io::Result<Self> {
        Ok(Self {
            root: asked.0.to_owned(),
            path: asked.1.to_owned(),
            top,
            itself: FileEntry::of(&file)?,
            file,
            readable,
            name: OnceCell::new(),
            filesystem: Cell::new(None),
            kernel: OnceCell::new(),
            only_mount: Cell::new(None),
            allowed: Cell::new(false),
            last: RefCell::default(),
        })
    }

    /// Returns its path, without symlinks.
    fn name(&self) -> io::Result<&Path> {
        if self.name.get().is_none() {
            let _ = self.name.set(name_of(&self.file)?);
        }
        Ok(self.name.get().map_or(Path::new(""), PathBuf::as_path))
    }

    /// Returns whether its path leads to it.
    fn is_at_its_path(&self) -> io::Result<bool> {
        let now = FileEntry::stat(&rustix::fs::CWD, &self.path, AtFlags::empty())?;
        let itself = (self.itself.identity, self.itself.mount);
        Ok(now.is_some_and(|now| (now.identity, now.mount) == itself))
    }

    /// Returns the type of its filesystem.
    pub(super) fn filesystem(&self) -> io::Result<FsType> {
        if let Some(known) = self.filesystem.get() {
            return Ok(known);
        }
        let found = fstatfs(&self.file)?.filesystem_type();
        self.filesystem.set(Some(found));
        Ok(found)
    }

    /// Returns the type of its filesystem if it belongs to the kernel.
    fn kernel(&self) -> io::Result<Option<&str>> {
        if self.kernel.get().is_none() {
            let _ = self.kernel.set(kernel_filesystem(&self.file, self.filesystem()?)?);
        }
        Ok(self.kernel.get().and_then(Option::as_deref))
    }

    /// Returns an error if the directory is on a filesystem of the kernel.
    pub(super) fn refuse_kernel(&self) -> io::Result<()> {
        match self.kernel()? {
            None => Ok(()),
            Some(_) => refuse_kernel(&self.file),
        }
    }

    fn is_only_mount(&self, id: u64) -> io::Result<bool> {
        if let Some(known) = self.only_mount.get() {
            return Ok(known);
        }
        let found = is_only_mount(id)?;
        self.only_mount.set(Some(found));
        Ok(found)
    }

    /// Returns an error if the directory contains records of runs.
    fn refuse_records(&self) -> io::Result<()> {
        if !self.allowed.get() {
            refuse_hidden(self.itself.identity, true, self.name()?)?;
            self.allowed.set(true);
        }
        Ok(())
    }

    fn entry(&self, name: &Path) -> io::Result<Option<FileEntry>> {
        if let Some((known, entry)) = &*self.last.borrow()
            && known == name
        {
            return Ok(*entry);
        }
        let entry = FileEntry::at(&self.file, name)?;
        self.last.replace(Some((name.to_owned(), entry)));
        Ok(entry)
    }

    /// Returns what has this name.
    pub(super) fn status(&self, name: &Path) -> io::Result<FileStatus> {
        self.refuse_records()?;
        match self.entry(name)? {
            None => Ok(FileStatus::Missing),
            Some(found) => found.status(self, name),
        }
    }

    /// Opens the regular file with this name to read it; `None` if it is something else, such as a
    /// symlink.
    pub(super) fn open_regular(&self, name: &Path) -> io::Result<Option<File>> {
        self.refuse_records()?;
        match self.entry(name)? {
            None => return Err(Errno::ENOENT.into()),
            Some(found) if found.kind() != SFlag::S_IFREG || is_record(name) => return Ok(None),
            Some(_) => {}
        }
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
        match openat2(&self.file, name, how) {
            Ok(file) => Ok(Some(File::from(file))),
            // It was exchanged.
            Err(Errno::ELOOP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the resolved path of an entry, which is not followed.
    pub(crate) fn resolved(&self, name: &OsStr) -> io::Result<ResolvedPath> {
        let found = self.name()?;
        let Ok(inside) = found.strip_prefix(&self.top) else {
            return Err(io::Error::other(format!("{} is being moved", found.display())));
        };
        let path = Path::new("/").join(inside).join(name).components().collect();
        let place = Place { root: self.top.clone(), path };
        let kernel = self.kernel()?.map(str::to_owned);
        let outside = place.outside();
        let entry = self.entry(Path::new(name))?;
        // An entry on another mount is a mount point. A file that does not exist is none.
        let is_here = |mount| entry.is_none_or(|entry| entry.mount == Some(mount));
        let origin = match self.itself.mount.filter(|mount| is_here(*mount)) {
            Some(mount) if self.is_only_mount(mount)? => outside,
            _ => mount_table()?.origin(&outside),
        };
        Ok(ResolvedPath { place, origin, kernel })
    }

    /// Returns the identity of the directory; `None` on an overlay filesystem, which may assign new
    /// inode numbers to directories when it copies them up.
    pub(crate) fn id(&self) -> Option<DirectoryId> {
        if self.filesystem().ok()? == OVERLAYFS_SUPER_MAGIC {
            return None;
        }
        let (device, inode) = self.itself.identity;
        Some(DirectoryId { path: self.name().ok()?.to_owned(), device, inode })
    }

    /// Syncs the names in the directory to its disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        if !self.readable {
            return sync_directory(&self.file);
        }
        match nix::unistd::fsync(&self.file) {
            // Some network filesystems do not support this.
            Ok(()) | Err(Errno::EINVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
