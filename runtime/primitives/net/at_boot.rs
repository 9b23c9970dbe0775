//! The settings of links in the files that network managers read at boot.

use super::name::LinkName;
use crate::config::netifrc;
use crate::error::{Result, Rule};
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Effect, Plan, Planning, Undo};
use crate::primitives::edit::{assign_with, edit, set_private, set_whole, system_file, writes};
use crate::primitives::system::Init;
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Choice, IpAddress, IpPrefix, VlanId};

/// The program that sets up links at boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootManager {
    /// The scripts of Gentoo for OpenRC.
    Netifrc,
    /// The service of systemd.
    Networkd,
    /// NetworkManager.
    NetworkManager,
}

impl Choice for BootManager {
    const NAME: &'static str = "network manager";
    const WORDS: &'static [&'static str] = &["netifrc", "networkd", "networkmanager"];
    const ALL: &'static [Self] = &[Self::Netifrc, Self::Networkd, Self::NetworkManager];
}

impl BootManager {
    /// Returns the given manager, or the one that usually comes with the init system.
    pub(super) fn of(named: Option<Self>, root: &AbsPath, cx: &Planning<'_>) -> Result<Self> {
        match named {
            Some(named) => Ok(named),
            None => Self::with(None, root, cx),
        }
    }

    /// Returns the manager that usually comes with an init system.
    pub(super) fn with(init: Option<Init>, root: &AbsPath, cx: &Planning<'_>) -> Result<Self> {
        Ok(match Init::of(init, root, cx)? {
            Init::Openrc => Self::Netifrc,
            Init::Systemd => Self::Networkd,
        })
    }
}

const CONF_NET: &str = "/etc/conf.d/net";
/// The variable of netifrc with the identifiers of the VLANs of a link.
const VLANS: &str = "vlans";
const INIT_D: &str = "/etc/init.d";
/// The service of netifrc that the service of every link is a symlink to.
const NETIFRC: &str = "net.lo";

fn unit_file(link: &str, kind: &str) -> String {
    format!("/etc/systemd/network/20-{link}.{kind}")
}

/// Returns the file that adds a VLAN to the settings of the link below (systemd.network(5)).
fn drop_in(parent: &LinkName, vlan: &LinkName) -> String {
    format!("{}.d/{}.conf", unit_file(parent.as_str(), "network"), vlan.as_str())
}

fn keyfile(name: &str) -> String {
    format!("/etc/NetworkManager/system-connections/{name}.nmconnection")
}

/// A gateway that the link cannot reach.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum GatewayRule {
    #[error("gateway {gateway}: not in the network of {address}")]
    Elsewhere { gateway: IpAddress, address: IpPrefix },
    #[error("gateway {gateway}: there is no address")]
    NoAddress { gateway: IpAddress },
}

impl Rule for GatewayRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Elsewhere { .. } => "check the length of the prefix, and both addresses".into(),
            Self::NoAddress { .. } => "give the address, too; DHCP sets the gateway itself".into(),
        })
    }
}

/// A link at boot.
pub(super) struct BootLink<'a> {
    pub(super) root: &'a AbsPath,
    pub(super) link: &'a LinkName,
    /// The address; by DHCP if there is none.
    pub(super) address: Option<IpPrefix>,
    pub(super) gateway: Option<IpAddress>,
    pub(super) dns: &'a [IpAddress],
    pub(super) kind: BootKind<'a>,
}

