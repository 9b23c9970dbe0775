//! `net.links`: lists the network links.

use serde::Serialize;

use super::name::NamespaceName;
use super::rule::links_in;
use crate::args;
use crate::error::Result;
use crate::machine::net::Link;
use crate::operation::{Answer, Planning, Query};

args! {
    /// Lists the network links.
    ///
    /// Returns a list of maps with `name`, `up`, `kind` (such as `bridge` or `veth`; nil for
    /// hardware and loopback), `master` (the bridge or bond that the link belongs to, or nil),
    /// `mtu` (in bytes) and, as far as the link has them, `parent` (the link below), `vlan`,
    /// `mode`, `peer` (a map with `link` and `netns`), `owner` (the number of a user), `group`,
    /// `addresses` and `dynamic` (addresses with a lifetime).
    ///
    /// Source: ip-link(8), rtnetlink(7).
    ///
    /// ```
    /// let links = net::links();
    /// ```
    "net.links" => pub struct LinkList {
        /// The network namespace; that of the program by default.
        pub netns: Option<NamespaceName>,
    }
}

/// A network link as scripts see it.
#[derive(Debug, Serialize)]
pub struct LinkInfo {
    name: String,
    #[serde(flatten)]
    link: Link,
}

impl Query for LinkList {
    type Output = Vec<LinkInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<LinkInfo>>> {
        let netns = self.netns.as_ref().map(NamespaceName::as_str);
        let Some(links) = links_in(cx, netns)? else { return Ok(Answer::Assumed(Vec::new())) };
        let shown =
            |(name, link): (&String, &Link)| LinkInfo { name: name.clone(), link: link.clone() };
        Ok(Answer::Known(links.iter().map(shown).collect()))
    }
}
