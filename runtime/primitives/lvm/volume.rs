//! Logical volumes.

use super::{LvmRule, changeable_group, lvm, lvremove, share_of};
use crate::args;
use crate::error::Result;
use crate::machine::{Group, StorageFact, Volume, VolumeKind};
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::system::Step;
use crate::types::{Choice, Extents, LvmName, RaidLevel, Size};

args! {
    /// Creates and activates a logical volume and returns its device, `/dev/GROUP/NAME`.
    ///
    /// An existing volume of the same name, size and layout is kept, provided that it is active.
    /// Undo removes the volume.
    ///
    /// Source: lvcreate(8); guide ER: the swap volume with `--contiguous y`, the root volume with
    /// all free extents.
    ///
    /// ```
    /// lvm::vg_create("vg", [lvm::pv_create("/dev/sda2")]);
    /// let swap = lvm::lv_create("vg", "swap", "4G", #{ contiguous: true });
    /// let root = lvm::lv_create("vg", "root", "100%FREE");
    /// lvm::vg_create("two", [lvm::pv_create("/dev/sda1"), lvm::pv_create("/dev/sda3")]);
    /// lvm::lv_create("two", "copied", "100M", #{ raid: "raid1" });
    /// ```
    "lvm.lv_create" => pub struct LvCreate {
        /// The volume group.
        pub group: LvmName,
        /// The name of the volume in the volume group.
        pub name: LvmName,
        /// The size, rounded up to whole extents; or a percentage of the free or of all extents
        /// (`"100%FREE"`, `"50%VG"`); or a number of extents.
        pub size: Extents,
        /// Whether to allocate the extents contiguously; not available with `raid`.
        pub contiguous: bool = false,
        /// The RAID level, which distributes the volume over several physical volumes (lvmraid(7)).
        pub raid: Option<RaidLevel>,
        /// The number of physical volumes for `raid`; by default 2 for raid1, and otherwise all of
        /// the group (rounded down to an even number for raid10). raid6 requires at least 5, raid10
        /// an even number.
        pub images: Option<u32>,
    }
}

args! {
    /// Removes a logical volume. All data on it is lost; this cannot be undone.
    ///
    /// Source: lvremove(8).
    ///
    /// ```
    /// lvm::vg_activate("vg_old");
    /// lvm::lv_remove("vg_old", "data");
    /// ```
    "lvm.lv_remove" => pub struct LvRemove {
        /// The volume group.
        pub group: LvmName,
        /// The name of the volume in the volume group.
        pub name: LvmName,
    }
}

impl LvCreate {
    /// Returns the layout of the volume on the physical volumes.
    fn kind(&self, group: &Group) -> std::result::Result<VolumeKind, LvmRule> {
        let Some(level) = self.raid else { return Ok(VolumeKind::Linear) };
        if self.contiguous {
            return Err(LvmRule::Contiguous);
        }
        let members = group.members.len() as u64;
        let usual = match level {
            RaidLevel::Raid1 => 2,
            RaidLevel::Raid10 => members / 2 * 2,
            _ => members,
        };
        let images = self.images.map_or(usual, u64::from);
        let even = level == RaidLevel::Raid10;
        // LVM requires three data stripes in addition to the two parity stripes.
        let least = if level == RaidLevel::Raid6 { 5 } else { level.min_devices() as u64 };
        if images < least || images > members || (even && !images.is_multiple_of(2)) {
            let count = images.min(members);
            let (level, group) = (level.word(), self.group.to_string());
            return Err(LvmRule::Images { level, least, even, group, count });
        }
        Ok(VolumeKind::Raid { level: level.word().to_owned(), images })
    }

