//! Network links, the network settings of a system, and servers.

mod address;
mod head;
mod hosts;
mod links;
mod name;
mod up;

pub(in crate::primitives) use head::downloader;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 5] = [
    query::<links::Links>(),
    action::<up::Up>(),
    action::<address::FixedAddress>(),
    action::<hosts::Hosts>(),
    query::<head::HeadQuery>(),
];
