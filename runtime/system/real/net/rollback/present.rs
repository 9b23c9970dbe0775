//! The present links and routes, as a model.

use std::io;

use super::super::dump::{Dump, Dumps};
use crate::machine::net::Network;

/// Returns the links and routes of the namespace of this process.
pub(super) fn present() -> io::Result<Network> {
    Ok(network(Dump::read()?.unwrap_or_default()))
}

/// Returns the links and routes of a namespace.
pub(super) fn network(dump: Dump) -> Network {
    let mut dumps = Dumps::default();
    dumps.0.insert(None, dump);
    let namespace = dumps.namespace(None, &Network::default()).unwrap_or_default();
    Network { links: namespace.links, routes: namespace.routes, ..Network::default() }
}
