//! Links, addresses and routes with the kernel's numbers instead of names.

use crate::machine::net::Link;
use crate::types::{IpAddress, IpPrefix};

/// A link; other links are numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct RawLink {
    pub(super) index: u32,
    pub(super) name: String,
    /// The bridge or bond that the link belongs to.
    pub(super) master: Option<u32>,
    /// The link below, or the other end of a pair.
    pub(super) below: Option<u32>,
    /// Whether that link is in another network namespace.
    pub(super) below_is_foreign: bool,
    /// Whether the link is up and has a carrier.
    pub(super) running: bool,
    pub(super) link: Link,
}

/// An address of a link.
#[derive(Debug, Clone)]
pub(super) struct RawAddress {
    pub(super) index: u32,
    pub(super) prefix: IpPrefix,
    /// Whether the address has a lifetime.
    pub(super) dynamic: bool,
    /// Whether the kernel still checks that no other host has the address.
    pub(super) tentative: bool,
}

/// A route through one link.
#[derive(Debug, Clone)]
pub(super) struct RawRoute {
    pub(super) index: u32,
    pub(super) to: IpPrefix,
    pub(super) via: Option<IpAddress>,
}