/// The kind of a link at boot.
#[derive(Clone, Copy)]
pub(super) enum BootKind<'a> {
    /// A network card.
    Card,
    /// A bridge with its ports.
    Bridge(&'a [LinkName]),
    /// A VLAN of a link.
    Vlan { parent: &'a LinkName, id: VlanId },
}

impl BootLink<'_> {
    /// Returns the effects of the plan for any manager.
    pub(super) fn effects(&self) -> Vec<Effect> {
        let link = self.link.as_str();
        let mut files = vec![CONF_NET.to_owned(), unit_file(link, "network")];
        let mut services = vec![link];
        if !matches!(self.kind, BootKind::Card) {
            files.extend([unit_file(link, "netdev"), keyfile(link)]);
        }
        for port in self.ports() {
            services.push(port);
            files.extend([unit_file(port, "network"), keyfile(&port_name(link, port))]);
        }
        if let BootKind::Vlan { parent, .. } = self.kind {
            services = vec![parent.as_str()];
            files.extend([unit_file(parent.as_str(), "network"), drop_in(parent, self.link)]);
        }
        files.extend(services.iter().map(|link| format!("{INIT_D}/net.{link}")));
        files.iter().map(|path| writes(self.root, path)).collect()
    }

    pub(super) fn plan(&self, manager: BootManager, cx: &Planning<'_>) -> Result<Plan<()>> {
        self.check()?;
        match manager {
            BootManager::Netifrc => self.for_netifrc(cx),
            BootManager::Networkd => self.for_networkd(cx),
            BootManager::NetworkManager => self.for_network_manager(cx),
        }
    }

    fn check(&self) -> Result<()> {
        match (self.gateway, self.address) {
            (Some(gateway), Some(address)) if !address.contains(gateway) => {
                Err(GatewayRule::Elsewhere { gateway, address }.into())
            }
            (Some(gateway), None) => Err(GatewayRule::NoAddress { gateway }.into()),
            _ => Ok(()),
        }
    }

    /// Returns the names of the ports of a bridge.
    fn ports(&self) -> impl Iterator<Item = &str> {
        let ports = match self.kind {
            BootKind::Bridge(ports) => ports,
            _ => &[],
        };
        ports.iter().map(LinkName::as_str)
    }

    /// Returns the name servers in one string.
    fn servers(&self) -> Option<String> {
        let servers: Vec<String> = self.dns.iter().map(ToString::to_string).collect();
        (!servers.is_empty()).then(|| servers.join(" "))
    }

    fn for_netifrc(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        let link = self.link.as_str();
        let address = self.address.map_or_else(|| "dhcp".to_owned(), |address| address.to_string());
        let mut settings = vec![(variable("config", link), address)];
        settings
            .extend(self.gateway.map(|to| (variable("routes", link), format!("default via {to}"))));
        settings.extend(self.servers().map(|servers| (variable("dns_servers", link), servers)));
        settings.extend(self.netifrc_kind());
        let settings: Vec<(&str, String)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let set = |text: &str, name: &str, value: &str| {
            let set = if name.starts_with(VLANS) { netifrc::add_word } else { netifrc::set };
            set(text, name, value).map_err(|why| why.to_string())
        };
        let mut plan = assign_with(system_file(self.root, CONF_NET), cx, &settings, set)?;
        // The service of a link starts its VLANs.
        let service = match self.kind {
            BootKind::Vlan { parent, .. } => parent.as_str(),
            _ => link,
        };
        for link in std::iter::once(service).chain(self.ports()) {
            plan = plan.and(netifrc_service(self.root, link, cx)?);
        }
        Ok(plan)
    }

    /// Returns the variables of netifrc that the kind of the link determines.
    fn netifrc_kind(&self) -> Vec<(String, String)> {
        let link = self.link.as_str();
        match self.kind {
            BootKind::Card => Vec::new(),
            BootKind::Vlan { parent, id } => {
                let (parent, id) = (parent.as_str(), id.get());
                let name = format!("{}_vlan{id}_name", shell_name(parent));
                vec![(variable(VLANS, parent), id.to_string()), (name, link.to_owned())]
            }
            BootKind::Bridge(_) => {
                let ports: Vec<&str> = self.ports().collect();
                let mut settings = vec![(variable("bridge", link), ports.join(" "))];
                let null = |port: &&str| (variable("config", port), "null".to_owned());
                settings.extend(ports.iter().map(null));
                if !ports.is_empty() {
                    let services: Vec<String> =
                        ports.iter().map(|port| format!("net.{port}")).collect();
                    let need = format!("{}_need", variable("rc_net", link));
                    settings.push((need, services.join(" ")));
                }
                settings
            }
        }
    }

    fn for_networkd(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        let link = self.link.as_str();
        let file = |link: &str, kind: &str, text: String| {
            set_whole(system_file(self.root, &unit_file(link, kind)), cx, text)
        };
        let mut text = format!("[Match]\nName={link}\n\n[Network]\n");
        match self.address {
            Some(address) => text += &format!("Address={address}\n"),
            None => text += "DHCP=yes\n",
        }
        if let Some(gateway) = self.gateway {
            text += &format!("Gateway={gateway}\n");
        }
        if let Some(servers) = self.servers() {
            text += &format!("DNS={servers}\n");
        }
        // A bridge without ports has no carrier, and would never be configured.
        if matches!(self.kind, BootKind::Bridge([])) {
            text += "ConfigureWithoutCarrier=yes\n";
        }
        let mut plan = file(link, "network", text)?;
        match self.kind {
            BootKind::Card => {}
            BootKind::Bridge(_) => {
                let device = format!("[NetDev]\nName={link}\nKind=bridge\n");
                plan = plan.and(file(link, "netdev", device)?);
            }
            BootKind::Vlan { parent, id } => {
                let id = id.get();
                let device = format!("[NetDev]\nName={link}\nKind=vlan\n\n[VLAN]\nId={id}\n");
                plan = plan.and(file(link, "netdev", device)?).and(self.below_vlan(parent, cx)?);
            }
        }
        for port in self.ports() {
            let text = format!("[Match]\nName={port}\n\n[Network]\nBridge={link}\n");
            plan = plan.and(file(port, "network", text)?);
        }
        Ok(plan)
    }

    /// Adds the VLAN to the link below, which gets a file without addresses if it has none.
    fn below_vlan(&self, parent: &LinkName, cx: &Planning<'_>) -> Result<Plan<()>> {
        let own = format!("[Match]\nName={}\n", parent.as_str());
        let place = system_file(self.root, &unit_file(parent.as_str(), "network"));
        let plan = edit(place, cx, |text| {
            Ok(if text.trim().is_empty() { own.clone() } else { text.to_owned() })
        })?;
        let added = format!("[Network]\nVLAN={}\n", self.link.as_str());
        let place = system_file(self.root, &drop_in(parent, self.link));
        Ok(plan.and(set_whole(place, cx, added)?))
    }

    fn for_network_manager(&self, cx: &Planning<'_>) -> Result<Plan<()>> {
        let link = self.link.as_str();
        let file = |name: &str, text: String| {
            set_private(system_file(self.root, &keyfile(name)), cx, text)
        };
        let kind = match self.kind {
            BootKind::Card => "ethernet",
            BootKind::Bridge(_) => "bridge",
            BootKind::Vlan { .. } => "vlan",
        };
        let mut head = format!("[connection]\nid={link}\ntype={kind}\ninterface-name={link}\n");
        if let BootKind::Vlan { parent, id } = self.kind {
            head += &format!("\n[vlan]\nid={}\nparent={}\n", id.get(), parent.as_str());
        }
        let mut plan = file(link, format!("{head}{}", self.keyfile_addresses()))?;
        for port in self.ports() {
            let name = port_name(link, port);
            let text = format!(
                "[connection]\nid={name}\ntype=ethernet\ninterface-name={port}\nmaster={link}\nslave-type=bridge\n"
            );
            plan = plan.and(file(&name, text)?);
        }
        Ok(plan)
    }

    /// Returns the sections of the two protocols in a keyfile.
    fn keyfile_addresses(&self) -> String {
        let section = |v4: bool| {
            let name = if v4 { "ipv4" } else { "ipv6" };
            let own = self.address.filter(|address| address.address.get().is_ipv4() == v4);
            let mut text = format!("\n[{name}]\n");
            match (own, self.address) {
                (Some(address), _) => {
                    let gateway = self.gateway.map(|to| format!(",{to}")).unwrap_or_default();
                    text += &format!("method=manual\naddress1={address}{gateway}\n");
                }
                (None, Some(_)) if v4 => text += "method=disabled\n",
                (None, _) => text += "method=auto\n",
            }
            let servers = self.dns.iter().filter(|server| server.get().is_ipv4() == v4);
            let servers: Vec<String> = servers.map(ToString::to_string).collect();
            if !servers.is_empty() {
                text += &format!("dns={};\n", servers.join(";"));
            }
            text
        };
        [section(true), section(false)].concat()
    }
}

