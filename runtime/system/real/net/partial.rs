//! Reading the links that an action has changed, instead of all: what an action costs must not grow
//! with the number of links.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use super::dump::{Dump, Dumps};
use super::namespace::inside;
use crate::machine::net::{LinkAt, NetScope, Network};
use crate::system::real::Real;

/// How long the other links of a namespace count as known: guards see what DHCP clients and users
/// change beside the run, as far as it was a second ago at the last action.
const KNOWN_FOR: Duration = Duration::from_secs(1);

/// Reads the links of a scope again. Returns false if more has to be read: where other links may
/// have changed with them or were read too long ago, and after an error.
pub(super) fn look(real: &Real, net: &mut Network, scope: &NetScope) -> bool {
    let is_known = |at: &LinkAt| {
        net.links_in(at.netns.as_deref()).is_some()
            && real.links_read.get(&at.netns).is_some_and(|read| read.elapsed() < KNOWN_FOR)
    };
    if !scope.is_bounded() || !scope.links.iter().chain(&scope.beside).all(is_known) {
        return false;
    }
    let wanted = net.to_read(scope);
    let Ok(dumps) = dumps(&wanted) else { return false };
    let known = net.links_of(&NetScope { links: wanted.clone(), ..NetScope::default() });
    for netns in dumps.0.keys() {
        let found = dumps.namespace(netns.as_deref(), &known);
        let mut links = found.and_then(|namespace| namespace.links).unwrap_or_default();
        for at in wanted.iter().filter(|at| at.netns == *netns) {
            net.replace(at, links.remove(&at.link));
        }
    }
    true
}

fn dumps(links: &BTreeSet<LinkAt>) -> io::Result<Dumps> {
    let mut spaces: BTreeMap<&Option<String>, BTreeSet<&str>> = BTreeMap::new();
    for at in links {
        spaces.entry(&at.netns).or_default().insert(&at.link);
    }
    let read = |(netns, names): (&Option<String>, BTreeSet<&str>)| {
        let dump = inside(netns.as_deref(), || Dump::read_links(&names))?;
        Ok((netns.clone(), dump))
    };
    Ok(Dumps(spaces.into_iter().map(read).collect::<io::Result<_>>()?))
}
