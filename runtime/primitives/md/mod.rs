//! Software RAID of the kernel (md arrays).

mod conf;
mod create;
mod rule;
mod running;

pub use conf::MdadmConf;
pub use create::Create;
pub use rule::MdRule;
pub use running::{Assemble, Info, List, Stop};

use std::collections::BTreeSet;

use crate::machine::{Content, Device, Machine};
use crate::operation::Planning;
use crate::system::Cmd;

/// Returns an mdadm(8) command. Without udev, mdadm must create the device nodes itself instead of
/// waiting for them.
fn mdadm(cx: &Planning<'_>) -> Cmd {
    let cmd = Cmd::tool("mdadm");
    if cx.machine.host.udev { cmd } else { cmd.env("MDADM_NO_UDEV", "1") }
}

/// Returns the device of the next array: the highest unused number, which is also the choice of
/// mdadm.
fn free_device(machine: &Machine) -> String {
    let path = |number: u32| format!("/dev/md{number}");
    let free = |path: &String| !machine.storage.devices.contains_key(path);
    (0..=127).rev().map(path).find(free).unwrap_or_else(|| path(128))
}

/// An array as described by the superblocks of its members.
struct Membership<'a> {
    /// Its name, without the host before it; empty if it has none.
    name: &'a str,
    uuid: &'a str,
    level: &'a str,
    /// The number of members of the complete array.
    devices: u32,
    /// The members that are present.
    members: Vec<&'a Device>,
    shares: Vec<u64>,
}

/// Returns the arrays with this name, one per UUID, or the array with this UUID.
fn memberships<'a>(name: &str, machine: &'a Machine) -> Vec<Membership<'a>> {
    let is_meant = |array: &Membership<'_>| array.name == name || array.uuid == name;
    all_arrays(machine).into_iter().filter(is_meant).collect()
}

fn all_arrays(machine: &Machine) -> Vec<Membership<'_>> {
    let mut found: Vec<Membership<'_>> = Vec::new();
    for device in machine.storage.devices.values() {
        let Some(Content::RaidMember { uuid, name, level, devices, share, .. }) = &device.content
        else {
            continue;
        };
        let index = found.iter().position(|array| array.uuid == uuid).unwrap_or_else(|| {
            let (members, shares) = (Vec::new(), Vec::new());
            found.push(Membership { name, uuid, level, devices: *devices, members, shares });
            found.len() - 1
        });
        found[index].members.push(device);
        found[index].shares.push(*share);
    }
    found
}

/// Returns the names of all arrays; of those without a unique name, the UUIDs.
fn array_names(machine: &Machine) -> Vec<String> {
    let arrays = all_arrays(machine);
    let is_unique = |name: &str| arrays.iter().filter(|array| array.name == name).count() == 1;
    let names = arrays.iter().map(|array| match is_unique(array.name) && !array.name.is_empty() {
        true => array.name.to_owned(),
        false => array.uuid.to_owned(),
    });
    names.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Returns the size in bytes of an array of this level, given the bytes used on each member.
fn array_size(level: &str, devices: u32, shares: &[u64]) -> u64 {
    let least = shares.iter().min().copied().unwrap_or(0);
    let count = u64::from(devices);
    match level {
        "raid0" | "linear" => shares.iter().fold(0, |sum, share| sum.saturating_add(*share)),
        "raid5" | "raid4" => least.saturating_mul(count.saturating_sub(1)),
        "raid6" => least.saturating_mul(count.saturating_sub(2)),
        "raid10" => least.saturating_mul(count) / 2,
        _ => least,
    }
}
