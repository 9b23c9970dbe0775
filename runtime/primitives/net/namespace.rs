//! `netns.*`: named network namespaces.

use super::name::NamespaceName;
use crate::args;
use crate::error::Result;
use crate::machine::net::{LinkAt, NetEffect, NetFact, NetStep};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};

args! {
    /// Creates a network namespace, which has only a loopback link that is down.
    ///
    /// A namespace that exists is kept. The namespace exists until the next reboot; if the run
    /// fails, it is removed when the run cleans up.
    ///
    /// Source: ip-netns(8), network_namespaces(7).
    ///
    /// ```
    /// netns::create("guest");
    /// ```
    "netns.create" => pub struct NetnsCreate {
        /// The name of the namespace.
        pub name: NamespaceName,
    }
}

args! {
    /// Removes a network namespace, with the links that were created in it.
    ///
    /// Network cards in it return to the initial namespace. Processes in it keep running, without
    /// these links.
    ///
    /// Source: ip-netns(8), network_namespaces(7).
    ///
    /// ```
    /// netns::remove("guest");
    /// ```
    "netns.remove" => pub struct NetnsRemove {
        /// The name of the namespace.
        pub name: NamespaceName,
    }
}

args! {
    /// Lists the names of the network namespaces.
    ///
    /// Source: ip-netns(8).
    ///
    /// ```
    /// let names = netns::list();
    /// ```
    "netns.list" => pub struct NetnsList {}
}

impl Action for NetnsCreate {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![NetEffect::CreatesNamespace { netns: self.name.as_str().into() }.into()]
    }

    fn plan(&self, _cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let netns = self.name.as_str().to_owned();
        Ok(Plan::step(NetStep::SetNamespace { netns: netns.clone(), create: true })
            .makes(NetFact::NetNamespace { netns, exists: true })
            .undo(Undo::Release))
    }
}

impl Action for NetnsRemove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![NetEffect::RemovesNamespace { netns: self.name.as_str().into() }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let netns = self.name.as_str().to_owned();
        let outside = cx.machine.net.removed_with_namespace(&netns).into_iter();
        Ok(Plan::step(NetStep::SetNamespace { netns: netns.clone(), create: false })
            .makes(NetFact::NetNamespace { netns, exists: false })
            .makes_all(outside.map(|at: LinkAt| NetFact::LinkGone { at }.into()))
            .undo(Undo::Impossible("the links in the namespace are lost")))
    }
}

impl Query for NetnsList {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<String>>> {
        let net = &cx.machine.net;
        let names = net.namespaces.keys().cloned().collect();
        Ok(if net.links.is_some() { Answer::Known(names) } else { Answer::Assumed(names) })
    }
}
