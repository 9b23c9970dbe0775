//! Protection of the running system inside a target. Links in a target cannot leave it, but for a
//! chroot, the running system is mounted inside it: `/proc`, `/sys`, `/dev` and `/run`. A change
//! through a link to such a place is an error; a change through an explicit path is intended.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::{self, fstat, major, minor};

use crate::machine::is_below;
use crate::machine::probe::parse_mountinfo;
use crate::system::LINK_REMEDY;

/// The types of `/proc`, `/sys`, `/dev`, `/run` and of the filesystems that are mounted in them.
const IN_MEMORY: [&str; 8] =
    ["cgroup2", "devpts", "devtmpfs", "efivarfs", "proc", "ramfs", "sysfs", "tmpfs"];

/// Returns an error if a directory that was reached inside a root, by this path, belongs to the
/// running system.
///
/// It does if its filesystem exists only in the kernel and is also mounted outside of the root; a
/// filesystem on a device may legitimately be mounted twice.
pub(crate) fn refuse_running_system(
    root: &Path,
    name: &Path,
    directory: &impl AsFd,
) -> io::Result<()> {
    if root == Path::new("/") {
        return Ok(());
    }
    let found = fstat(directory)?.st_dev;
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    if fstat(open(root, flags, stat::Mode::empty())?)?.st_dev == found {
        return Ok(());
    }
    let number = format!("{}:{}", major(found), minor(found));
    let root = root.to_string_lossy();
    let mounts = parse_mountinfo(&std::fs::read("/proc/self/mountinfo")?);
    let name = name.to_string_lossy();
    let named = mounts.iter().filter(|mount| is_below(&name, &mount.at));
    if named.max_by_key(|mount| mount.at.len()).is_some_and(|mount| mount.number == number) {
        return Ok(());
    }
    let outside = mounts.iter().find(|mount| {
        mount.number == number
            && IN_MEMORY.contains(&mount.kind.as_str())
            && !is_below(&mount.at, &root)
    });
    match outside {
        None => Ok(()),
        Some(mount) => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "a link in {root} leads to {}, which belongs to the running system: {LINK_REMEDY}",
                mount.at
            ),
        )),
    }
}