/// Returns the name of the connection of a port.
fn port_name(bridge: &str, port: &str) -> String {
    format!("{bridge}-{port}")
}

/// Returns a variable about a link: netifrc replaces what cannot be part of the name of a variable
/// (`shell_var` in net.lo).
fn variable(prefix: &str, link: &str) -> String {
    format!("{prefix}_{}", shell_name(link))
}

fn shell_name(link: &str) -> String {
    link.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// Links the service of a link.
fn netifrc_service(root: &AbsPath, link: &str, cx: &Planning<'_>) -> Result<Plan<()>> {
    let place = system_file(root, &format!("{INIT_D}/net.{link}"));
    let step = |place, to| Step::Files(FilesStep::Link { place, to });
    let undo = match cx.look(&place)? {
        FileStatus::Link { to } if to.as_os_str() == NETIFRC => {
            return Ok(Plan::steps(Vec::new()).makes(FilesFact::Link { place, to: NETIFRC.into() }));
        }
        FileStatus::Link { to } => {
            Undo::Steps(vec![step(place.clone(), to.to_string_lossy().into_owned())])
        }
        FileStatus::Missing => {
            Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })])
        }
        _ => Undo::Impossible("the previous file is overwritten"),
    };
    Ok(Plan::steps(vec![step(place.clone(), NETIFRC.into())])
        .makes(FilesFact::Link { place, to: NETIFRC.into() })
        .undo(undo))
}
