//! `net.up`, `net.down` and `net.wait`: the state of a network link.

use std::time::Duration;

use super::made::alters;
use super::name::{LinkName, NamespaceName};
use super::rule::{NetRule, check_connection, existing, unknown};
use crate::args;
use crate::error::Result;
use crate::machine::net::{NetEffect, NetFact, NetStep};
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::types::Seconds;

args! {
    /// Sets a network link up, without assigning an address.
    ///
    /// A link that the run has set up is set down again when the run cleans up.
    ///
    /// Source: ip-link(8), `set`.
    ///
    /// ```
    /// net::up("lo");
    /// ```
    "net.up" => pub struct Up {
        /// The name of the link.
        pub link: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

args! {
    /// Sets a network link down. Its routes and IPv6 addresses are removed, its IPv4 addresses are
    /// kept.
    ///
    /// Source: ip-link(8), `set`.
    ///
    /// ```
    /// net::down("eth1");
    /// ```
    "net.down" => pub struct Down {
        /// The name of the link.
        pub link: LinkName,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
        /// Allows a link that carries the default route or the SSH connection of the session.
        pub disconnect: bool = false,
    }
}

args! {
    /// Waits until a network link is up and has a carrier, and none of its addresses is tentative.
    ///
    /// Fails if this takes longer than the time limit. Changes nothing.
    ///
    /// Source: rtnetlink(7); RFC 4862, "Duplicate Address Detection".
    ///
    /// ```
    /// net::wait("eth0", #{ address: true, within: 60 });
    /// ```
    "net.wait" => pub struct Wait {
        /// The name of the link.
        pub link: LinkName,
        /// Whether the link must also have an address other than an IPv6 link-local one.
        pub address: bool = false,
        /// The time limit in seconds.
        pub within: Seconds = 30,
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

impl Action for Up {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        alters(self.link.at(self.netns.as_ref()))
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let at = self.link.at(self.netns.as_ref());
        let link = existing(cx, &at)?;
        if let Some(parent) = link.filter(|link| link.vlan.is_some()).and_then(|l| l.parent.clone())
            && let Some(below) = cx.machine.net.link(&at.beside(&parent))
            && !below.up
        {
            return Err(NetRule::ParentDown { at, parent }.into());
        }
        let warning = unknown(cx, &at);
        Ok(Plan::step(NetStep::SetLink { at: at.clone(), up: true })
            .warn(warning)
            .makes(NetFact::LinkState { at, up: true })
            .undo(Undo::Release))
    }
}

impl Action for Down {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        alters(self.link.at(self.netns.as_ref()))
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let at = self.link.at(self.netns.as_ref());
        if existing(cx, &at)?.is_none_or(|link| link.up) {
            check_connection(cx, &at, self.disconnect)?;
        }
        let warning = unknown(cx, &at);
        Ok(Plan::step(NetStep::SetLink { at: at.clone(), up: false })
            .warn(warning)
            .makes(NetFact::LinkState { at, up: false })
            .undo(Undo::Impossible("the routes of the link are lost")))
    }
}

impl Action for Wait {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![NetEffect::AwaitsLink { at: self.link.at(self.netns.as_ref()) }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let at = self.link.at(self.netns.as_ref());
        existing(cx, &at)?;
        let warning = unknown(cx, &at);
        let limit = Duration::from_secs(self.within.get().into());
        let hint = "check the cable, the port of the switch, and the link at the other end";
        Ok(Plan::step(NetStep::AwaitLink { at, address: self.address, limit })
            .warn(warning)
            .hint(hint))
    }
}
