//! `vlan.at_boot`: a VLAN of an installed system.

use super::at_boot::{BootKind, BootLink, BootManager};
use super::name::LinkName;
use super::rule::NetRule;
use crate::args;
use crate::error::Result;
use crate::machine::net::LinkAt;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::types::{AbsPath, IpAddress, IpPrefix, VlanId};

args! {
    /// Gives a system a VLAN at boot, with its address.
    ///
    /// The settings of the link below stay as they are: set them with `net.address` or
    /// `bridge.at_boot` before. With netifrc, adds the VLAN to the variable `vlans_PARENT` in
    /// `/etc/conf.d/net`, sets its own variables, and links the service of the link below,
    /// `net.PARENT`, which starts the VLAN; without `config_PARENT`, that link gets its address by
    /// DHCP. With systemd-networkd, writes files in `/etc/systemd/network`; the link below must be
    /// set up by `20-PARENT.network`, which is created without an address if it does not exist. With
    /// NetworkManager, writes a keyfile in `/etc/NetworkManager/system-connections` with mode 0600.
    /// It changes nothing now: create the VLAN with `vlan.create`, and call this after
    /// `net.confirm`. Undo restores the previous files.
    ///
    /// Source: netifrc's net.example; systemd.netdev(5), systemd.network(5);
    /// nm-settings-keyfile(5).
    ///
    /// ```
    /// vlan::at_boot("/mnt/old", "enp1s0.5", "enp1s0", 5, #{ address: "192.0.2.10/24" });
    /// ```
    "vlan.at_boot" => pub struct VlanAtBoot {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the VLAN's link.
        pub name: LinkName,
        /// The name of the link below.
        pub parent: LinkName,
        /// The identifier of the VLAN, from 1 to 4094.
        pub id: VlanId,
        /// The address of the VLAN with the length of its prefix; by DHCP without one.
        pub address: Option<IpPrefix>,
        /// The address of the default gateway, in the same network.
        pub gateway: Option<IpAddress>,
        /// The addresses of name servers.
        pub dns: Option<Vec<IpAddress>>,
        /// The network manager; by default `netifrc` with OpenRC, and `networkd` with systemd.
        pub manager: Option<BootManager>,
    }
}

impl VlanAtBoot {
    fn boot_link(&self) -> BootLink<'_> {
        BootLink {
            root: &self.root,
            link: &self.name,
            address: self.address,
            gateway: self.gateway,
            dns: self.dns.as_deref().unwrap_or_default(),
            kind: BootKind::Vlan { parent: &self.parent, id: self.id },
        }
    }
}

impl Action for VlanAtBoot {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        self.boot_link().effects()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        if self.name == self.parent {
            let at = LinkAt { link: self.name.as_str().to_owned(), netns: None };
            return Err(NetRule::Taken { at, found: "the link below".into() }.into());
        }
        let manager = BootManager::of(self.manager, &self.root, cx)?;
        self.boot_link().plan(manager, cx)
    }
}
