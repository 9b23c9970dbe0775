//! Path resolution, and opening a path only while it leads to the planned location.
//!
//! A run is approved for canonical paths, which have no symlinks. Such a path is opened with
//! symlinks disallowed (openat2(2), `RESOLVE_NO_SYMLINKS`), and all further operations are relative
//! to the open directory, so that nothing can be replaced in between.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::{self, SFlag, fstat, lstat, major, minor};
use nix::sys::statfs::{
    BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, FsType, MSDOS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC,
    PROC_SUPER_MAGIC, SYSFS_MAGIC, XFS_SUPER_MAGIC, fstatfs,
};

use super::mount_list::{is_mounted_once, kernel_type, mount_table};
use super::outside::refuse_running_system;
use crate::machine::files::{DirectoryId, ResolvedPath};
use crate::machine::origin::kernel_directory;
use crate::types::Place;

const DIRECTORY: OFlag = OFlag::O_PATH.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);

/// Opens a path inside a root. Follows symlinks, except those of procfs to files of other
/// processes.
pub(crate) fn open_following(root: &Path, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
    if is_own_root(root) && path.is_absolute() {
        return open_here(path, flags);
    }
    open_from(&open(root, DIRECTORY, stat::Mode::empty())?, path, flags)
}

/// Does the same, and returns the path of the root without symlinks.
pub(super) fn open_inside(
    root: &Path,
    path: &Path,
    flags: OFlag,
) -> io::Result<(OwnedFd, PathBuf)> {
    if is_own_root(root) && path.is_absolute() {
        return Ok((open_here(path, flags)?, root.to_owned()));
    }
    let root = open(root, DIRECTORY, stat::Mode::empty())?;
    Ok((open_from(&root, path, flags)?, name_of(&root)?))
}

fn open_here(path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
    let links = ResolveFlag::RESOLVE_NO_MAGICLINKS;
    Ok(openat2(AT_FDCWD, path, OpenHow::new().flags(flags).resolve(links))?)
}

fn open_from(root: &OwnedFd, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
    let inside = ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    Ok(openat2(root, path, OpenHow::new().flags(flags).resolve(inside))?)
}

/// Returns whether a root is that of this process: the kernel resolves absolute paths in it, so that
/// it need not be opened.
pub(super) fn is_own_root(root: &Path) -> bool {
    root == Path::new("/")
}

/// Opens a file inside a root to read it, following symlinks. Opening a pipe does not block.
pub(crate) fn open_reading(root: &Path, path: &Path) -> io::Result<File> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    Ok(File::from(open_following(root, path, flags)?))
}

/// Opens a directory by a path in which no component is a symlink.
pub(crate) fn open_root(root: &Path) -> io::Result<OwnedFd> {
    let how = OpenHow::new().flags(DIRECTORY).resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
    let slash = open("/", DIRECTORY, stat::Mode::empty())?;
    openat2(slash, root, how).map_err(|error| replaced_error(root, error))
}

/// Opens a path inside a root in which no component is a symlink.
pub(crate) fn open_exactly(place: &Place, flags: OFlag) -> io::Result<OwnedFd> {
    let links = ResolveFlag::RESOLVE_NO_SYMLINKS;
    let opened = if is_own_root(&place.root) && place.path.is_absolute() {
        openat2(AT_FDCWD, &place.path, OpenHow::new().flags(flags).resolve(links))
    } else {
        let root = open_root(&place.root)?;
        let inside = ResolveFlag::RESOLVE_IN_ROOT | links;
        openat2(root, &place.path, OpenHow::new().flags(flags).resolve(inside))
    };
    opened.map_err(|error| replaced_error(&place.outside(), error))
}

/// Opens the directory that contains a place which is to be changed; returns it with the name of the
/// place in it. Its path must have no symlinks, and it must not be on a filesystem of the running
/// system or of the kernel.
pub(crate) fn open_parent_exactly(place: &Place) -> io::Result<(OwnedFd, PathBuf)> {
    let name = place.path.file_name().ok_or_else(no_name)?;
    let parent = place.parent();
    let dir = open_exactly(&parent, DIRECTORY).map_err(|error| missing(&parent, error))?;
    refuse_running_system(&place.root, &parent.outside(), &dir)?;
    refuse_kernel(&dir)?;
    Ok((dir, PathBuf::from(name)))
}

pub(super) fn no_name() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the root itself cannot be replaced")
}

pub(super) fn missing(parent: &Place, error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        let text = format!("the directory {parent} does not exist");
        return io::Error::new(io::ErrorKind::NotFound, text);
    }
    error
}

/// Returns the error for a symlink that did not exist when the plan was made.
fn replaced_error(path: &Path, error: Errno) -> io::Error {
    if error != Errno::ELOOP {
        return error.into();
    }
    let now = std::fs::canonicalize(path)
        .map_or_else(|error| format!("nowhere ({error})"), |now| now.display().to_string());
    let text = format!(
        "{} is not the planned location: a symbolic link on its path leads to {now}",
        path.display()
    );
    io::Error::new(io::ErrorKind::PermissionDenied, text)
}

