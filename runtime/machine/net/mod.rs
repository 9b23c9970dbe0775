//! The part `net`: the links, addresses, routes and named namespaces of the running kernel.
//!
//! `link`, `namespace` and `network` contain the state and how links change each other; `rollback`
//! and `restore` the state before a change that is not confirmed yet; `fact`, `step`, `effect`
//! and `release` what their names say, `changes` what facts mean to the rest of the program,
//! `group` joins the removals of links, `scope` is what an action may have changed, `state` machine files
//! and comparison.

mod changes;
mod effect;
mod fact;
mod group;
mod link;
mod namespace;
mod network;
mod release;
mod restore;
mod rollback;
mod scope;
mod state;
mod step;

use super::part::MachinePart;

pub use effect::NetEffect;
pub use fact::NetFact;
pub use link::{Link, LinkAt, LinkKind, MacvlanMode, Route};
pub use namespace::{Links, Namespace};
pub use network::{Connection, NAMESPACES, Network};
pub use release::NetRelease;
pub use rollback::{Rollback, RollbackState, is_change_id, kind as kind_of_link};
pub use scope::NetScope;
pub use step::NetStep;

/// The part `net`.
pub struct Part;

impl MachinePart for Part {
    type State = Network;
    type Scope = NetScope;
    type Fact = NetFact;
    type Step = NetStep;
    type Effect = NetEffect;
    type Release = NetRelease;

    const RESTORED_BY: &'static [&'static str] = &[
        "net.arm_rollback",
        "net.up",
        "net.add_address",
        "net.add_route",
        "bridge.create",
        "bridge.add_port",
        "tap.create",
        "veth.create",
        "vlan.create",
        "macvlan.create",
        "netns.create",
    ];
}
