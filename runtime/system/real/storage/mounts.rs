//! Mounts and swap: mount(2), umount2(2), swapon(2) and swapoff(2).

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::mount::{MntFlags, MsFlags, mount as sys_mount, umount2};

use super::holders::holders;
use crate::machine::MountOrigin;
use crate::system::real::files::reach::open_exactly;
use crate::system::real::orphans::end_orphans;
use crate::system::{FailureKind, MountCall, StepError, StorageStep};
use crate::types::{Place, Propagation, bytes_of, path_of};

/// The options that are flags of mount(2); all others are passed to the filesystem.
pub const FLAGS: &[(&str, MsFlags)] = &[
    ("ro", MsFlags::MS_RDONLY),
    ("nosuid", MsFlags::MS_NOSUID),
    ("nodev", MsFlags::MS_NODEV),
    ("noexec", MsFlags::MS_NOEXEC),
    ("noatime", MsFlags::MS_NOATIME),
    ("nodiratime", MsFlags::MS_NODIRATIME),
    ("sync", MsFlags::MS_SYNCHRONOUS),
    ("dirsync", MsFlags::MS_DIRSYNC),
];

pub(crate) fn mount(call: &MountCall) -> io::Result<()> {
    let held = open_place(&call.at)?;
    let at = by_descriptor(&held);
    let at = at.as_path();
    let flags = call
        .flags
        .iter()
        .filter_map(|name| FLAGS.iter().find(|(known, _)| known == name))
        .fold(MsFlags::empty(), |all, (_, flag)| all | *flag);
    let data = call.data.as_deref();
    match &call.origin {
        MountOrigin::Device { device, kind, .. } => {
            sys_mount(Some(device.as_str()), at, Some(kind.as_str()), flags, data)?;
        }
        MountOrigin::Pseudo { kind } => {
            sys_mount(Some(kind.as_str()), at, Some(kind.as_str()), flags, data)?;
        }
        MountOrigin::Bind { from, recursive } => {
            let depth = if *recursive { MsFlags::MS_REC } else { MsFlags::empty() };
            let none = None::<&str>;
            let from = open_place(from)?;
            sys_mount(Some(&by_descriptor(&from)), at, none, MsFlags::MS_BIND | depth, none)?;
            if !flags.is_empty() {
                // The flags of a bind mount only take effect in a second call (mount(2)).
                let again = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | flags;
                remount(&call.at, again)?;
            }
        }
    }
    if let Some(propagation) = call.propagation {
        let how = match propagation {
            Propagation::Slave => MsFlags::MS_SLAVE,
            Propagation::Private => MsFlags::MS_PRIVATE,
            Propagation::Shared => MsFlags::MS_SHARED,
        };
        remount(&call.at, how | MsFlags::MS_REC)?;
    }
    Ok(())
}

/// Returns the error of a mount. ENODEV, "No such device", is about the driver and not about the
/// device (mount(2)).
pub(super) fn describe(step: &StorageStep, call: &MountCall, error: &io::Error) -> StepError {
    match &call.origin {
        MountOrigin::Device { kind, .. } | MountOrigin::Pseudo { kind }
            if error.raw_os_error() == Some(Errno::ENODEV as i32) =>
        {
            let reason = format!("the kernel has no driver for the filesystem {kind}");
            StepError { hint: Some(NO_DRIVER), ..StepError::kernel(step, reason) }
        }
        _ => StepError::kernel(step, error),
    }
}

const NO_DRIVER: &str = "boot a kernel with this driver; cat /proc/filesystems lists the drivers \
    that are loaded, and find /lib/modules those that can be";

/// Opens a place by a path without symlinks, so that it cannot be replaced before the call.
fn open_place(path: &str) -> io::Result<OwnedFd> {
    open_exactly(&Place::here(path), OFlag::O_PATH | OFlag::O_CLOEXEC)
}

fn by_descriptor(held: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}", held.as_raw_fd()).into()
}

/// Changes what was just mounted at a place; unmounts it on failure.
fn remount(at: &str, flags: MsFlags) -> io::Result<()> {
    let change = || {
        let top = open_place(at)?;
        let none = None::<&str>;
        Ok(sys_mount(none, &by_descriptor(&top), none, flags, none)?)
    };
    change().inspect_err(|_: &io::Error| {
        let _ = umount2(Path::new(at), MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW);
    })
}

pub(crate) fn unmount(at: &str) -> Result<(), FailureKind> {
    // A symlink that is now on the path leads to a different mount than the one that was made.
    if let Err(error) = open_place(at)
        && error.kind() == io::ErrorKind::PermissionDenied
    {
        return Err(FailureKind::Kernel(error.to_string()));
    }
    let path = path_of(at);
    let try_unmount = || umount2(&path, MntFlags::UMOUNT_NOFOLLOW);
    let result = match try_unmount() {
        // Processes that a program of this run left running there are terminated.
        Err(Errno::EBUSY) if end_orphans(at) => try_unmount(),
        other => other,
    };
    match result {
        Ok(()) => Ok(()),
        Err(Errno::EBUSY) => Err(FailureKind::Busy { at: at.to_owned(), holders: holders(at) }),
        Err(error) => Err(FailureKind::Kernel(io::Error::from(error).to_string())),
    }
}

/// swapon(2): the low bits contain a priority.
const SWAP_FLAG_PREFER: i32 = 0x8000;

#[expect(unsafe_code, reason = "nix has no swapon(2)")]
pub(crate) fn swap_on(device: &str, priority: Option<u16>) -> io::Result<()> {
    let path = CString::new(bytes_of(device))?;
    let flags = priority.map_or(0, |p| SWAP_FLAG_PREFER | i32::from(p & 0x7fff));
    // SAFETY: the path is a valid C string for the duration of the call.
    Errno::result(unsafe { nix::libc::swapon(path.as_ptr(), flags) })?;
    Ok(())
}

#[expect(unsafe_code, reason = "nix has no swapoff(2)")]
pub(crate) fn swap_off(device: &str) -> io::Result<()> {
    let path = CString::new(bytes_of(device))?;
    // SAFETY: the path is a valid C string for the duration of the call.
    Errno::result(unsafe { nix::libc::swapoff(path.as_ptr()) })?;
    Ok(())
}
