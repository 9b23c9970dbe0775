//! Access to the files and directories of control groups. Nothing is written to another
//! filesystem, even if a hierarchy was unmounted since it was found.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, mkdirat};
use nix::sys::statfs::{CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, fstatfs};
use nix::unistd::{UnlinkatFlags, unlinkat};

/// The largest file that is read: `cgroup.procs` with all processes that a kernel can have.
const MAX_SIZE: u64 = 64 << 20;

/// Opens a directory of a hierarchy.
pub(super) fn open_group(directory: &Path) -> io::Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let group = open(directory, flags, Mode::empty())?;
    let kind = fstatfs(&group)?.filesystem_type();
    if kind != CGROUP_SUPER_MAGIC && kind != CGROUP2_SUPER_MAGIC {
        return Err(io::Error::other("not a hierarchy of control groups; probe the machine again"));
    }
    Ok(group)
}

fn parts(path: &str) -> io::Result<(OwnedFd, &str)> {
    let (directory, name) = path.rsplit_once('/').ok_or(Errno::EINVAL)?;
    Ok((open_group(Path::new(directory))?, name))
}

/// Makes the directory of a group, if it does not exist. A new group of `cpuset` of version 1 gets
/// the processors and memory of the group above, without which it accepts no process.
pub(super) fn make(directory: &str) -> Result<(), String> {
    let made = parts(directory).and_then(|(above, name)| {
        match mkdirat(above.as_fd(), name, Mode::from_bits_truncate(0o755)) {
            Ok(()) => Ok(true),
            Err(Errno::EEXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    });
    let made = made.map_err(|error| format!("{directory}: {}", explain(&error)))?;
    let above = directory.rsplit_once('/').map_or("/", |(above, _)| above);
    if !made || read(&format!("{above}/cpuset.memory_pressure")).is_err() {
        return Ok(());
    }
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let (own, from) = (format!("{directory}/{file}"), format!("{above}/{file}"));
        if read(&own).is_ok_and(|text| text.trim().is_empty()) {
            let text = read(&from).map_err(|error| format!("{from}: {error}"))?;
            write(&own, text.trim())?;
        }
    }
    Ok(())
}

/// Removes the directory of a group; one that does not exist is not an error.
pub(super) fn remove(directory: &str) -> io::Result<()> {
    let (above, name) = match parts(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    match unlinkat(above.as_fd(), name, UnlinkatFlags::RemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Writes a text to a file of a group.
pub(super) fn write(file: &str, text: &str) -> Result<(), String> {
    try_write(file, text).map_err(|error| format!("{file}: {}", explain(&error)))
}

/// Writes a text to a file of a group, with the error of the kernel.
pub(super) fn try_write(file: &str, text: &str) -> io::Result<()> {
    let (directory, name) = parts(file)?;
    let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let file = openat(directory.as_fd(), name, flags, Mode::empty())?;
    // A write without bytes does not reach the kernel: an empty list is a newline.
    let text = if text.is_empty() { "\n" } else { text };
    File::from(file).write_all(text.as_bytes())
}

/// Reads a file of a group.
pub(super) fn read(file: &str) -> io::Result<String> {
    let (directory, name) = parts(file)?;
    read_in(&directory, name)
}

/// Reads a file in the directory of a group.
pub(super) fn read_in(directory: &OwnedFd, name: &str) -> io::Result<String> {
    let name = CString::new(name)?;
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let file = openat(directory.as_fd(), name.as_c_str(), flags, Mode::empty())?;
    let mut text = String::new();
    File::from(file).take(MAX_SIZE).read_to_string(&mut text)?;
    Ok(text)
}

/// Returns the error with its usual cause in a hierarchy of control groups.
pub(super) fn explain(error: &io::Error) -> String {
    let code = error.raw_os_error().map(Errno::from_raw);
    let cause = match code {
        Some(Errno::EBUSY) => {
            "the group has processes, or groups in it; move its processes to a group in it"
        }
        Some(Errno::ENOENT) => "the kernel or the group above does not provide it",
        Some(Errno::EROFS | Errno::EACCES | Errno::EPERM) => {
            "the hierarchy is not writable for this user; delegate the group, or run as root"
        }
        Some(Errno::EINVAL | Errno::ERANGE) => "the kernel does not accept the value",
        Some(Errno::ENOSPC) => "cpuset.cpus or cpuset.mems of the group is empty",
        Some(Errno::EOPNOTSUPP) => "the group is threaded, or cannot have processes of its own",
        Some(Errno::ESRCH) => "the process has ended",
        _ => return error.to_string(),
    };
    format!("{error}: {cause}")
}
