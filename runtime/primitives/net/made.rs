//! What the primitives that create and remove links have in common.

use super::rule::{NetRule, check_connection, check_kind, existing, kind_of, links_in, unknown};
use crate::error::Result;
use crate::machine::net::{LinkAt, LinkKind, NetEffect, NetFact, NetStep, kind_of_link};
use crate::operation::{Effect, Plan, Planning, Undo};

/// Returns the effects of creating links.
pub(super) fn creates(links: impl IntoIterator<Item = LinkAt>) -> Vec<Effect> {
    links.into_iter().map(|at| NetEffect::CreatesLink { at }.into()).collect()
}

/// Returns the effects of removing a link.
pub(super) fn removes(at: LinkAt) -> Vec<Effect> {
    vec![NetEffect::RemovesLink { at }.into()]
}

/// Returns the effects of changing a link.
pub(super) fn alters(at: LinkAt) -> Vec<Effect> {
    vec![NetEffect::AltersLink { at }.into()]
}

/// Plans a new link. A link with this name that is what was requested is kept, whatever created it.
pub(super) fn create(cx: &Planning<'_>, at: LinkAt, new: LinkKind) -> Result<Plan<()>> {
    let group = cx.ids.link_group();
    if let Some(parent) = new.parent() {
        existing(cx, &at.beside(parent))?;
    }
    let links = links_in(cx, at.netns.as_deref())?;
    let taken = |at: &LinkAt, found| NetRule::Taken { at: at.clone(), found: kind_of(found) };
    match links.and_then(|links| links.get(&at.link)) {
        Some(found) if !new.matches(found) => return Err(taken(&at, found).into()),
        Some(found) if found.group != group => {
            return Ok(Plan::already(format!("{} {at} exists", new.name())));
        }
        Some(_) => {}
        None => {
            if let LinkKind::Veth { peer } = &new
                && let Some(found) =
                    links_in(cx, peer.netns.as_deref())?.and_then(|links| links.get(&peer.link))
            {
                return Err(taken(peer, found).into());
            }
        }
    }
    let warning = links.is_none().then(|| {
        format!("the links of this machine are unknown: the name {} is assumed to be free", at.link)
    });
    let step = NetStep::AddLink { at: at.clone(), new: new.clone(), group };
    Ok(Plan::step(step)
        .warn(warning)
        .hint("check that the kernel supports this kind of link: modprobe --all bridge tun veth 8021q macvlan")
        .makes(NetFact::LinkMade { at, new, group })
        .undo(Undo::Release))
}

/// Plans the removal of a link of this kind.
pub(super) fn remove(
    cx: &Planning<'_>,
    at: LinkAt,
    kind: &'static str,
    disconnect: bool,
) -> Result<Plan<()>> {
    let found = match links_in(cx, at.netns.as_deref())? {
        Some(links) if !links.contains_key(&at.link) => {
            return Ok(Plan::already(format!("link {at} does not exist")));
        }
        _ => existing(cx, &at)?,
    };
    if let Some(found) = found {
        check_kind(&at, found, kind)?;
    }
    let restored = cx.machine.net.restorer(&at).and_then(|one| one.old_link(&at.link));
    if let Some(old) = restored.filter(|old| kind_of_link(old).is_none()) {
        return Err(NetRule::NotRestorable { kind: kind_of(old), at }.into());
    }
    check_connection(cx, &at, disconnect)?;
    let gone = cx.machine.net.removed_with(&at).into_iter();
    let warning = unknown(cx, &at);
    Ok(Plan::step(NetStep::RemoveLink { at })
        .warn(warning)
        .makes_all(gone.map(|at| NetFact::LinkGone { at }.into()))
        .undo(Undo::Impossible("the addresses, routes and ports of the link are lost")))
}
