//! Tap devices, which only ioctl(2) creates.

#![expect(unsafe_code, reason = "nix has no wrappers for the ioctls of tun devices")]

use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsRawFd;

use super::netlink;

const CONTROL: &str = "/dev/net/tun";
/// `IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL` of linux/if_tun.h: Ethernet frames without a header, and
/// never the device of another program.
const FLAGS: u16 = 0x0002 | 0x1000 | 0x8000;

/// `struct ifreq` of netdevice(7), as `TUNSETIFF` uses it.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

// Their numbers do not describe what they take (linux/if_tun.h): a pointer, and numbers.
nix::ioctl_write_ptr_bad!(set_interface, nix::request_code_write!(b'T', 202, 4), Request);
nix::ioctl_write_int_bad!(set_persistent, nix::request_code_write!(b'T', 203, 4));
nix::ioctl_write_int_bad!(set_owner, nix::request_code_write!(b'T', 204, 4));

/// Creates a persistent tap device. The device persists only after its owner and group are set, so
/// that the kernel removes it if this process ends before.
pub(super) fn create(name: &str, owner: Option<u32>, group: u32) -> io::Result<()> {
    let control = OpenOptions::new().read(true).write(true).open(CONTROL)?;
    let descriptor = control.as_raw_fd();
    let mut request = Request { name: [0; 16], flags: FLAGS, rest: [0; 22] };
    let (bytes, space) = (name.as_bytes(), request.name.len() - 1);
    request
        .name
        .get_mut(..bytes.len().min(space))
        .unwrap_or_default()
        .copy_from_slice(bytes.get(..space).unwrap_or(bytes));
    // SAFETY: the descriptor is open, and the request is a complete structure that outlives the
    // call.
    unsafe { set_interface(descriptor, &raw const request) }?;
    if let Some(owner) = owner {
        // SAFETY: the descriptor is open; the argument is a number.
        unsafe { set_owner(descriptor, owner.cast_signed()) }?;
    }
    netlink::set_group(name, group)?;
    // SAFETY: the descriptor is open; the argument is a number.
    unsafe { set_persistent(descriptor, 1) }?;
    Ok(())
}
