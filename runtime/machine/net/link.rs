//! Links, their kinds, and routes.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::{Choice, IpAddress, IpPrefix};

/// A network link (ip-link(8)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Whether the link is set up.
    pub up: bool,
    /// Its kind if the kernel created it, such as `bridge` or `veth`; `None` for hardware and
    /// loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The bridge or bond that the link belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<String>,
    /// Maximum transmission unit in bytes.
    pub mtu: u32,
    /// The link below a VLAN or macvlan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The identifier of a VLAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<u32>,
    /// The mode of a macvlan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<MacvlanMode>,
    /// The other end of a veth pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<LinkAt>,
    /// The user who may attach to a tap device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<u32>,
    /// The number of the link group; 0 for none.
    #[serde(default, skip_serializing_if = "is_default_group")]
    pub group: u32,
    /// Addresses that were assigned without a lifetime, except those that the kernel assigns when
    /// a link is set up: IPv6 link-local ones, and 127.0.0.1 and ::1 of the loopback link.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub addresses: BTreeSet<IpPrefix>,
    /// Addresses with a lifetime, as from DHCP or a router advertisement.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dynamic: BTreeSet<IpPrefix>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_default_group(group: &u32) -> bool {
    *group == 0
}

impl Link {
    /// Returns all addresses.
    pub fn all_addresses(&self) -> impl Iterator<Item = &IpPrefix> {
        self.addresses.iter().chain(&self.dynamic)
    }
}

/// The name of a link in a network namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkAt {
    /// The name of the link.
    pub link: String,
    /// The network namespace; `None` for the one of this process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netns: Option<String>,
}

impl LinkAt {
    /// Returns the name of another link in the same namespace.
    #[must_use]
    pub fn beside(&self, link: &str) -> Self {
        Self { link: link.to_owned(), netns: self.netns.clone() }
    }

    /// Returns the command ip(8) for the namespace of the link.
    pub(super) fn ip(&self) -> String {
        ip(self.netns.as_deref())
    }
}

/// Returns the command ip(8) for a namespace.
pub(super) fn ip(netns: Option<&str>) -> String {
    netns.map_or_else(|| "ip".to_owned(), |netns| format!("ip -n {netns}"))
}

impl fmt::Display for LinkAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.link)?;
        match &self.netns {
            Some(netns) => write!(f, " in namespace {netns}"),
            None => Ok(()),
        }
    }
}

/// The mode of a macvlan: which macvlans of the same link reach each other (ip-link(8)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MacvlanMode {
    /// All of them, directly.
    Bridge,
    /// None of them.
    Private,
    /// All of them, through the switch.
    Vepa,
    /// There is only one, which takes over the link.
    Passthru,
}

impl Choice for MacvlanMode {
    const NAME: &'static str = "macvlan mode";
    const WORDS: &'static [&'static str] = &["bridge", "private", "vepa", "passthru"];
    const ALL: &'static [Self] = &[Self::Bridge, Self::Private, Self::Vepa, Self::Passthru];
}

/// The kind of a new link, with what the kind determines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LinkKind {
    /// An Ethernet bridge.
    Bridge,
    /// A persistent tap device.
    Tap {
        /// The user who may attach to it; `None` for root only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<u32>,
    },
    /// One end of a pair.
    Veth {
        /// The other end.
        peer: LinkAt,
    },
    /// A VLAN of a link.
    Vlan {
        /// The link below.
        parent: String,
        /// The identifier of the VLAN.
        id: u32,
    },
    /// A link with an address of its own on another link.
    Macvlan {
        /// The link below.
        parent: String,
        /// The mode.
        mode: MacvlanMode,
    },
}

impl LinkKind {
    /// Returns the name of the kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Tap { .. } => "tap",
            Self::Veth { .. } => "veth",
            Self::Vlan { .. } => "vlan",
            Self::Macvlan { .. } => "macvlan",
        }
    }

    /// Returns the link below.
    pub fn parent(&self) -> Option<&str> {
        match self {
            Self::Vlan { parent, .. } | Self::Macvlan { parent, .. } => Some(parent),
            _ => None,
        }
    }

    /// Returns the model of a new link.
    pub(super) fn link(&self, group: u32) -> Link {
        let mut link = Link { kind: Some(self.name().to_owned()), group, ..Link::default() };
        link.mtu = 1500;
        link.parent = self.parent().map(str::to_owned);
        match self {
            Self::Bridge => {}
            Self::Tap { owner } => link.owner = *owner,
            Self::Veth { peer } => link.peer = Some(peer.clone()),
            Self::Vlan { id, .. } => link.vlan = Some(*id),
            Self::Macvlan { mode, .. } => link.mode = Some(*mode),
        }
        link
    }

    /// Returns whether a link is of this kind, with all that the kind determines.
    pub fn matches(&self, link: &Link) -> bool {
        let new = self.link(link.group);
        (&new.kind, &new.parent, new.vlan, new.mode, &new.peer, new.owner)
            == (&link.kind, &link.parent, link.vlan, link.mode, &link.peer, link.owner)
    }
}

/// A route of the main table, except those that the kernel makes for addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The network.
    pub to: IpPrefix,
    /// The gateway; `None` if the network is on the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<IpAddress>,
    /// The link.
    pub link: String,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to.is_default() {
            true => f.write_str("default")?,
            false => self.to.fmt(f)?,
        }
        if let Some(via) = self.via {
            write!(f, " via {via}")?;
        }
        write!(f, " dev {}", self.link)
    }
}
