//! Access to files, always relative to a root: the kernel resolves symlinks inside it (openat2(2),
//! `RESOLVE_IN_ROOT`), so that no link in a target leads to the running system. A file to be
//! changed is identified by the approved path; a symlink on that path would make it a different
//! file ([`super::reach`]).

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, open, openat, openat2, renameat};
use nix::sys::stat::{self, FchmodatFlags, SFlag};
use nix::unistd::{Gid, Uid, UnlinkatFlags, unlinkat};

use super::entry::FileEntry;
use super::lookups::{Lookups, OpenDirectory};
use super::reach::{
    missing, no_name, open_exactly, open_following, open_parent_exactly, open_reading,
    refuse_kernel,
};
use super::sync::{sync_directory, sync_inode};
use super::temporary::TempFile;
use crate::machine::files::{FileError, FileStatus};
use crate::system::real::{input::read_all, private, records::refuse_records};
use crate::types::{Mode, Place};

/// The maximum size of a file that is read as a whole. Build logs can have more than 100 MB.
const MAX_SIZE: u64 = 256 << 20;
/// The size of the pieces of larger files.
const PIECE_SIZE: usize = 256 << 10;

/// Opens a directory inside a root.
fn open_dir(root: &Path, path: &Path) -> io::Result<OwnedFd> {
    open_following(root, path, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
}

/// Reads a file in a directory or below it; returns `None` if it does not exist. A symlink that
/// leads out of the directory is an error.
pub(crate) fn read_below(directory: &Path, path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let dir = open(
        directory,
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        stat::Mode::empty(),
    )?;
    // O_NONBLOCK: opening a pipe must not block.
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let below = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    let refuse = |why: String| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    match openat2(dir, path, OpenHow::new().flags(flags).resolve(below)) {
        Ok(file) => read_all(File::from(file), most).map(Some),
        Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(None),
        Err(Errno::EXDEV) => refuse("it leads out of the directory".into()),
        Err(error) => Err(error.into()),
    }
}

/// Opens the directory that contains a place; returns it with the name of the place in it.
fn parent_of(place: &Place) -> io::Result<(OwnedFd, PathBuf)> {
    let name = place.path.file_name().ok_or_else(no_name)?;
    let parent = place.parent();
    let dir = open_dir(&place.root, &parent.path).map_err(|error| missing(&parent, error))?;
    Ok((dir, PathBuf::from(name)))
}

/// Returns the status of a file that is to be replaced, if it exists; a device node is an error.
fn replaceable(dir: &impl AsFd, name: &Path) -> io::Result<Option<FileEntry>> {
    let old = FileEntry::at(dir, name)?;
    if !matches!(old.map(|old| old.kind()), Some(SFlag::S_IFBLK | SFlag::S_IFCHR)) {
        return Ok(old);
    }
    let text = format!("{} is a device node, which file actions never change", name.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

pub(crate) fn look(place: &Place, lookups: &Lookups) -> Result<FileStatus, FileError> {
    if let Some(status) = lookups.status_of_open(place) {
        return Ok(status);
    }
    let found = match lookups.parent(place) {
        Some((dir, name)) => dir.status(name),
        None => try_look(place),
    };
    found.map_err(|error| file_error(place, &error))
}

fn file_error(place: &Place, error: &io::Error) -> FileError {
    FileError { place: place.clone(), cause: error.to_string() }
}

fn try_look(place: &Place) -> io::Result<FileStatus> {
    let (dir, name) = match place.path.file_name() {
        None => (open_dir(&place.root, Path::new("/"))?, PathBuf::from(".")),
        Some(_) => match parent_of(place) {
            Ok(parent) => parent,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(FileStatus::Missing);
            }
            Err(error) => return Err(error),
        },
    };
    refuse_records(&dir)?;
    match FileEntry::at(&dir, &name)? {
        None => Ok(FileStatus::Missing),
        Some(found) => found.status(&dir, &name),
    }
}

/// Returns whether a directory is empty.
pub(crate) fn is_empty(place: &Place) -> Result<bool, FileError> {
    names(place).map(|names| names.is_empty())
}

/// Returns the names in a directory, sorted.
pub(crate) fn names(place: &Place) -> Result<Vec<String>, FileError> {
    let list = || -> io::Result<Vec<String>> {
        let fd = open_following(&place.root, &place.path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        let mut entries = nix::dir::Dir::from_fd(fd)?;
        let mut names = Vec::new();
        for entry in entries.iter() {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    };
    list().map_err(|error| file_error(place, &error))
}

pub(crate) fn read(place: &Place, lookups: &Lookups) -> Result<Vec<u8>, FileError> {
    let bytes = first_bytes(place, MAX_SIZE + 1, lookups)?;
    if bytes.len() as u64 > MAX_SIZE {
        let cause = format!("larger than {} MiB", MAX_SIZE >> 20);
        return Err(FileError { place: place.clone(), cause });
    }
    Ok(bytes)
}

/// Reads the beginning of a regular file, at most `len` bytes.
pub(crate) fn first_bytes(
    place: &Place,
    len: u64,
    lookups: &Lookups,
) -> Result<Vec<u8>, FileError> {
    let read = || -> io::Result<Vec<u8>> {
        let (file, size) = open_readable(place, lookups)?;
        // At least one byte more, so that the end is found without allocating again.
        let expected = usize::try_from(size.saturating_add(1).min(len)).unwrap_or_default();
        let mut bytes = Vec::with_capacity(expected);
        let read = rustix::io::retry_on_intr(|| {
            rustix::io::read(&file, rustix::buffer::spare_capacity(&mut bytes))
        })?;
        // Only the end of a regular file is a reason to return less than was asked for.
        if read < expected && read as u64 == size {
            return Ok(bytes);
        }
        file.take(len - read as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| file_error(place, &error))
}

/// Passes a regular file of any size on piece by piece.
pub(crate) fn read_pieces(
    place: &Place,
    each: &mut dyn FnMut(&[u8]),
    lookups: &Lookups,
) -> Result<(), FileError> {
    let mut read = || -> io::Result<()> {
        let (mut file, _) = open_readable(place, lookups)?;
        let mut piece = vec![0; PIECE_SIZE];
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(count) => each(&piece[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    read().map_err(|error| file_error(place, &error))
}

/// Opens a regular file that recipes may read; returns it with its size.
fn open_readable(place: &Place, lookups: &Lookups) -> io::Result<(File, u64)> {
    let opened = match lookups.parent(place) {
        Some((dir, name)) => dir.open_regular(name)?,
        None => None,
    };
    let is_checked = opened.is_some();
    let file = match opened {
        Some(file) => file,
        None => open_reading(&place.root, &place.path)?,
    };
    let meta = file.metadata()?;
    private::refuse(&meta)?;
    if !is_checked {
        refuse_records(&file)?;
    }
    if !meta.is_file() {
        let text = "not a regular file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    Ok((file, meta.len()))
}

/// Replaces a file atomically. `planned` is the directory that contains it, if it is open.
pub(crate) fn replace(
    place: &Place,
    bytes: &[u8],
    mode: Option<Mode>,
    planned: Option<Rc<OpenDirectory>>,
) -> io::Result<()> {
    let name = place.path.file_name().map(Path::new).ok_or_else(no_name)?;
    let dir = match planned {
        Some(dir) => {
            dir.refuse_kernel()?;
            dir
        }
        None => Rc::new(OpenDirectory::of_path(open_parent_exactly(place)?.0)?),
    };
    let old = replaceable(&*dir, name)?;
    let fresh = TempFile::create(dir, name)?;
    fresh.file().write_all(bytes)?;
    fresh.set_attributes(old.as_ref(), mode)?;
    fresh.publish(name)
}

/// Copies a regular file; a symlink at the source is followed inside its root.
pub(crate) fn copy(from: &Place, to: &Place, mode: Option<Mode>) -> io::Result<()> {
    let mut source = open_reading(&from.root, &from.path)?;
    let meta = source.metadata()?;
    private::refuse(&meta)?;
    refuse_records(&source)?;
    if !meta.is_file() {
        let text = format!("{from} is not a regular file");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let (dir, name) = open_parent_exactly(to)?;
    let old = replaceable(&dir, &name)?;
    let fresh = TempFile::create(Rc::new(OpenDirectory::of_path(dir)?), &name)?;
    io::copy(&mut source, &mut fresh.file())?;
    let mode = mode.unwrap_or_else(|| Mode::new(std::os::unix::fs::MetadataExt::mode(&meta)));
    fresh.set_attributes(old.as_ref(), Some(mode))?;
    fresh.publish(&name)
}

/// Creates a directory and its missing parents, as `mkdir -p` does.
pub(crate) fn make_dir(place: &Place, mode: Mode) -> io::Result<()> {
    let mut above: Vec<&Path> = place.path.ancestors().collect();
    above.reverse();
    for path in above.iter().skip(1) {
        let step = Place { root: place.root.clone(), path: (*path).to_owned() };
        let (dir, name) = open_parent_exactly(&step)?;
        let bits = if *path == place.path { mode.bits() } else { 0o755 };
        match stat::mkdirat(&dir, &name, stat::Mode::from_bits_truncate(bits)) {
            // The umask of the process must not restrict the requested mode.
            Ok(()) => {
                stat::fchmodat(
                    &dir,
                    &name,
                    stat::Mode::from_bits_truncate(bits),
                    FchmodatFlags::FollowSymlink,
                )?;
                sync_directory(&dir)?;
            }
            Err(nix::errno::Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Only opening the path as a directory detects that it is not one.
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    open_exactly(place, flags).map(drop)
}

/// Creates a symlink; replaces a file or symlink, but never a directory.
pub(crate) fn link(place: &Place, to: &str) -> io::Result<()> {
    let (dir, name) = open_parent_exactly(place)?;
    replaceable(&dir, &name)?;
    let mut temporary = name.clone().into_os_string();
    temporary.push(format!(".gscript-{}", std::process::id()));
    nix::unistd::symlinkat(to, &dir, Path::new(&temporary))?;
    let renamed = renameat(&dir, Path::new(&temporary), &dir, &name);
    if renamed.is_err() {
        let _ = unlinkat(&dir, Path::new(&temporary), UnlinkatFlags::NoRemoveDir);
    }
    renamed?;
    sync_directory(&dir)
}

/// Removes a file, a symlink or an empty directory, never anything recursively.
pub(crate) fn remove(place: &Place) -> io::Result<()> {
    let (dir, name) = open_parent_exactly(place)?;
    match replaceable(&dir, &name)? {
        None => Ok(()),
        Some(found) => {
            let flag = match found.kind() == SFlag::S_IFDIR {
                true => UnlinkatFlags::RemoveDir,
                false => UnlinkatFlags::NoRemoveDir,
            };
            unlinkat(&dir, &name, flag)?;
            sync_directory(&dir)
        }
    }
}

pub(crate) fn chmod(place: &Place, mode: Mode) -> io::Result<()> {
    let (dir, name) = match place.path.file_name() {
        Some(_) => open_parent_exactly(place)?,
        None => (open_exactly(place, OFlag::O_PATH | OFlag::O_CLOEXEC)?, PathBuf::from(".")),
    };
    let found = replaceable(&dir, &name)?.ok_or(Errno::ENOENT)?;
    if !matches!(found.kind(), SFlag::S_IFREG | SFlag::S_IFDIR) {
        let text = format!("{place} is neither a file nor a directory");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
    let file = openat(&dir, &name, flags, stat::Mode::empty())?;
    refuse_kernel(&file)?;
    stat::fchmod(&file, stat::Mode::from_bits_truncate(mode.bits()))?;
    File::from(file).sync_all()
}

pub(crate) fn chown(place: &Place, uid: u32, gid: u32) -> io::Result<()> {
    let (dir, name) = open_parent_exactly(place)?;
    replaceable(&dir, &name)?;
    let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
    nix::unistd::fchownat(&dir, &name, uid, gid, AtFlags::AT_SYMLINK_NOFOLLOW)?;
    sync_inode(&dir, &name)
}
