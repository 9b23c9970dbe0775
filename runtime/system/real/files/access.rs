//! Access to files, always relative to a root: the kernel resolves symlinks inside it (openat2(2),
//! `RESOLVE_IN_ROOT`), so that no link in a target leads to the running system. A file to be
//! changed is identified by the approved path; a symlink on that path would make it a different
//! file ([`super::reach`]).

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{
    AtFlags, OFlag, OpenHow, ResolveFlag, open, openat, openat2, readlinkat, renameat,
};
use nix::sys::stat::{self, FchmodatFlags, FileStat, SFlag};
use nix::sys::statfs::{BTRFS_SUPER_MAGIC, PROC_SUPER_MAGIC, fstatfs};
use nix::unistd::{Gid, Uid, UnlinkatFlags, unlinkat};

use super::outside::refuse_running_system;
use super::reach::{open_exactly, open_following, open_reading, refuse_device, refuse_kernel};
use super::sync::{sync_directory, sync_inode};
use crate::machine::files::{FileError, FileStatus};
use crate::system::real::{input::read_all, private, records::refuse_records};
use crate::types::{Mode, Place};

/// The maximum size of a file that is read as a whole. `/var/log/emerge.log` is never shortened, and
/// has more than 100 MB after some years.
const MAX_SIZE: u64 = 256 << 20;

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

/// Does the same for a place that is to be changed: its path must have no symlinks, and it must not
/// be on a filesystem of the running system or of the kernel.
pub(crate) fn open_parent_exactly(place: &Place) -> io::Result<(OwnedFd, PathBuf)> {
    let name = place.path.file_name().ok_or_else(no_name)?;
    let parent = place.parent();
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let dir = open_exactly(&parent, flags).map_err(|error| missing(&parent, error))?;
    refuse_running_system(&place.root, &parent.outside(), &dir)?;
    refuse_kernel(&dir)?;
    Ok((dir, PathBuf::from(name)))
}

fn no_name() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the root itself cannot be replaced")
}

fn missing(parent: &Place, error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        let text = format!("the directory {parent} does not exist");
        return io::Error::new(io::ErrorKind::NotFound, text);
    }
    error
}

/// Returns the status of a file that is to be replaced, if it exists; a device node is an error.
fn replaceable(dir: &OwnedFd, name: &Path) -> io::Result<Option<FileStat>> {
    let old = stat_at(dir, name)?;
    refuse_device(name, old.as_ref())?;
    Ok(old)
}

