//! What a plan knows about virtual machines.

use super::rule::QemuRule;
use crate::error::Result;
use crate::machine::guest::{Guest, GuestKind, QEMU_MONITOR};
use crate::operation::Planning;
use crate::primitives::lxc::seen::directory;
use crate::types::{AbsPath, GuestName};

/// The longest path of a socket (unix(7)).
const MOST: usize = 107;

/// A virtual machine of a call.
pub(super) struct SeenVm<'a> {
    /// Its directory.
    pub(super) directory: String,
    pub(super) name: String,
    /// The guest in the model; `None` if it does not exist, or if guests are unknown.
    pub(super) found: Option<&'a Guest>,
    /// Whether the guests of the machine are known.
    pub(super) known: bool,
}

impl<'a> SeenVm<'a> {
    pub(super) fn of(name: &GuestName, path: &AbsPath, cx: &Planning<'a>) -> Result<Self> {
        let (directory, name) = (directory(name, path), name.to_string());
        let socket = format!("{directory}/{QEMU_MONITOR}");
        if socket.len() > MOST {
            let length = socket.len();
            return Err(QemuRule::PathTooLong { name, path: socket, length, most: MOST }.into());
        }
        if directory.contains(',') {
            return Err(QemuRule::Comma { name, path: directory }.into());
        }
        let guests = cx.machine.guest.found.as_ref();
        let found = guests.and_then(|guests| guests.get(&directory));
        if let Some(found) = found.filter(|found| found.kind != GuestKind::Qemu) {
            return Err(QemuRule::OtherKind { name, kind: found.kind.name() }.into());
        }
        Ok(Self { directory, name, found, known: guests.is_some() })
    }

    /// Returns a virtual machine that exists, as far as is known.
    pub(super) fn existing(name: &GuestName, path: &AbsPath, cx: &Planning<'a>) -> Result<Self> {
        let seen = Self::of(name, path, cx)?;
        match seen.known && seen.found.is_none() {
            true => Err(QemuRule::NoSuchVm { name: seen.name, path: path.to_string() }.into()),
            false => Ok(seen),
        }
    }
}
