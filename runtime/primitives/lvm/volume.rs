//! Logical volumes.

use super::{LvmRule, group, lvm};
use crate::action::{Action, Effect, Plan, Planning, Undo};
use crate::args;
use crate::error::Result;
use crate::machine::{Fact, Group};
use crate::system::Step;
use crate::types::{Extents, LvmName, Size};

args! {
    /// Makes a logical volume and activates it. Returns its device, `/dev/GROUP/NAME`.
    ///
    /// Source: lvcreate(8); guide ER: the swap volume with `--contiguous y`, the root volume with all
    /// free extents.
    ///
    /// ```
    /// lvm::vg_create("vg", [lvm::pv_create("/dev/sda2")]);
    /// let swap = lvm::lv_create("vg", "swap", "4G", #{ contiguous: true });
    /// let root = lvm::lv_create("vg", "root", "100%FREE");
    /// ```
    "lvm.lv_create" => pub struct LvCreate {
        /// The volume group.
        pub group: LvmName,
        /// Its name in the group.
        pub name: LvmName,
        /// A size (rounded up to whole extents), a percentage of the free or of all extents, or a
        /// number of extents.
        pub size: Extents,
        /// Whether its extents follow one another on the disk.
        pub contiguous: bool = false,
    }
}

args! {
    /// Removes a logical volume; everything on it is lost.
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
        /// Its name in the group.
        pub name: LvmName,
    }
}

impl LvCreate {
    /// The size in extents.
    fn extents(&self, group: &Group) -> Result<u64> {
        let percent = |of: u64, percent: u8| of * u64::from(percent) / 100;
        let extents = match self.size {
            Extents::Bytes(size) => size.get().div_ceil(group.extent),
            Extents::Count(count) => count,
            Extents::OfFree(share) => percent(group.free, share),
            Extents::OfGroup(share) => percent(group.extents, share),
        };
        if extents == 0 || extents > group.free {
            return Err(LvmRule::NoRoom {
                group: self.group.to_string(),
                free: Size::bytes(group.free * group.extent),
                wanted: Size::bytes(extents.max(1) * group.extent),
            }
            .into());
        }
        Ok(extents)
    }
}

impl Action for LvCreate {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        Vec::new()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let found = group(&self.group, cx)?;
        let (group, volume) = (self.group.to_string(), self.name.to_string());
        let path = format!("/dev/{group}/{volume}");
        if let Some(there) = found.volumes.get(&volume) {
            let size = Size::bytes(there.extents * found.extent);
            // Of a percentage nobody can tell whether it gave this volume: its name must do.
            let wanted = match self.size {
                Extents::Bytes(size) => size.get().div_ceil(found.extent),
                Extents::Count(count) => count,
                Extents::OfFree(_) | Extents::OfGroup(_) => there.extents,
            };
            if wanted != there.extents || !there.active {
                return Err(LvmRule::VolumeTaken { group, volume, size }.into());
            }
            return Ok(Plan::already(format!("{path} exists with {size}")).returns(path));
        }
        let extents = self.extents(found)?;
        let mut create = lvm("lvcreate", cx).args(["--yes", "--wipesignatures", "y"]).args([
            "--extents",
            &extents.to_string(),
            "--name",
            &volume,
        ]);
        if self.contiguous {
            create = create.args(["--contiguous", "y"]);
        }
        let remove = lvm("lvremove", cx).args(["--yes", &format!("{group}/{volume}")]);
        Ok(Plan::run(create.arg(&group))
            .makes(Fact::VolumeMade { group, volume, extents })
            .undo(Undo::Steps(vec![Step::Run(remove)]))
            .returns(path))
    }
}

impl Action for LvRemove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Destroys { device: format!("/dev/{}/{}", self.group, self.name) }]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let found = group(&self.group, cx)?;
        let (group, volume) = (self.group.to_string(), self.name.to_string());
        if !found.volumes.contains_key(&volume) {
            let known = found.volumes.keys().cloned().collect();
            return Err(LvmRule::NoSuchVolume { group, volume, known }.into());
        }
        let remove = lvm("lvremove", cx).args(["--yes", &format!("{group}/{volume}")]);
        Ok(Plan::run(remove)
            .makes(Fact::VolumeGone { group, volume })
            .undo(Undo::Impossible("what was on the volume is lost")))
    }
}
