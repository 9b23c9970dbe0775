//! LVM: physical volumes, volume groups, logical volumes and thin pools.

mod group;
mod info;
mod physical;
mod rule;
mod thin;
mod volume;

pub use group::{VgActivate, VgCreate, VgDeactivate, VgRemove};
pub use info::{Groups, VgInfo};
pub use physical::PvCreate;
pub use rule::LvmRule;
pub use thin::{ThinCreate, ThinPoolCreate, ThinPoolRemove};
pub use volume::{LvCreate, LvRemove};

use crate::error::Result;
use crate::machine::Group;
use crate::operation::Planning;
use crate::primitives::copies::reject_copied_group;
use crate::system::Cmd;
use crate::types::{LvmName, nearest};

/// Returns an LVM command. Its prompts are answered with yes, because the plan has been approved. It
/// ignores devices that do not answer, for which it would wait.
fn lvm(command: &str, cx: &Planning<'_>) -> Cmd {
    Cmd::lvm(command, cx.machine.host.udev).ignoring(&cx.machine.unreadable_devices())
}

/// Returns the command that removes a logical volume and its data.
fn lvremove(group: &str, volume: &str, cx: &Planning<'_>) -> Cmd {
    lvm("lvremove", cx).args(["--yes", &format!("{group}/{volume}")])
}

/// Returns a percentage of a number of extents.
fn share_of(extents: u64, percent: u8) -> u64 {
    let share = u128::from(extents) * u128::from(percent) / 100;
    u64::try_from(share).unwrap_or(extents)
}

/// Returns a group and the name or UUID under which it is listed. It may be given by its name, or by
/// its UUID.
fn listed_group<'a>(given: &LvmName, cx: &Planning<'a>) -> Result<(&'a str, &'a Group)> {
    let groups = &cx.machine.storage.groups;
    let is_meant = |(key, group): &(&String, &Group)| {
        key.as_str() == given.as_str() || group.uuid == given.as_str()
    };
    if let Some((key, group)) = groups.iter().find(is_meant) {
        return Ok((key, group));
    }
    let same_name: Vec<String> = groups
        .iter()
        .filter(|(_, group)| group.name.as_deref() == Some(given.as_str()))
        .map(|(uuid, group)| format!("{uuid} on {}", group.members.join(" ")))
        .collect();
    if !same_name.is_empty() {
        return Err(LvmRule::SameName { group: given.to_string(), groups: same_name }.into());
    }
    let known = groups.keys().map(String::as_str);
    let near = nearest(given.as_str(), known.clone()).map(str::to_owned);
    let known = known.map(str::to_owned).collect();
    Err(LvmRule::NoSuchGroup { group: given.to_string(), nearest: near, known }.into())
}

/// Returns a group that LVM can change.
fn changeable_group<'a>(given: &LvmName, cx: &Planning<'a>) -> Result<&'a Group> {
    let (key, group) = listed_group(given, cx)?;
    check_lock(key, group)?;
    reject_copied_group(key, group, cx.machine)?;
    if let Some(name) = &group.name {
        let (group, uuid) = (name.clone(), key.to_owned());
        return Err(LvmRule::Unnamed { group, uuid }.into());
    }
    if key != given.as_str() {
        return Err(LvmRule::ByUuid { group: key.to_owned(), uuid: given.to_string() }.into());
    }
    match group.missing() {
        0 => Ok(group),
        missing => {
            let devices = group.members.len();
            Err(LvmRule::MembersMissing { group: key.to_owned(), devices, missing }.into())
        }
    }
}

/// Checks that LVM accepts commands about a group.
fn check_lock(key: &str, group: &Group) -> Result<()> {
    match &group.lock {
        None => Ok(()),
        Some(lock) => Err(LvmRule::Locked { group: key.to_owned(), lock: lock.clone() }.into()),
    }
}
