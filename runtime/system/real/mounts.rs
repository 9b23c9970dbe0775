//! mount(2), umount2(2), swapon(2) and swapoff(2).

use std::ffi::CString;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount as sys_mount, umount2};

use super::super::{Broken, MountCall};
use super::holders::holders;
use super::orphans::end_orphans;
use crate::machine::MountOrigin;
use crate::types::{Propagation, bytes_of, path_of};

/// The flags that mount(2) knows by a bit; everything else is an option of the filesystem.
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

pub(super) fn mount(call: &MountCall) -> io::Result<()> {
    let at = Path::new(&call.at);
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
            sys_mount(Some(from.as_str()), at, none, MsFlags::MS_BIND | depth, none)?;
            if !flags.is_empty() {
                // Flags of a bind mount only count in a second call (mount(2)).
                let again = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | flags;
                sys_mount(none, at, none, again, none).inspect_err(|_| undo(at))?;
            }
        }
    }
    if let Some(propagation) = call.propagation {
        let how = match propagation {
            Propagation::Slave => MsFlags::MS_SLAVE,
            Propagation::Private => MsFlags::MS_PRIVATE,
            Propagation::Shared => MsFlags::MS_SHARED,
        };
        let none = None::<&str>;
        sys_mount(none, at, none, how | MsFlags::MS_REC, none).inspect_err(|_| undo(at))?;
    }
    Ok(())
}

/// Half a mount is taken back.
fn undo(at: &Path) {
    let _ = umount2(at, MntFlags::MNT_DETACH);
}

pub(super) fn unmount(at: &str) -> Result<(), Broken> {
    let path = path_of(at);
    let try_it = || umount2(&path, MntFlags::UMOUNT_NOFOLLOW);
    let result = match try_it() {
        // What a program of this run left running in there goes with it.
        Err(Errno::EBUSY) if end_orphans(at) => try_it(),
        other => other,
    };
    match result {
        Ok(()) => Ok(()),
        Err(Errno::EBUSY) => Err(Broken::Busy { at: at.to_owned(), holders: holders(at) }),
        Err(error) => Err(Broken::Kernel(io::Error::from(error).to_string())),
    }
}

/// swapon(2): the low bits hold a priority.
const SWAP_FLAG_PREFER: i32 = 0x8000;

#[expect(unsafe_code, reason = "nix has no swapon(2)")]
pub(super) fn swap_on(device: &str, priority: Option<u16>) -> io::Result<()> {
    let path = CString::new(bytes_of(device))?;
    let flags = priority.map_or(0, |p| SWAP_FLAG_PREFER | i32::from(p & 0x7fff));
    // SAFETY: the path is a valid C string for the duration of the call.
    Errno::result(unsafe { nix::libc::swapon(path.as_ptr(), flags) })?;
    Ok(())
}

#[expect(unsafe_code, reason = "nix has no swapoff(2)")]
pub(super) fn swap_off(device: &str) -> io::Result<()> {
    let path = CString::new(bytes_of(device))?;
    // SAFETY: the path is a valid C string for the duration of the call.
    Errno::result(unsafe { nix::libc::swapoff(path.as_ptr()) })?;
    Ok(())
}
