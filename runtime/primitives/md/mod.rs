//! Software RAID of the kernel (md).

mod create;
mod rule;
mod running;

pub use create::Create;
pub use rule::MdRule;
pub use running::{Assemble, Info, Stop};

use crate::machine::{Content, Device, Machine};
use crate::operation::Planning;
use crate::system::Cmd;

/// mdadm(8). Without udev nobody else makes device nodes, and mdadm must not wait for it.
fn mdadm(cx: &Planning<'_>) -> Cmd {
    let cmd = Cmd::tool("mdadm");
    if cx.machine.host.udev { cmd } else { cmd.env("MDADM_NO_UDEV", "1") }
}

/// The device that an array gets: the highest number that is free, as mdadm itself counts.
fn free_device(machine: &Machine) -> String {
    let path = |number: u32| format!("/dev/md{number}");
    let free = |path: &String| !machine.storage.devices.contains_key(path);
    (0..=127).rev().map(path).find(free).unwrap_or_else(|| path(128))
}

/// Everything that the members of an array say about it.
struct Membership<'a> {
    uuid: &'a str,
    level: &'a str,
    /// How many devices it has when it is complete.
    devices: u32,
    /// Those that are there.
    members: Vec<&'a Device>,
    shares: Vec<u64>,
}

/// The arrays whose members carry this name, by their identifiers.
fn memberships<'a>(name: &str, machine: &'a Machine) -> Vec<Membership<'a>> {
    let mut found: Vec<Membership<'a>> = Vec::new();
    for device in machine.storage.devices.values() {
        let Some(Content::RaidMember { uuid, name: of, level, devices, share }) = &device.content
        else {
            continue;
        };
        if of != name {
            continue;
        }
        let index = found.iter().position(|array| array.uuid == uuid).unwrap_or_else(|| {
            let (members, shares) = (Vec::new(), Vec::new());
            found.push(Membership { uuid, level, devices: *devices, members, shares });
            found.len() - 1
        });
        found[index].members.push(device);
        found[index].shares.push(*share);
    }
    found
}

/// Bytes of an array of this level whose complete members give so much each.
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