fn stat_at(dir: &impl AsFd, name: &Path) -> io::Result<Option<FileStat>> {
    match stat::fstatat(dir, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::ENOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn kind(found: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT
}

pub(crate) fn look(place: &Place) -> Result<FileStatus, FileError> {
    try_look(place).map_err(|error| file_error(place, &error))
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
    let Some(found) = stat_at(&dir, &name)? else { return Ok(FileStatus::Missing) };
    let mode = Mode::new(found.st_mode);
    let (uid, gid) = (found.st_uid, found.st_gid);
    Ok(match kind(&found) {
        SFlag::S_IFREG => {
            FileStatus::File { mode, len: u64::try_from(found.st_size).unwrap_or(0), uid, gid }
        }
        SFlag::S_IFDIR => {
            // The top directories of all btrfs subvolumes have the same inode number.
            let subvolume = found.st_ino == 256
                && fstatfs(&dir).is_ok_and(|fs| fs.filesystem_type() == BTRFS_SUPER_MAGIC);
            FileStatus::Dir { mode, uid, gid, subvolume }
        }
        // A magic link of procfs, whose text does not determine where it leads.
        SFlag::S_IFLNK if is_magic(&dir, &name) => FileStatus::Other,
        SFlag::S_IFLNK => FileStatus::Link { to: readlinkat(&dir, &name)?.into() },
        _ => FileStatus::Other,
    })
}

fn is_magic(dir: &OwnedFd, name: &Path) -> bool {
    let procfs = fstatfs(dir).is_ok_and(|fs| fs.filesystem_type() == PROC_SUPER_MAGIC);
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_MAGICLINKS);
    procfs && matches!(openat2(dir, name, how), Err(Errno::ELOOP))
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

pub(crate) fn read(place: &Place) -> Result<Vec<u8>, FileError> {
    let bytes = first_bytes(place, MAX_SIZE + 1)?;
    if bytes.len() as u64 > MAX_SIZE {
        let cause = format!("larger than {} MiB", MAX_SIZE >> 20);
        return Err(FileError { place: place.clone(), cause });
    }
    Ok(bytes)
}

/// Reads the beginning of a regular file, at most `len` bytes.
pub(crate) fn first_bytes(place: &Place, len: u64) -> Result<Vec<u8>, FileError> {
    let read = || -> io::Result<Vec<u8>> {
        let file = open_reading(&place.root, &place.path)?;
        private::refuse(&file)?;
        refuse_records(&file)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            let text = "not a regular file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        // At least one byte more, so that the end is found without allocating again.
        let expected = usize::try_from(meta.len().saturating_add(1).min(len)).unwrap_or_default();
        let mut bytes = Vec::with_capacity(expected);
        file.take(len).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| file_error(place, &error))
}

/// Replaces a file atomically.
pub(crate) fn replace(place: &Place, bytes: &[u8], mode: Option<Mode>) -> io::Result<()> {
    let (dir, name) = open_parent_exactly(place)?;
    let old = replaceable(&dir, &name)?;
    let fresh = TempFile::create(dir, &name)?;
    (&fresh.file).write_all(bytes)?;
    fresh.set_attributes(old.as_ref(), mode)?;
    fresh.publish(&name)
}

/// Copies a regular file; a symlink at the source is followed inside its root.
pub(crate) fn copy(from: &Place, to: &Place, mode: Option<Mode>) -> io::Result<()> {
    let mut source = open_reading(&from.root, &from.path)?;
    private::refuse(&source)?;
    refuse_records(&source)?;
    let meta = source.metadata()?;
    if !meta.is_file() {
        let text = format!("{from} is not a regular file");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let (dir, name) = open_parent_exactly(to)?;
    let old = replaceable(&dir, &name)?;
    let fresh = TempFile::create(dir, &name)?;
    io::copy(&mut source, &mut &fresh.file)?;
    let mode = mode.unwrap_or_else(|| Mode::new(std::os::unix::fs::MetadataExt::mode(&meta)));
    fresh.set_attributes(old.as_ref(), Some(mode))?;
    fresh.publish(&name)
}

/// A temporary file next to its final path; it is removed on drop unless it was published.
struct TempFile {
    dir: OwnedFd,
    name: PathBuf,
    file: File,
    done: bool,
}

impl TempFile {
    fn create(dir: OwnedFd, beside: &Path) -> io::Result<Self> {
        for attempt in 0.. {
            let name = PathBuf::from(format!(
                ".{}.gscript-{}-{attempt}",
                beside.to_string_lossy(),
                std::process::id()
            ));
            let flags = OFlag::O_WRONLY
                | OFlag::O_CREAT
                | OFlag::O_EXCL
                | OFlag::O_NOFOLLOW
                | OFlag::O_CLOEXEC;
            match openat(&dir, &name, flags, stat::Mode::from_bits_truncate(0o600)) {
                Ok(fd) => return Ok(Self { dir, name, file: File::from(fd), done: false }),
                Err(nix::errno::Errno::EEXIST) if attempt < 100 => {}
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Sets the owner of the replaced file, and its mode unless another one is requested.
    fn set_attributes(&self, old: Option<&FileStat>, mode: Option<Mode>) -> io::Result<()> {
        let old = old.filter(|old| kind(old) == SFlag::S_IFREG);
        if let Some(old) = old {
            let (uid, gid) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
            let own = uid == nix::unistd::geteuid() && gid == nix::unistd::getegid();
            if !own {
                nix::unistd::fchown(&self.file, Some(uid), Some(gid))?;
            }
        }
        let bits = mode.map(Mode::bits).or(old.map(|old| old.st_mode & 0o7777)).unwrap_or(0o644);
        stat::fchmod(&self.file, stat::Mode::from_bits_truncate(bits))?;
        Ok(())
    }

    fn publish(mut self, name: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        renameat(&self.dir, &self.name, &self.dir, name)?;
        self.done = true;
        // FAT stores the length under the new name only when the file itself is synced again.
        self.file.sync_all()?;
        sync_directory(&self.dir)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.done {
            // If the removal fails, nothing else can be done.
            let _ = unlinkat(&self.dir, &self.name, UnlinkatFlags::NoRemoveDir);
        }
    }
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
            let flag = match kind(&found) == SFlag::S_IFDIR {
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
    if !matches!(kind(&found), SFlag::S_IFREG | SFlag::S_IFDIR) {
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