    /// Returns the size in extents.
    fn extents(&self, group: &Group, kind: &VolumeKind) -> Result<u64> {
        let percent = |of: u64, percent: u8| {
            let of = share_of(of, percent);
            match kind {
                // Each RAID image has an additional extent for its metadata, except for raid0.
                VolumeKind::Raid { level, images } => {
                    let each = (of / images).saturating_sub(u64::from(level != "raid0"));
                    each.saturating_mul(VolumeKind::data_images(level, *images))
                }
                _ => of,
            }
        };
        let extents = match self.size {
            Extents::Bytes(size) => size.get().div_ceil(group.extent),
            Extents::Count(count) => count,
            Extents::OfFree(share) => percent(group.free, share),
            Extents::OfGroup(share) => percent(group.extents, share),
        };
        let extents = match kind {
            VolumeKind::Raid { level, images } => extents
                .checked_next_multiple_of(VolumeKind::data_images(level, *images))
                .unwrap_or(extents),
            _ => extents,
        };
        let volume = Volume { extents, kind: kind.clone(), ..Volume::default() };
        if extents == 0 || volume.allocated_extents() > group.free {
            return Err(LvmRule::NoRoom {
                group: self.group.to_string(),
                free: Size::bytes(group.bytes(group.free)),
                wanted: Size::bytes(group.bytes(volume.allocated_extents().max(1))),
            }
            .into());
        }
        Ok(extents)
    }
}

/// Returns the options of lvcreate(8) for a RAID volume.
fn raid_options(kind: &VolumeKind) -> Vec<String> {
    let VolumeKind::Raid { level, images } = kind else { return Vec::new() };
    let stripes = VolumeKind::data_images(level, *images).to_string();
    let words: Vec<String> = match level.as_str() {
        "raid1" => vec!["--mirrors".into(), (images - 1).to_string()],
        "raid10" => vec!["--mirrors".into(), "1".into(), "--stripes".into(), stripes],
        _ => vec!["--stripes".into(), stripes],
    };
    [vec!["--type".to_owned(), level.clone()], words].concat()
}

impl Action for LvCreate {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::AltersGroup { group: self.group.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let found = changeable_group(&self.group, cx)?;
        let (group, volume) = (self.group.to_string(), self.name.to_string());
        let path = format!("/dev/{group}/{volume}");
        let kind = self.kind(found)?;
        if let Some(there) = found.volumes.get(&volume) {
            let size = Size::bytes(found.bytes(there.extents));
            // A percentage cannot be compared with an existing volume, so that only the name has to
            // match.
            let wanted = match self.size {
                Extents::Bytes(_) | Extents::Count(_) => {
                    let group = Group { free: u64::MAX, ..found.clone() };
                    self.extents(&group, &kind)?
                }
                Extents::OfFree(_) | Extents::OfGroup(_) => there.extents,
            };
            if wanted != there.extents || there.kind != kind || !there.active {
                return Err(LvmRule::VolumeTaken { group, volume, size }.into());
            }
            return Ok(Plan::already(format!("{path} exists with {size}")).returns(path));
        }
        let extents = self.extents(found, &kind)?;
        let mut create = lvm("lvcreate", cx)
            .args(["--yes", "--wipesignatures", "y"])
            .args(raid_options(&kind))
            .args(["--extents", &extents.to_string(), "--name", &volume]);
        if self.contiguous {
            create = create.args(["--contiguous", "y"]);
        }
        let remove = lvremove(&group, &volume, cx);
        Ok(Plan::run(create.arg(&group))
            .makes(StorageFact::VolumeMade { group, volume, extents, kind })
            .undo(Undo::Steps(vec![Step::Run(remove)]))
            .returns(path))
    }
}

impl Action for LvRemove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys {
            device: format!("/dev/{}/{}", self.group, self.name),
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let found = changeable_group(&self.group, cx)?;
        let (group, volume) = (self.group.to_string(), self.name.to_string());
        let Some(there) = found.volumes.get(&volume) else {
            let known = found.volumes.keys().cloned().collect();
            return Err(LvmRule::NoSuchVolume { group, volume, known }.into());
        };
        if matches!(there.kind, VolumeKind::ThinPool { .. }) {
            return Err(LvmRule::IsAPool { group, pool: volume }.into());
        }
        let dependents = found.dependents(&volume);
        if !dependents.is_empty() {
            return Err(LvmRule::HasDependents { group, volume, dependents }.into());
        }
        let remove = lvremove(&group, &volume, cx);
        let parts = match &there.kind {
            VolumeKind::Layered { parts, layout, .. } if !parts.is_empty() => Some(format!(
                "{group}/{volume} has the layout {layout}: its internal volumes {} are removed with it",
                parts.join(", ")
            )),
            _ => None,
        };
        Ok(Plan::run(remove)
            .warn(parts)
            .makes(StorageFact::VolumeGone { group, volume })
            .undo(Undo::Impossible("the contents of the volume are lost")))
    }
}
