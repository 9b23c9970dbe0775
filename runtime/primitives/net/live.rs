//! `net.add_address`, `net.add_route` and their counterparts: addresses and routes of the running
//! kernel.

use super::made::alters;
use super::name::{LinkName, NamespaceName};
use super::rule::{NetRule, check_connection, existing, unknown};
use crate::args;
use crate::error::Result;
use crate::machine::net::{NetFact, NetStep, Route};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::types::{Destination, IpAddress, IpPrefix};

args! {
    /// Assigns an address to a network link until the next reboot.
    ///
    /// An address that another link has, and a network that overlaps that of another link or route,
    /// are refused. `net.address` writes the settings that are used at boot.
    ///
    /// Source: ip-address(8), `add`.
    ///
    /// ```
    /// net::add_address("br0", "192.0.2.1/24");
    /// ```
    "net.add_address" => pub struct AddLinkAddress {
        /// The name of the link.
        pub link: LinkName,
        /// The address with the length of its prefix.
        pub address: IpPrefix,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a network that overlaps that of another link or route.
        pub overlap: bool = false,
    }
}

args! {
    /// Removes an address from a network link.
    ///
    /// Source: ip-address(8), `delete`.
    ///
    /// ```
    /// net::remove_address("br0", "192.0.2.1/24");
    /// ```
    "net.remove_address" => pub struct RemoveLinkAddress {
        /// The name of the link.
        pub link: LinkName,
        /// The address with the length of its prefix.
        pub address: IpPrefix,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a link that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

args! {
    /// Adds a route until the next reboot.
    ///
    /// Source: ip-route(8), `add`.
    ///
    /// ```
    /// net::add_route("198.51.100.0/24", "br0", #{ via: "192.0.2.254" });
    /// ```
    "net.add_route" => pub struct AddRoute {
        /// The network, or `default`.
        pub to: Destination,
        /// The name of the link.
        pub link: LinkName,
        /// The address of the gateway; by default the network is on the link.
        pub via: Option<IpAddress>,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

args! {
    /// Removes a route.
    ///
    /// Source: ip-route(8), `delete`.
    ///
    /// ```
    /// net::remove_route("198.51.100.0/24", "br0", #{ via: "192.0.2.254" });
    /// ```
    "net.remove_route" => pub struct RemoveRoute {
        /// The network, or `default`.
        pub to: Destination,
        /// The name of the link.
        pub link: LinkName,
        /// The address of the gateway.
        pub via: Option<IpAddress>,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a default route, and a link that carries the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

impl Action for AddLinkAddress {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        alters(self.link.at(self.netns.as_ref()))
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (at, address) = (self.link.at(self.netns.as_ref()), self.address);
        let link = existing(cx, &at)?;
        let net = &cx.machine.net;
        if link.is_some_and(|link| link.all_addresses().any(|found| *found == address)) {
            return Ok(Plan::already(format!("link {at} has address {address}")));
        }
        if let Some(link) = net.holder(at.netns.as_deref(), address.address) {
            let (address, link) = (address.address, link.to_owned());
            return Err(NetRule::AddressTaken { address, link }.into());
        }
        if let Some((old, link)) = net.overlapped(&at, address).filter(|_| !self.overlap) {
            return Err(NetRule::Overlap { new: address, old, link: link.to_owned() }.into());
        }
        let warning = unknown(cx, &at);
        Ok(Plan::step(NetStep::SetAddress { at: at.clone(), address, add: true })
            .warn(warning)
            .makes(NetFact::LinkAddress { at, address, present: true })
            .undo(Undo::Release))
    }
}

impl Action for RemoveLinkAddress {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        alters(self.link.at(self.netns.as_ref()))
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (at, address) = (self.link.at(self.netns.as_ref()), self.address);
        let link = existing(cx, &at)?;
        if link.is_none_or(|link| link.all_addresses().any(|found| *found == address)) {
            check_connection(cx, &at, self.disconnect)?;
        }
        let warning = unknown(cx, &at);
        let back = NetStep::SetAddress { at: at.clone(), address, add: true };
        Ok(Plan::step(NetStep::SetAddress { at: at.clone(), address, add: false })
            .warn(warning)
            .makes(NetFact::LinkAddress { at, address, present: false })
            .undo(Undo::Steps(vec![back.into()])))
    }
}

/// Returns the route that the parameters describe.
fn route(to: Destination, via: Option<IpAddress>, link: &LinkName) -> Result<Route> {
    let to = match (to.network(), via) {
        (Some(network), _) => network,
        (None, Some(via)) => IpPrefix::default_like(via),
        (None, None) => return Err(NetRule::NoGateway.into()),
    };
    Ok(Route { to, via, link: link.as_str().to_owned() })
}

impl Action for AddRoute {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        alters(self.link.at(self.netns.as_ref()))
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let at = self.link.at(self.netns.as_ref());
        let (netns, route) = (at.netns.clone(), route(self.to, self.via, &self.link)?);
        let link = existing(cx, &at)?;
        let other = |found: &&Route| found.to == route.to;
        let found = cx.machine.net.routes_in(at.netns.as_deref()).find(other);
        match found {
            Some(found) if *found == route => {}
            Some(found) => {
                return Err(NetRule::RouteTaken { route, found: found.clone() }.into());
            }
            None if link.is_some_and(|link| !link.up) => {
                return Err(NetRule::RouteDown { route }.into());
            }
            None => {
                let reached =
                    |via| link.is_none_or(|link| link.all_addresses().any(|p| p.contains(via)));
                if let Some(via) = route.via.filter(|via| !reached(*via)) {
                    return Err(NetRule::NoWay { via, at }.into());
                }
            }
        }
        let warning = unknown(cx, &at);
        let step = NetStep::SetRoute { netns: netns.clone(), route: route.clone(), add: true };
        Ok(Plan::step(step)
            .warn(warning)
            .makes(NetFact::NetRoute { netns, route, present: true })
            .undo(Undo::Release))
    }
}

impl Action for RemoveRoute {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        alters(self.link.at(self.netns.as_ref()))
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let at = self.link.at(self.netns.as_ref());
        let (netns, route) = (at.netns.clone(), route(self.to, self.via, &self.link)?);
        existing(cx, &at)?;
        if cx.machine.net.routes_in(netns.as_deref()).any(|found| *found == route) {
            check_connection(cx, &at, self.disconnect)?;
        }
        let warning = unknown(cx, &at);
        let change = |add| NetStep::SetRoute { netns: netns.clone(), route: route.clone(), add };
        Ok(Plan::step(change(false))
            .warn(warning)
            .undo(Undo::Steps(vec![change(true).into()]))
            .makes(NetFact::NetRoute { netns, route, present: false }))
    }
}
