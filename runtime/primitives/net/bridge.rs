//! `bridge.*`: Ethernet bridges, which join links to one network.

use serde::Serialize;

use super::made::{alters, create, creates, remove, removes};
use super::name::{LinkName, NamespaceName};
use super::rule::{NetRule, check_connection, check_kind, existing, links_in, unknown};
use crate::args;
use crate::error::Result;
use crate::machine::net::{LinkKind, NetFact, NetStep};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};

/// The kind of a bridge.
const BRIDGE: &str = "bridge";

args! {
    /// Creates a bridge, which is down and has no ports.
    ///
    /// A bridge that exists is kept. The bridge exists until the next reboot; if the run fails, it
    /// is removed when the run cleans up.
    ///
    /// Source: ip-link(8), `add`.
    ///
    /// ```
    /// bridge::create("br0");
    /// ```
    "bridge.create" => pub struct BridgeCreate {
        /// The name of the bridge.
        pub name: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

args! {
    /// Makes a link a port of a bridge.
    ///
    /// Frames that arrive on a port only reach the bridge: addresses belong on the bridge. A link
    /// that carries the default route or the SSH connection of the session is refused, unless
    /// `net.arm_rollback` restores it.
    ///
    /// Source: ip-link(8), `set`; bridge(8).
    ///
    /// ```
    /// bridge::create("br0");
    /// tap::create("tap0");
    /// bridge::add_port("br0", "tap0");
    /// ```
    "bridge.add_port" => pub struct AddPort {
        /// The name of the bridge.
        pub name: LinkName,
        /// The name of the link.
        pub link: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a link that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

args! {
    /// Removes a port from its bridge. The link itself is kept.
    ///
    /// Source: ip-link(8), `set`.
    ///
    /// ```
    /// bridge::remove_port("br0", "tap0");
    /// ```
    "bridge.remove_port" => pub struct RemovePort {
        /// The name of the bridge.
        pub name: LinkName,
        /// The name of the link.
        pub link: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a bridge that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

args! {
    /// Removes a bridge. Its ports are kept, and belong to no bridge afterwards.
    ///
    /// Source: ip-link(8), `delete`.
    ///
    /// ```
    /// bridge::remove("br0");
    /// ```
    "bridge.remove" => pub struct BridgeRemove {
        /// The name of the bridge.
        pub name: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a bridge that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

args! {
    /// Lists the bridges.
    ///
    /// Returns a list of maps with `name`, `up`, `mtu` (in bytes), `ports` (a list of names) and
    /// `addresses` (a list of addresses with the lengths of their prefixes).
    ///
    /// Source: rtnetlink(7).
    ///
    /// ```
    /// let bridges = bridge::list();
    /// ```
    "bridge.list" => pub struct BridgeList {
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

/// A bridge as scripts see it.
#[derive(Debug, Serialize)]
pub struct BridgeInfo {
    name: String,
    up: bool,
    mtu: u32,
    ports: Vec<String>,
    addresses: Vec<String>,
}

impl Action for BridgeCreate {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        creates([self.name.at(self.netns.as_ref())])
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        create(cx, self.name.at(self.netns.as_ref()), LinkKind::Bridge)
    }
}

impl Action for AddPort {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let netns = self.netns.as_ref();
        [alters(self.name.at(netns)), alters(self.link.at(netns))].concat()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let netns = self.netns.as_ref();
        let (bridge, at) = (self.name.at(netns), self.link.at(netns));
        if let Some(found) = existing(cx, &bridge)? {
            check_kind(&bridge, found, BRIDGE)?;
        }
        let link = existing(cx, &at)?;
        let net = &cx.machine.net;
        let name = || bridge.link.clone();
        let no_port = |why| NetRule::NoPort { at: at.clone(), bridge: name(), why };
        if at.link == "lo" {
            return Err(no_port("it is the loopback link").into());
        }
        if let Some(link) = link {
            match &link.master {
                Some(master) if *master != bridge.link => {
                    let bridge = master.clone();
                    return Err(NetRule::OtherBridge { at, bridge }.into());
                }
                Some(_) => return Ok(Plan::already(format!("link {at} is a port of {}", name()))),
                None => {}
            }
            if link.kind.as_deref() == Some(BRIDGE) {
                return Err(no_port("it is a bridge").into());
            }
            let mut others = net.links_in(at.netns.as_deref()).into_iter().flatten();
            if others
                .any(|(_, above)| above.mode.is_some() && above.parent.as_ref() == Some(&at.link))
            {
                return Err(no_port("it has macvlans").into());
            }
        }
        check_connection(cx, &at, self.disconnect)?;
        let warning = unknown(cx, &at);
        Ok(Plan::step(NetStep::SetBridge { at: at.clone(), bridge: Some(name()) })
            .warn(warning)
            .makes(NetFact::LinkPort { at, bridge: Some(name()) })
            .undo(Undo::Release))
    }
}

impl Action for RemovePort {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let netns = self.netns.as_ref();
        [alters(self.name.at(netns)), alters(self.link.at(netns))].concat()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let at = self.link.at(self.netns.as_ref());
        let bridge = self.name.as_str();
        if let Some(link) = existing(cx, &at)? {
            match &link.master {
                None => return Ok(Plan::already(format!("link {at} is not a port"))),
                Some(other) if other != bridge => {
                    return Err(NetRule::OtherBridge { at, bridge: other.clone() }.into());
                }
                Some(_) => {}
            }
        }
        check_connection(cx, &at, self.disconnect)?;
        let back = NetStep::SetBridge { at: at.clone(), bridge: Some(bridge.to_owned()) };
        let warning = unknown(cx, &at);
        Ok(Plan::step(NetStep::SetBridge { at: at.clone(), bridge: None })
            .warn(warning)
            .makes(NetFact::LinkPort { at, bridge: None })
            .undo(Undo::Steps(vec![back.into()])))
    }
}

impl Action for BridgeRemove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        removes(self.name.at(self.netns.as_ref()))
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        remove(cx, self.name.at(self.netns.as_ref()), BRIDGE, self.disconnect)
    }
}

impl Query for BridgeList {
    type Output = Vec<BridgeInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<BridgeInfo>>> {
        let netns = self.netns.as_ref().map(NamespaceName::as_str);
        let Some(links) = links_in(cx, netns)? else { return Ok(Answer::Assumed(Vec::new())) };
        let bridges = links.iter().filter(|(_, link)| link.kind.as_deref() == Some(BRIDGE));
        let bridges = bridges.map(|(name, link)| BridgeInfo {
            name: name.clone(),
            up: link.up,
            mtu: link.mtu,
            ports: links
                .iter()
                .filter(|(_, port)| port.master.as_ref() == Some(name))
                .map(|(port, _)| port.clone())
                .collect(),
            addresses: link.all_addresses().map(ToString::to_string).collect(),
        });
        Ok(Answer::Known(bridges.collect()))
    }
}
