//! What the primitives require of a guest.

use super::paths::check_path;
use crate::machine::guest::{GuestKind, mconsole_socket};
use crate::primitives::guests::{GuestDomain, LONGEST_SOCKET};

/// What guests of User Mode Linux have in common.
pub(super) const DOMAIN: GuestDomain = GuestDomain {
    kind: GuestKind::Uml,
    check: |_, directory| check_path(directory),
    socket: |directory| mconsole_socket(directory).len(),
    longest: LONGEST_SOCKET,
    make: start_first,
};

/// Returns what a user does first if a guest does not run.
pub(super) fn start_first(name: &str) -> String {
    format!("start it first: uml::start({name:?}, disks, user)")
}
