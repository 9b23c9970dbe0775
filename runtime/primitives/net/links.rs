//! `net.links`: lists the network links.

use serde::Serialize;

use crate::args;
use crate::error::Result;
use crate::machine::net::Link;
use crate::operation::{Answer, Planning, Query};

args! {
    /// Lists the network links.
    ///
    /// Returns a list of maps with `name`, `up`, `kind` (such as `bridge` or `veth`; nil for
    /// hardware and loopback), `master` (the bridge or bond that the link belongs to, or nil) and
    /// `mtu` (in bytes).
    ///
    /// Source: ip-link(8), rtnetlink(7).
    ///
    /// ```
    /// let links = net::links();
    /// ```
    "net.links" => pub struct Links {}
}

/// A network link as scripts see it.
#[derive(Debug, Serialize)]
pub struct LinkInfo {
    name: String,
    #[serde(flatten)]
    link: Link,
}

impl Query for Links {
    type Output = Vec<LinkInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<LinkInfo>>> {
        let Some(links) = &cx.machine.net.links else { return Ok(Answer::Assumed(Vec::new())) };
        let shown =
            |(name, link): (&String, &Link)| LinkInfo { name: name.clone(), link: link.clone() };
        Ok(Answer::Known(links.iter().map(shown).collect()))
    }
}
