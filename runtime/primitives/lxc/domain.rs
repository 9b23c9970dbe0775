//! What the primitives require of a guest.

use crate::machine::guest::GuestKind;
use crate::primitives::guests::{GuestDomain, LONGEST_SOCKET};

/// What guests of LXC have in common. The socket is in the abstract namespace, with a byte before the path, too (unix(7)); LXC uses a
/// hash of a longer name.
pub(super) const DOMAIN: GuestDomain = GuestDomain {
    kind: GuestKind::Lxc,
    check: |_, _| Ok(()),
    socket: |directory| directory.len() + "/command".len(),
    longest: LONGEST_SOCKET - 1,
    make: |name| format!("create it first: lxc::create({name:?})"),
};