/// Returns the path of an open file, without symlinks.
pub(crate) fn name_of(file: &impl AsRawFd) -> io::Result<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Resolves a place. Names below the deepest existing directory are kept unchanged.
pub(crate) fn reach(place: &Place, follow: bool) -> io::Result<ResolvedPath> {
    let Ok(root) = open(&place.root, DIRECTORY, stat::Mode::empty()) else {
        return Ok(ResolvedPath { place: place.clone(), origin: place.outside(), kernel: None });
    };
    let top = name_of(&root)?;
    let name = place.path.file_name().filter(|_| !follow);
    let walked = match name {
        Some(_) => place.path.parent().unwrap_or(Path::new("/")),
        None => &place.path,
    };
    let (directory, rest) = open_deepest(&root, walked)?;
    let rest_is_empty = rest.as_os_str().is_empty();
    let found = name_of(&directory)?;
    let inside = match found.strip_prefix(&top) {
        Ok(inside) => Path::new("/").join(inside).join(rest),
        Err(_) => return Err(io::Error::other(format!("{} is being moved", found.display()))),
    };
    let path = name.map_or_else(|| inside.clone(), |name| inside.join(name));
    let real = Place { root: top, path: path.components().collect() };
    let outside = real.outside();
    let kernel = kernel_filesystem(&directory, fstatfs(&directory)?.filesystem_type())?;
    // A file that does not exist is not a mount point.
    let name = name.filter(|_| rest_is_empty);
    let origin = match is_mounted_once(&directory, name.map(Path::new))? {
        true => outside,
        false => mount_table()?.origin(&outside),
    };
    Ok(ResolvedPath { origin, kernel, place: real })
}

/// Opens the deepest existing directory or file on a path; returns it with the missing names below
/// it.
fn open_deepest(root: &OwnedFd, path: &Path) -> io::Result<(OwnedFd, PathBuf)> {
    let inside = ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC).resolve(inside);
    for top in path.ancestors() {
        match openat2(root, top, how) {
            Ok(found) => {
                return Ok((found, path.strip_prefix(top).unwrap_or(Path::new("")).to_owned()));
            }
            Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::ENOENT.into())
}

/// Returns the deepest existing directory on a path; `None` on an overlay filesystem, which may
/// assign new inode numbers to directories when it copies them up.
pub(crate) fn anchor(path: &Path) -> Option<DirectoryId> {
    let slash = open("/", DIRECTORY, stat::Mode::empty()).ok()?;
    let (found, _) = open_deepest(&slash, path).ok()?;
    let stat = fstat(&found).ok()?;
    let directory = SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR;
    let overlay = fstatfs(&found).ok()?.filesystem_type() == OVERLAYFS_SUPER_MAGIC;
    if !directory || overlay {
        return None;
    }
    Some(DirectoryId { path: name_of(&found).ok()?, device: stat.st_dev, inode: stat.st_ino })
}

