//! `net.up`: sets a network link up.

use super::name::LinkName;
use crate::args;
use crate::error::{Result, Rule};
use crate::machine::net::{NetEffect, NetFact, NetStep};
use crate::operation::{Action, Effect, Plan, Planning, Undo};

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
    }
}

/// A link that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("network link {link}: no such link")]
struct NoSuchLink {
    link: String,
    known: Vec<String>,
}

impl Rule for NoSuchLink {
    fn remedy(&self) -> Option<String> {
        Some(match self.known.is_empty() {
            true => "load the driver of the network card".into(),
            false => format!("use one of {}", self.known.join(", ")),
        })
    }
}

impl Action for Up {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![NetEffect::AltersLink { link: self.link.as_str().to_owned() }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let link = self.link.as_str().to_owned();
        let links = cx.machine.net.links.as_ref();
        if let Some(links) = links.filter(|links| !links.contains_key(&link)) {
            return Err(NoSuchLink { link, known: links.keys().cloned().collect() }.into());
        }
        let unknown =
            || format!("the links of this machine are unknown: {link} is assumed to exist");
        Ok(Plan::step(NetStep::SetLink { link: link.clone(), up: true })
            .warn(links.is_none().then(unknown))
            .makes(NetFact::LinkState { link, up: true })
            .undo(Undo::Release))
    }
}
