//! Links in a target can't leave it, but the running system is mounted inside it: `/proc`, `/sys`, `/dev`
//! and `/run`, as a chroot needs them. What a link leads to there is not the target's to change; who names a
//! path there means it.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::{self, fstat, major, minor};

use crate::machine::is_below;
use crate::machine::probe::parse_mountinfo;
use crate::system::OWN_IT;

/// What `/proc`, `/sys`, `/dev`, `/run` and what is mounted in them are.
const IN_MEMORY: [&str; 8] =
    ["cgroup2", "devpts", "devtmpfs", "efivarfs", "proc", "ramfs", "sysfs", "tmpfs"];

/// Refuses a directory that was reached inside a root, under this name, and is the running system's own.
///
/// A filesystem that lives in the kernel only and is also mounted outside the root is; one on a device may
/// well be mounted at two places.
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
                "a link in {root} leads to {}, which belongs to the running system: {OWN_IT}",
                mount.at
            ),
        )),
    }
}
