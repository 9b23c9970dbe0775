//! `net.address`: a fixed address of an interface of an installed system.

use super::at_boot::{BootKind, BootLink, BootManager};
use super::name::LinkName;
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::system::Init;
use crate::types::{AbsPath, IpAddress, IpPrefix};

args! {
    /// Gives an interface of a system a fixed address at boot.
    ///
    /// On OpenRC, sets the variables of the interface in `/etc/conf.d/net` of netifrc and links its
    /// service, `net.LINK`. A variable that is an array of bash, as in older guides, stays one. On systemd, writes `/etc/systemd/network/20-LINK.network`. Enable the
    /// service with `service.enable`: `net.LINK`, or `systemd-networkd`. Undo restores the previous
    /// files.
    ///
    /// Source: Gentoo handbook, "Configuring the network"; netifrc's net.example;
    /// systemd.network(5).
    ///
    /// ```
    /// net::address("/mnt/old", "enp1s0", "192.0.2.10/24", #{ gateway: "192.0.2.1", dns: ["192.0.2.1"] });
    /// ```
    "net.address" => pub struct FixedAddress {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the interface in the system.
        pub link: LinkName,
        /// The address with the length of its prefix.
        pub address: IpPrefix,
        /// The address of the default gateway, in the same network.
        pub gateway: Option<IpAddress>,
        /// The addresses of name servers.
        pub dns: Option<Vec<IpAddress>>,
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

impl FixedAddress {
    fn boot_link(&self) -> BootLink<'_> {
        BootLink {
            root: &self.root,
            link: &self.link,
            address: Some(self.address),
            gateway: self.gateway,
            dns: self.dns.as_deref().unwrap_or_default(),
            kind: BootKind::Card,
        }
    }
}

impl Action for FixedAddress {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.boot_link().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let manager = BootManager::with(self.init, &self.root, cx)?;
        self.boot_link().plan(manager, cx)
    }
}
