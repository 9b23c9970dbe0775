//! LVM: physical volumes, volume groups, logical volumes and thin pools.

mod group;
mod physical;
mod rule;
mod thin;
mod volume;

pub use group::{Groups, VgActivate, VgCreate, VgDeactivate, VgInfo, VgRemove};
pub use physical::PvCreate;
pub use rule::LvmRule;
pub use thin::{ThinCreate, ThinPoolCreate, ThinPoolRemove};
pub use volume::{LvCreate, LvRemove};

use crate::error::Result;
use crate::machine::Group;
use crate::operation::Planning;
use crate::system::Cmd;
use crate::types::{LvmName, nearest};

/// Returns an LVM command. Its prompts are answered with yes, because the plan has been approved.
fn lvm(command: &str, cx: &Planning<'_>) -> Cmd {
    Cmd::lvm(command, cx.machine.host.udev)
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

fn group<'a>(name: &LvmName, cx: &Planning<'a>) -> Result<&'a Group> {
    cx.machine.storage.groups.get(name.as_str()).ok_or_else(|| {
        let known = cx.machine.storage.groups.keys().map(String::as_str);
        let near = nearest(name.as_str(), known.clone()).map(str::to_owned);
        let known = known.map(str::to_owned).collect();
        LvmRule::NoSuchGroup { group: name.to_string(), nearest: near, known }.into()
    })
}
