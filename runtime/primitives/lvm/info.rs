//! Information about volume groups.

use std::collections::BTreeMap;

use serde::Serialize;

use super::listed_group;
use crate::args;
use crate::error::Result;
use crate::machine::Group;
use crate::operation::{Answer, Planning, Query};
use crate::types::{DevicePath, LvmName, Size};

args! {
    /// Returns information about a volume group.
    ///
    /// The result is a map with `name`, `members` (the physical volumes), `extent_size` (in bytes),
    /// `extents` and `free` (numbers of extents), `free_size` (the free space in human-readable
    /// form), `active`, and `volumes`, a map from the name of each logical volume to a map with
    /// `path`, `extents`, `bytes` and `active`.
    ///
    /// Source: vgs(8); guide ER, "the number of physical extents available".
    ///
    /// ```
    /// print(lvm::vg_info("vg_old").free);
    /// ```
    "lvm.vg_info" => pub struct VgInfo {
        /// The name of the volume group, or its UUID.
        pub name: LvmName,
    }
}

args! {
    /// Lists the names of all volume groups, or of those on a device.
    ///
    /// Volume groups inside a LUKS container are detected only while the container is open. If it
    /// is opened during the run, the plan assumes that it contains none.
    ///
    /// Source: vgs(8).
    ///
    /// ```
    /// let names = lvm::groups(#{ on: "/dev/sdc2" });
    /// ```
    "lvm.groups" => pub struct Groups {
        /// The device to which the list is restricted; includes volume groups in containers on it.
        pub on: Option<DevicePath>,
    }
}

/// The result of `lvm.vg_info`.
#[derive(Debug, Serialize)]
pub struct DescribedGroup {
    name: String,
    members: Vec<String>,
    extent_size: u64,
    extents: u64,
    free: u64,
    free_size: String,
    active: bool,
    volumes: BTreeMap<String, DescribedVolume>,
}

/// A logical volume in the result of `lvm.vg_info`.
#[derive(Debug, Serialize)]
pub struct DescribedVolume {
    path: String,
    extents: u64,
    bytes: u64,
    active: bool,
}

impl Query for VgInfo {
    type Output = DescribedGroup;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<DescribedGroup>> {
        let (key, found) = listed_group(&self.name, cx)?;
        let group = found.name.as_deref().unwrap_or(key);
        let volumes = found.volumes.iter().map(|(name, volume)| {
            let described = DescribedVolume {
                path: format!("/dev/{group}/{name}"),
                extents: volume.extents,
                bytes: found.bytes(volume.extents),
                active: volume.active,
            };
            (name.clone(), described)
        });
        Ok(Answer::Known(DescribedGroup {
            name: group.to_owned(),
            members: found.members.clone(),
            extent_size: found.extent,
            extents: found.extents,
            free: found.free,
            free_size: Size::bytes(found.bytes(found.free)).to_string(),
            active: found.active(),
            volumes: volumes.collect(),
        }))
    }
}

impl Query for Groups {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let on = self.on.as_ref().map(|path| cx.device(path)).transpose()?;
        let lies_there = |group: &Group| {
            on.is_none_or(|on| group.members.iter().any(|m| cx.machine.depends_on(m, &on.path)))
        };
        let names = cx
            .machine
            .storage
            .groups
            .iter()
            .filter(|(_, g)| lies_there(g))
            .map(|(n, _)| n.clone())
            .collect();
        let unseen =
            on.map_or(cx.machine.storage.devices.values().any(|d| d.unprobed), |on| on.unprobed);
        Ok(if unseen { Answer::Assumed(names) } else { Answer::Known(names) })
    }
}