/// Returns an error for a directory or file on a filesystem of the kernel, regardless of its path.
pub(crate) fn refuse_kernel(file: &(impl AsFd + AsRawFd)) -> io::Result<()> {
    let Some(kind) = kernel_filesystem(file, fstatfs(file)?.filesystem_type())? else {
        return Ok(());
    };
    let name = name_of(file)?;
    let text = format!("{} is in {kind}, which belongs to the kernel", name.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

/// Common filesystems, for which the list of mounts need not be consulted.
const ON_DISK: [FsType; 4] =
    [EXT4_SUPER_MAGIC, BTRFS_SUPER_MAGIC, XFS_SUPER_MAGIC, MSDOS_SUPER_MAGIC];

/// Returns the type of the kernel filesystem that contains an open file, if there is one; `kind` is
/// what statfs(2) reports.
pub(super) fn kernel_filesystem(
    file: &(impl AsFd + AsRawFd),
    kind: FsType,
) -> io::Result<Option<String>> {
    if ON_DISK.contains(&kind) {
        return Ok(None);
    }
    match kind {
        PROC_SUPER_MAGIC => return Ok(Some("proc".into())),
        SYSFS_MAGIC => return Ok(Some("sysfs".into())),
        _ => {}
    }
    let number = fstat(file)?.st_dev;
    // In a container, /dev is a tmpfs.
    let (dev, root) = (lstat("/dev").map(|found| found.st_dev), lstat("/")?.st_dev);
    if dev.is_ok_and(|dev| dev == number && dev != root) {
        return Ok(Some("devtmpfs".into()));
    }
    let number = format!("{}:{}", major(number), minor(number));
    let below = || name_of(file).ok().and_then(|name| kernel_directory(&name).map(str::to_owned));
    Ok(kernel_type(&number)?.or_else(below))
}

/// Returns whether an open directory is the root of the running system, regardless of its path.
pub(crate) fn is_running_root(directory: &impl AsFd) -> io::Result<bool> {
    let (here, found) = (stat::stat("/")?, fstat(directory)?);
    Ok((here.st_dev, here.st_ino) == (found.st_dev, found.st_ino))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::system::real::files::access as files;
    use crate::types::Mode;

    struct TestDirectory {
        directory: tempfile::TempDir,
    }

    impl TestDirectory {
        fn new() -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            for name in ["in", "out"] {
                fs::create_dir(directory.path().join(name)).expect("a directory");
            }
            fs::write(directory.path().join("out/victim"), "mine").expect("a file");
            symlink("../out", directory.path().join("in/l")).expect("a link");
            symlink("../out/victim", directory.path().join("in/f")).expect("a link");
            Self { directory }
        }

        fn at(&self, path: &str) -> Place {
            Place::here(self.path(path))
        }

        fn path(&self, path: &str) -> PathBuf {
            // The path of the temporary directory itself may contain a symlink.
            fs::canonicalize(self.directory.path()).expect("a directory").join(path)
        }
    }

    #[test]
    fn links_are_followed_once_and_then_never() {
        let bed = TestDirectory::new();
        for (path, follow, real) in [
            ("in/l/victim", false, "out/victim"),
            ("in/l/new/deep", false, "out/new/deep"),
            ("in/l", false, "in/l"),
            ("in/l", true, "out"),
            ("in/f", true, "out/victim"),
            ("in/f", false, "in/f"),
        ] {
            let reach = reach(&bed.at(path), follow).expect(path);
            assert_eq!(reach.place, bed.at(real), "{path}");
        }
    }

    #[test]
    fn no_change_goes_through_a_link() {
        let bed = TestDirectory::new();
        let mode = Mode::new(0o777);
        let through = [
            files::replace(&bed.at("in/l/victim"), b"evil", None, None),
            files::make_dir(&bed.at("in/l/new"), mode),
            files::link(&bed.at("in/l/new"), "/etc/passwd"),
            files::remove(&bed.at("in/l/victim")),
            files::chmod(&bed.at("in/l/victim"), mode),
            files::chown(&bed.at("in/l/victim"), 1, 1),
            files::copy(&bed.at("out/victim"), &bed.at("in/l/new"), None),
            crate::system::real::files::key::make_key(&bed.at("in/l/key"), 32),
            crate::system::real::files::key::make_image(&bed.at("in/l/image"), 4096),
            files::chmod(&bed.at("in/f"), mode),
        ];
        for (number, result) in through.into_iter().enumerate() {
            assert!(result.is_err(), "attempt {number}");
        }
        let named = files::remove(&bed.at("in/l/victim")).expect_err("a symlink is on the path");
        let text = named.to_string();
        assert!(text.contains("in/l is not the planned location"), "{text}");
        assert!(text.ends_with(&bed.path("out").display().to_string()), "{text}");
        assert_eq!(fs::read(bed.path("out/victim")).expect("a file"), b"mine");
        assert_eq!(fs::read_dir(bed.path("out")).expect("a directory").count(), 1);
    }

    #[test]
    fn a_root_that_became_a_link_is_refused() {
        let bed = TestDirectory::new();
        let inside = Place { root: bed.path("in/l"), path: "/victim".into() };
        assert!(files::replace(&inside, b"evil", None, None).is_err());
        assert!(open_root(&bed.path("in/l")).is_err());
        assert!(!is_running_root(&open_root(&bed.path("out")).expect("one")).expect("it is known"));
        assert!(is_running_root(&open_root(Path::new("/")).expect("one")).expect("it is known"));
    }

    #[test]
    fn the_kernels_own_filesystems_are_known_by_what_they_are() {
        for (path, own) in
            [("/proc/self", true), ("/sys/kernel", true), ("/dev", true), ("/etc", false)]
        {
            let reach = reach(&Place::here(path), true).expect(path);
            assert_eq!(reach.kernel.is_some(), own, "{path}");
        }
        let bed = TestDirectory::new();
        symlink("/proc/self", bed.path("in/p")).expect("a link");
        let kernel = reach(&bed.at("in/p/environ"), false).expect("a place").kernel;
        assert_eq!(kernel.as_deref(), Some("proc"));
        assert!(reach(&Place::here("/proc/self/root/etc"), false).is_err());
        assert!(reach(&Place::here("/proc/self/cwd"), true).is_err());
        assert!(files::replace(&Place::here("/dev/null"), b"", None, None).is_err());
        assert!(files::remove(&Place::here("/proc/sys/kernel/hostname")).is_err());
    }

    #[test]
    fn a_replaced_directory_has_another_inode() {
        let bed = TestDirectory::new();
        let then = anchor(&bed.path("out/new/file"));
        fs::rename(bed.path("out"), bed.path("moved")).expect("a name");
        fs::create_dir(bed.path("out")).expect("a directory");
        let now = anchor(&bed.path("out/new/file"));
        // Overlay filesystems may assign any inode numbers.
        if let (Some(then), Some(now)) = (then, now) {
            assert_eq!(then.path, now.path);
            assert_ne!(then, now);
        }
    }
}
