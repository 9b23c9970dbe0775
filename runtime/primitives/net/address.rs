//! `net.address`: a fixed address of an interface of an installed system.

use super::name::LinkName;
use crate::args;
use crate::error::{Result, Rule};
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::primitives::edit::{assign, set_whole, system_file, writes};
use crate::primitives::system::Init;
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, IpAddress, IpPrefix};

args! {
    /// Gives an interface of a system a fixed address at boot.
    ///
    /// On OpenRC, sets the variables of the interface in `/etc/conf.d/net` of netifrc and links its
    /// service, `net.LINK`. On systemd, writes `/etc/systemd/network/20-LINK.network`. Enable the
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

/// A violated rule about addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("gateway {gateway}: not in the network of {address}")]
struct UnreachableGateway {
    gateway: IpAddress,
    address: IpPrefix,
}

impl Rule for UnreachableGateway {
    fn remedy(&self) -> Option<String> {
        Some("check the length of the prefix, and both addresses".into())
    }
}

const CONF_NET: &str = "/etc/conf.d/net";
const INIT_D: &str = "/etc/init.d";
const NETWORKD: &str = "/etc/systemd/network";
/// The service of netifrc that the service of every interface is a link to.
const NETIFRC: &str = "net.lo";

impl FixedAddress {
    fn for_netifrc(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        let link = self.link.as_str();
        // netifrc replaces what cannot be part of the name of a variable (shell_var in net.lo).
        let name = |prefix: &str| {
            let of_link = link.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            format!("{prefix}_{of_link}")
        };
        let mut settings = vec![(name("config"), self.address.to_string())];
        settings.extend(self.gateway.map(|to| (name("routes"), format!("default via {to}"))));
        settings.extend(self.servers().map(|servers| (name("dns_servers"), servers)));
        let settings: Vec<(&str, String)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let plan = assign(system_file(&self.root, CONF_NET), cx, &settings)?;
        let place = system_file(&self.root, &format!("{INIT_D}/net.{link}"));
        let step = |place, to| Step::Files(FilesStep::Link { place, to });
        let undo = match cx.look(&place)? {
            FileStatus::Link { to } if to.as_os_str() == NETIFRC => return Ok(plan),
            FileStatus::Link { to } => {
                Undo::Steps(vec![step(place.clone(), to.to_string_lossy().into_owned())])
            }
            FileStatus::Missing => {
                Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })])
            }
            _ => Undo::Impossible("the previous file is overwritten"),
        };
        let linked = Plan::steps(vec![step(place.clone(), NETIFRC.into())])
            .makes(FilesFact::Link { place, to: NETIFRC.into() })
            .undo(undo);
        Ok(plan.and(linked))
    }

    fn for_networkd(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        let link = self.link.as_str();
        let mut text = format!("[Match]\nName={link}\n\n[Network]\nAddress={}\n", self.address);
        if let Some(gateway) = self.gateway {
            text += &format!("Gateway={gateway}\n");
        }
        if let Some(servers) = self.servers() {
            text += &format!("DNS={servers}\n");
        }
        set_whole(system_file(&self.root, &format!("{NETWORKD}/20-{link}.network")), cx, text)
    }

    /// Returns the name servers in one string.
    fn servers(&self) -> Option<String> {
        let servers: Vec<String> = self.dns.iter().flatten().map(ToString::to_string).collect();
        (!servers.is_empty()).then(|| servers.join(" "))
    }
}

impl Action for FixedAddress {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let service = format!("{INIT_D}/net.{}", self.link.as_str());
        let network = format!("{NETWORKD}/20-{}.network", self.link.as_str());
        [CONF_NET, &service, &network].map(|path| writes(&self.root, path)).into()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        if let Some(gateway) = self.gateway.filter(|gateway| !self.address.contains(*gateway)) {
            return Err(UnreachableGateway { gateway, address: self.address }.into());
        }
        match Init::of(self.init, &self.root, cx)? {
            Init::Openrc => self.for_netifrc(cx),
            Init::Systemd => self.for_networkd(cx),
        }
    }
}
