//! What the primitives require of a guest.

use super::rule::QemuRule;
use crate::error::Result;
use crate::machine::guest::{GuestKind, QEMU_MONITOR};
use crate::primitives::guests::{GuestDomain, LONGEST_SOCKET};

/// What guests of QEMU have in common.
pub(super) const DOMAIN: GuestDomain = GuestDomain {
    kind: GuestKind::Qemu,
    check: check_directory,
    socket: |directory| directory.len() + 1 + QEMU_MONITOR.len(),
    longest: LONGEST_SOCKET,
    make: |name| format!("start it first: qemu::start({name:?})"),
};

fn check_directory(name: &str, directory: &str) -> Result<()> {
    match directory.contains(',') {
        true => Err(QemuRule::Comma { name: name.to_owned(), path: directory.to_owned() }.into()),
        false => Ok(()),
    }
}
