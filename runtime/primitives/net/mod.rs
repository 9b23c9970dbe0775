//! Network links, the network settings of a system, and servers.

mod address;
mod at_boot;
mod bridge;
mod bridge_at_boot;
mod confirm;
mod head;
mod hosts;
mod links;
mod live;
mod made;
pub(super) mod name;
mod namespace;
mod rule;
mod up;
mod virtual_links;
mod vlan_at_boot;

pub(in crate::primitives) use head::downloader;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 31] = [
    query::<links::LinkList>(),
    action::<up::Up>(),
    action::<up::Down>(),
    action::<up::Wait>(),
    action::<live::AddLinkAddress>(),
    action::<live::RemoveLinkAddress>(),
    action::<live::AddRoute>(),
    action::<live::RemoveRoute>(),
    action::<confirm::ArmRollback>(),
    action::<confirm::Confirm>(),
    action::<address::FixedAddress>(),
    action::<hosts::Hosts>(),
    query::<head::HeadQuery>(),
    action::<bridge::BridgeCreate>(),
    action::<bridge::AddPort>(),
    action::<bridge::RemovePort>(),
    action::<bridge::BridgeRemove>(),
    query::<bridge::BridgeList>(),
    action::<bridge_at_boot::BridgeAtBoot>(),
    action::<virtual_links::TapCreate>(),
    action::<virtual_links::TapRemove>(),
    action::<virtual_links::VethCreate>(),
    action::<virtual_links::VethRemove>(),
    action::<virtual_links::VlanCreate>(),
    action::<virtual_links::VlanRemove>(),
    action::<vlan_at_boot::VlanAtBoot>(),
    action::<virtual_links::MacvlanCreate>(),
    action::<virtual_links::MacvlanRemove>(),
    action::<namespace::NetnsCreate>(),
    action::<namespace::NetnsRemove>(),
    query::<namespace::NetnsList>(),
];
