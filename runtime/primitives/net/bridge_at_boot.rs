//! `bridge.at_boot`: a bridge of an installed system.

use super::at_boot::{BootKind, BootLink, BootManager};
use super::name::LinkName;
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::types::{AbsPath, IpAddress, IpPrefix};

args! {
    /// Gives a system a bridge at boot, with its ports and its address.
    ///
    /// With netifrc, sets the variables of the bridge and its ports in `/etc/conf.d/net` and links
    /// their services, `net.LINK`. With systemd-networkd, writes files in `/etc/systemd/network`;
    /// with NetworkManager, keyfiles in `/etc/NetworkManager/system-connections` with mode 0600. It
    /// changes nothing now: create the bridge with `bridge.create`, and call this after
    /// `net.confirm`. Enable the service with `service.enable`. Undo restores the previous files.
    ///
    /// Source: netifrc's net.example; systemd.netdev(5), systemd.network(5);
    /// nm-settings-keyfile(5).
    ///
    /// ```
    /// bridge::at_boot("/mnt/old", "br0", #{ ports: ["enp1s0"], address: "192.0.2.10/24", gateway: "192.0.2.1" });
    /// ```
    "bridge.at_boot" => pub struct BridgeAtBoot {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the bridge.
        pub name: LinkName,
        /// The links that are its ports. They get no address of their own.
        pub ports: Option<Vec<LinkName>>,
        /// The address of the bridge with the length of its prefix; by DHCP without one.
        pub address: Option<IpPrefix>,
        /// The address of the default gateway, in the same network.
        pub gateway: Option<IpAddress>,
        /// The addresses of name servers.
        pub dns: Option<Vec<IpAddress>>,
        /// The network manager; by default `netifrc` with OpenRC, and `networkd` with systemd.
        pub manager: Option<BootManager>,
    }
}

impl BridgeAtBoot {
    fn boot_link(&self) -> BootLink<'_> {
        BootLink {
            root: &self.root,
            link: &self.name,
            address: self.address,
            gateway: self.gateway,
            dns: self.dns.as_deref().unwrap_or_default(),
            kind: BootKind::Bridge(self.ports.as_deref().unwrap_or_default()),
        }
    }
}

impl Action for BridgeAtBoot {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.boot_link().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let manager = BootManager::of(self.manager, &self.root, cx)?;
        self.boot_link().plan(manager, cx)
    }
}
