//! Control groups of the running kernel: limits, processes, and the devices that they can open.

mod create;
mod device;
mod freeze;
mod kill;
mod process;
mod rule;
mod seen;
mod set;
mod stat;
mod throughput;
pub(super) mod values;
mod version;

use super::primitive::{Primitive, action, query};

/// The primitives of the domain.
pub(super) const PRIMITIVES: [Primitive; 13] = [
    query::<version::HierarchyVersion>(),
    query::<version::Controllers>(),
    action::<create::CreateGroup>(),
    action::<create::RemoveGroup>(),
    action::<set::SetLimits>(),
    query::<set::GetLimits>(),
    action::<process::AddProcess>(),
    query::<process::Processes>(),
    query::<stat::GroupStat>(),
    action::<freeze::Freeze>(),
    action::<freeze::Thaw>(),
    action::<kill::Kill>(),
    action::<device::DeviceAllow>(),
];
