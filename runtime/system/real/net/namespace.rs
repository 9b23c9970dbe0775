//! Named network namespaces (ip-netns(8)): files on which the namespace is mounted.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};

use super::dump::created_links;
use super::netlink;
use crate::machine::net::NAMESPACES;

/// Returns the file of a namespace.
fn file_of(name: &str) -> PathBuf {
    Path::new(NAMESPACES).join(name)
}

/// Opens a namespace.
pub(super) fn open(name: &str) -> io::Result<File> {
    File::open(file_of(name))
}

/// Returns the names of all namespaces.
pub(super) fn names() -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(NAMESPACES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

/// Runs a function in a namespace; `None` is the one of this process. The function runs in a thread
/// of its own, because a namespace belongs to a thread.
pub(super) fn inside<T: Send>(
    netns: Option<&str>,
    f: impl FnOnce() -> io::Result<T> + Send,
) -> io::Result<T> {
    let Some(netns) = netns else { return f() };
    let namespace = open(netns)?;
    in_thread(move || {
        setns(namespace, CloneFlags::CLONE_NEWNET)?;
        f()
    })
}

fn in_thread<T: Send>(f: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let stopped = |_| Err(io::Error::other("the thread stopped"));
    thread::scope(|scope| scope.spawn(f).join().unwrap_or_else(stopped))
}

/// Creates a namespace. A file that names none, from an interrupted run, is used.
pub(super) fn create(name: &str) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(NAMESPACES)?;
    let file = file_of(name);
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o444).open(&file)?;
    let made = in_thread(|| {
        unshare(CloneFlags::CLONE_NEWNET)?;
        let (none, flags) = (None::<&str>, MsFlags::MS_BIND);
        Ok(mount(Some("/proc/thread-self/ns/net"), &file, none, flags, none)?)
    });
    if made.is_err() {
        // The error of the mount is the one to report.
        let _ = fs::remove_file(&file);
    }
    made
}

/// Removes a namespace. The links that the kernel created in it are removed first, because the
/// kernel removes a namespace, and with it the other ends of pairs, only some time later.
pub(super) fn remove(name: &str) -> io::Result<()> {
    // A file that names no namespace cannot be entered, and has no links.
    let links = inside(Some(name), created_links).unwrap_or_default();
    for link in links {
        match inside(Some(name), || netlink::remove_link(&link)) {
            // A link may have been removed with another one, and some cannot be removed.
            Err(error) if is_gone_or_fixed(&error) => {}
            removed => removed?,
        }
    }
    let file = file_of(name);
    match umount2(&file, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW) {
        Ok(()) | Err(Errno::EINVAL) => {}
        Err(error) => return Err(error.into()),
    }
    fs::remove_file(&file)
}

fn is_gone_or_fixed(error: &io::Error) -> bool {
    [Errno::ENODEV, Errno::EOPNOTSUPP]
        .iter()
        .any(|errno| error.raw_os_error() == Some(*errno as i32))
}
