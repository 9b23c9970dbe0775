//! The kernel's list of mounts, read again only if it may have changed.
//!
//! Reading the list takes longer than writing a small file, and every path of a call requires it.
//! The kernel notifies readers of `/proc/self/mountinfo` when something is mounted or unmounted
//! (`POLLPRI`, proc(5)), but not when a directory above a mount point is renamed. The cache
//! therefore contains no paths, but only the numbers of mounts and filesystems, which do not
//! change.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::path::Path;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::stat;
use rustix::fs::{AtFlags, StatxFlags, statx};

use crate::machine::origin::{MountTable, is_kernel_filesystem};
use crate::machine::probe::parse_mountinfo;

const MOUNTINFO: &str = "/proc/self/mountinfo";

thread_local! {
    static CACHE: RefCell<Option<CachedMounts>> = const { RefCell::new(None) };
}

/// A cached list, and the open file that signals changes.
struct CachedMounts {
    file: File,
    /// The mount namespace of the list.
    namespace: (u64, u64),
    /// The IDs of mounts that are the only mount of their filesystem.
    mounted_once: HashSet<u64>,
    /// Filesystems by device number, each with its type if it belongs to the kernel.
    kernel: HashMap<String, Option<String>>,
}

/// Returns the current mounts, as visible to this process.
pub(crate) fn mount_table() -> io::Result<MountTable> {
    Ok(MountTable::new(parse_mountinfo(&std::fs::read(MOUNTINFO)?)))
}

/// Returns whether a directory and the entry `name` in it are on a filesystem that is mounted only
/// once: then no other path leads to it, and the path is the origin.
///
/// Also returns `false` if this cannot be determined without reading the list.
pub(super) fn is_mounted_once(directory: &impl AsFd, name: Option<&Path>) -> io::Result<bool> {
    let Some(mount) = mount_of(directory, Path::new(""), AtFlags::EMPTY_PATH)? else {
        return Ok(false);
    };
    if let Some(name) = name {
        match mount_of(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if found == Some(mount) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => return Ok(false),
        }
    }
    is_only_mount(mount)
}

/// Returns whether a mount is the only one of its filesystem.
pub(super) fn is_only_mount(id: u64) -> io::Result<bool> {
    with_list(|list| list.mounted_once.contains(&id))
}

/// Returns the type of the filesystem with this device number, such as `0:21`, if it belongs to the
/// kernel.
pub(super) fn kernel_type(number: &str) -> io::Result<Option<String>> {
    if let Some(known) = with_list(|list| list.kernel.get(number).cloned())? {
        return Ok(known);
    }
    // It may have been mounted just now.
    CACHE.set(None);
    with_list(|list| list.kernel.get(number).cloned().flatten())
}

/// Returns the ID of the mount that contains a file; `None` on kernels that do not report it
/// (before Linux 5.8).
fn mount_of(directory: &impl AsFd, name: &Path, flags: AtFlags) -> io::Result<Option<u64>> {
    let flags = flags | AtFlags::NO_AUTOMOUNT;
    let found = statx(directory, name, flags, StatxFlags::MNT_ID)?;
    let reported = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
    Ok(reported.then_some(found.stx_mnt_id))
}

fn with_list<T>(ask: impl FnOnce(&CachedMounts) -> T) -> io::Result<T> {
    CACHE.with_borrow_mut(|kept| {
        let namespace = stat("/proc/thread-self/ns/mnt")?;
        let namespace = (namespace.st_dev, namespace.st_ino);
        let list = match kept.take() {
            Some(list) if list.namespace == namespace => list.refreshed()?,
            _ => CachedMounts::open(namespace)?,
        };
        Ok(ask(kept.insert(list)))
    })
}

impl CachedMounts {
    fn open(namespace: (u64, u64)) -> io::Result<Self> {
        let (alone, kernel) = (HashSet::new(), HashMap::new());
        Self { file: File::open(MOUNTINFO)?, namespace, mounted_once: alone, kernel }.read()
    }

    /// Returns the same list, read again if the kernel has signalled a change.
    fn refreshed(self) -> io::Result<Self> {
        let mut asked = [PollFd::new(self.file.as_fd(), PollFlags::POLLPRI)];
        poll(&mut asked, PollTimeout::ZERO)?;
        let changed = PollFlags::POLLPRI | PollFlags::POLLERR | PollFlags::POLLNVAL;
        match asked[0].revents() {
            Some(events) if !events.intersects(changed) => Ok(self),
            _ => self.read(),
        }
    }

    fn read(mut self) -> io::Result<Self> {
        let mut bytes = Vec::new();
        self.file.rewind()?;
        self.file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut mounts: HashMap<&str, Vec<u64>> = HashMap::new();
        for line in text.lines() {
            let mut words = line.split(' ');
            let (Some(id), Some(number)) = (words.next(), words.nth(1)) else { continue };
            // A line that cannot be parsed counts as a second mount.
            mounts.entry(number).or_default().push(id.parse().unwrap_or_default());
        }
        let alone = mounts.values().filter_map(|ids| match ids[..] {
            [id] => Some(id),
            _ => None,
        });
        self.mounted_once = alone.collect();
        self.kernel.clear();
        for mount in parse_mountinfo(&bytes) {
            let own = is_kernel_filesystem(&mount.kind).then_some(mount.kind);
            self.kernel.entry(mount.number).or_insert(own);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_list_says_what_a_new_one_says() {
        for path in ["/", "/proc", "/proc/sys", "/dev", "/sys", "/tmp", "/run", "/dev/shm"] {
            let Ok(directory) = File::open(path) else { continue };
            let Ok(real) = std::fs::canonicalize(path) else { continue };
            for name in [None, Some(Path::new("none-of-that-name"))] {
                let whole = name.map_or_else(|| real.clone(), |name| real.join(name));
                let origin = mount_table().expect("a list").origin(&whole);
                if is_mounted_once(&directory, name).expect("an answer") {
                    assert_eq!(origin, whole);
                }
            }
        }
        let proc = File::open("/proc").expect("a directory");
        let number = nix::sys::stat::fstat(&proc).expect("its number").st_dev;
        let number = format!("{}:{}", nix::sys::stat::major(number), nix::sys::stat::minor(number));
        assert_eq!(kernel_type(&number).expect("an answer").as_deref(), Some("proc"));
        assert_eq!(kernel_type("9999:1").expect("an answer"), None);
    }
}
