//! distcc over SSH: host keys, compilers and accounts of compile nodes, and proof that they compile.
//!
//! What a node answers is defined once, by [`forced::NodeScript`]: the key of the front end may
//! start nothing else there.

mod account;
mod check;
mod forced;
mod hosts;
mod key;
mod limits;
mod native;
mod node;
mod reach;
mod rule;
mod scan;
mod state;
mod status;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 11] = [
    action::<account::Account>(),
    action::<key::FrontEndKey>(),
    query::<forced::NodeScript>(),
    query::<limits::LimitsScript>(),
    query::<scan::ScanHost>(),
    query::<node::CompilerQuery>(),
    query::<node::NodeQuery>(),
    query::<native::NativeFlags>(),
    query::<hosts::HostList>(),
    action::<check::Check>(),
    query::<status::DistccStatus>(),
];
