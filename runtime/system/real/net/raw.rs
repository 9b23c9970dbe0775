//! Links, addresses and routes with the kernel's numbers instead of names.

use serde::{Deserialize, Serialize};

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
    pub(super) origin: RouteOrigin,
}

/// What the model of a route omits: who has made it, and how it is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RouteOrigin {
    /// The protocol (`rtm_protocol` in rtnetlink(7)), such as that of a DHCP client.
    pub(super) protocol: u8,
    /// The preference; lower numbers win.
    pub(super) metric: Option<u32>,
    /// The preferred source address.
    pub(super) source: Option<IpAddress>,
}

impl Default for RouteOrigin {
    /// Returns that of a route which an administrator has added (`RTPROT_STATIC`).
    fn default() -> Self {
        Self { protocol: 4, metric: None, source: None }
    }
}
