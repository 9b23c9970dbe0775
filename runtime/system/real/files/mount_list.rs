//! The kernel's list of mounts, read again only where it may have changed.
//!
//! Reading it takes longer than writing a small file, and every path of a call asks it. The kernel tells each
//! reader of `/proc/self/mountinfo` that something was mounted or unmounted (`POLLPRI`, proc(5)). It does not
//! tell that a directory above a mount point was renamed, so paths of a list that was kept count for nothing:
//! it only answers by the numbers of mounts and filesystems, which stay.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::path::Path;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::stat;
use rustix::fs::{AtFlags, StatxFlags, statx};

use crate::machine::origin::{MountTable, is_kernel};
use crate::machine::probe::parse_mountinfo;

const LIST: &str = "/proc/self/mountinfo";

thread_local! {
    static KEPT: RefCell<Option<CachedMounts>> = const { RefCell::new(None) };
}

/// A list that was read, and the open file that tells when it changes.
struct CachedMounts {
    file: File,
    /// The mount namespace that it is of.
    namespace: (u64, u64),
    /// Mounts that are the only ones of their filesystem.
    alone: HashSet<u64>,
    /// Filesystems, and the type of those that are the kernel's own.
    kernel: HashMap<String, Option<String>>,
}

/// Returns what is mounted, as this process sees it now.
pub(crate) fn mount_table() -> io::Result<MountTable> {
    Ok(MountTable::new(parse_mountinfo(&std::fs::read(LIST)?)))
}

/// Whether a directory, and what has this name in it, lie on a filesystem that is mounted only once: then
/// nothing else shows the same, and the path is the origin.
///
/// `false` also where that can't be known without reading the list.
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
    with_list(|list| list.alone.contains(&mount))
}

/// Returns the type of the filesystem with this number, such as `0:21`, where it is the kernel's own.
pub(super) fn kernel_type(number: &str) -> io::Result<Option<String>> {
    if let Some(known) = with_list(|list| list.kernel.get(number).cloned())? {
        return Ok(known);
    }
    // It may have been mounted in this moment.
    KEPT.set(None);
    with_list(|list| list.kernel.get(number).cloned().flatten())
}

/// The number of the mount that something lies on; nothing on kernels that do not tell (before Linux 5.8).
fn mount_of(directory: &impl AsFd, name: &Path, flags: AtFlags) -> io::Result<Option<u64>> {
    let flags = flags | AtFlags::NO_AUTOMOUNT;
    let found = statx(directory, name, flags, StatxFlags::MNT_ID)?;
    let told = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
    Ok(told.then_some(found.stx_mnt_id))
}

fn with_list<T>(ask: impl FnOnce(&CachedMounts) -> T) -> io::Result<T> {
    KEPT.with_borrow_mut(|kept| {
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
        Self { file: File::open(LIST)?, namespace, alone, kernel }.read()
    }

    /// The same list, read again if the kernel has told that it changed.
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
            // A line that is not understood stands for a second mount.
            mounts.entry(number).or_default().push(id.parse().unwrap_or_default());
        }
        let alone = mounts.values().filter_map(|ids| match ids[..] {
            [id] => Some(id),
            _ => None,
        });
        self.alone = alone.collect();
        self.kernel.clear();
        for mount in parse_mountinfo(&bytes) {
            let own = is_kernel(&mount.kind).then_some(mount.kind);
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
