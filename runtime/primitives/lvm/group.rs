//! Volume groups.

use super::physical::DATA_START;
use super::{LvmRule, changeable_group, check_lock, listed_group, lvm};
use crate::args;
use crate::error::{InUse, Result};
use crate::machine::{
    Content, Fact, Group, MISSING, Release, StorageFact, StorageRelease, Use, group_selection,
};
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, StorageEffect, Undo};
use crate::primitives::contents::{Contents, contents};
use crate::primitives::copies::{reject_copied_group, reject_copied_volume};
use crate::system::Step;
use crate::types::{DevicePath, LvmName, Size};

args! {
    /// Creates a volume group from physical volumes and returns its name.
    ///
    /// Devices of different sector sizes are rejected. Undo removes the volume group.
    ///
    /// Source: vgcreate(8); guide ER, `vgcreate $VG_NAME /dev/mapper/$ENC_HDD`.
    ///
    /// ```
    /// lvm::vg_create("vg_hostos", [lvm::pv_create("/dev/sda2")]);
    /// ```
    "lvm.vg_create" => pub struct VgCreate {
        /// The name of the volume group.
        pub name: LvmName,
        /// The physical volumes, created by `lvm.pv_create`; at least one.
        pub devices: Vec<DevicePath>,
        /// The size of an extent, the allocation unit of logical volumes: a power of two from 1 KiB
        /// to 16 GiB.
        pub extent_size: Size = "4M",
    }
}

args! {
    /// Activates a volume group: its logical volumes appear as `/dev/GROUP/VOLUME`.
    ///
    /// If two groups have the same name, give the UUID, which `lvm.groups` lists instead. Undo
    /// deactivates the volume group.
    ///
    /// Source: vgchange(8); guide ER, `vgchange -a y $VG_NAME`.
    ///
    /// ```
    /// lvm::vg_activate("vg_old");
    /// ```
    "lvm.vg_activate" => pub struct VgActivate {
        /// The name of the volume group, or its UUID.
        pub name: LvmName,
        /// Whether to activate only the volumes of which no physical volume is missing. Otherwise,
        /// a group with incomplete volumes is refused.
        pub complete_only: bool = false,
        /// Whether its logical volumes can only be read. Required if its physical volumes can only
        /// be read, such as on a container that was opened with `read_only`.
        pub read_only: bool = false,
    }
}

args! {
    /// Deactivates a volume group: its logical volumes disappear until it is activated again.
    ///
    /// Filesystems, swap areas and containers on them must be released first.
    ///
    /// Source: vgchange(8).
    ///
    /// ```
    /// lvm::vg_activate("vg_old");
    /// lvm::vg_deactivate("vg_old");
    /// ```
    "lvm.vg_deactivate" => pub struct VgDeactivate {
        /// The name of the volume group, or its UUID.
        pub name: LvmName,
    }
}

args! {
    /// Removes a volume group that has no logical volumes.
    ///
    /// Cannot be undone. The devices remain physical volumes.
    ///
    /// Source: vgremove(8).
    ///
    /// ```
    /// lvm::vg_create("vg", [lvm::pv_create("/dev/sda2")]);
    /// lvm::vg_remove("vg");
    /// ```
    "lvm.vg_remove" => pub struct VgRemove {
        /// The name of the volume group.
        pub name: LvmName,
    }
}

impl Action for VgCreate {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        self.devices
            .iter()
            .map(|d| Effect::Storage(StorageEffect::Alters { device: d.to_string() }))
            .collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let name = self.name.to_string();
        let extent = self.extent_size;
        if !extent.get().is_power_of_two() || !(1 << 10..=16 << 30).contains(&extent.get()) {
            return Err(LvmRule::ExtentSize { size: extent }.into());
        }
        let mut members = Vec::with_capacity(self.devices.len());
        let mut extents = 0;
        for path in &self.devices {
            let device = cx.device(path)?;
            let path = device.path.clone();
            if !matches!(
                contents(device)?,
                Contents::Known(Content::Physical { .. }) | Contents::AtRunTime
            ) {
                return Err(LvmRule::NotPhysical { device: path }.into());
            }
            reject_copied_volume(&name, device, cx.machine)?;
            let owner =
                cx.machine.storage.groups.iter().find(|(_, group)| group.members.contains(&path));
            if let Some((owner, _)) = owner.filter(|(owner, _)| **owner != name) {
                return Err(LvmRule::Belongs { device: path, group: owner.clone() }.into());
            }
            extents += device.size.saturating_sub(DATA_START) / extent.get();
            members.push(path);
        }
        if members.is_empty() {
            return Err(LvmRule::NoMembers.into());
        }
        match cx.machine.storage.groups.get(&name) {
            Some(taken) if !taken.has_members(&members) => {
                let members = taken.members.clone();
                return Err(LvmRule::GroupTaken { group: name, members }.into());
            }
            Some(_) => {}
            None => reject_mixed_sectors(&name, &members, cx)?,
        }
        let mut groups = cx.machine.storage.groups.values();
        if let Some(taken) = groups.find(|group| group.name.as_deref() == Some(name.as_str())) {
            let members = taken.members.clone();
            return Err(LvmRule::GroupTaken { group: name, members }.into());
        }
        let create = lvm("vgcreate", cx)
            .args(["--yes", "--physicalextentsize", &extent.exact(), &name])
            .args(members.iter().cloned());
        let remove = lvm("vgremove", cx).arg(&name);
        Ok(Plan::run(create)
            .makes(StorageFact::GroupMade {
                group: name.clone(),
                members,
                extent: extent.get(),
                extents,
            })
            .undo(Undo::Steps(vec![Step::Run(remove)]))
            .returns(name))
    }
}

/// Rejects physical volumes of different sector sizes, as LVM does by default: a filesystem with
/// small blocks could not be mounted any more once it were moved to larger sectors.
fn reject_mixed_sectors(group: &str, members: &[String], cx: &Planning<'_>) -> Result<()> {
    let sector = |path: &String| cx.machine.find(path).map(|device| (path.clone(), device.sector));
    let members: Vec<(String, u32)> = members.iter().filter_map(sector).collect();
    match members.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        true => Ok(()),
        false => Err(LvmRule::MixedSectors { group: group.to_owned(), members }.into()),
    }
}

impl VgActivate {
    fn check(&self, key: &str, group: &Group, cx: &Planning<'_>) -> Result<()> {
        check_lock(key, group)?;
        reject_copied_group(key, group, cx.machine)?;
        if let Some(name) = &group.name {
            let same_name = |(other, _): &(&String, &Group)| *other != key;
            let groups = cx.machine.storage.groups.iter().filter(same_name);
            let mut groups = groups.filter(|(_, other)| other.name.as_ref() == Some(name));
            if groups.any(|(_, other)| other.active()) {
                let (group, uuid) = (name.clone(), key.to_owned());
                return Err(LvmRule::NameActive { group, uuid }.into());
            }
        }
        let split = group.volumes.iter().partition::<Vec<_>, _>(|(_, volume)| volume.incomplete);
        let [volumes, complete] = [split.0, split.1]
            .map(|list| list.into_iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        if self.complete_only && !complete.is_empty() || volumes.is_empty() {
            return Ok(());
        }
        let (devices, missing) = (group.members.len(), group.missing());
        let group = key.to_owned();
        Err(LvmRule::Incomplete { group, devices, missing, volumes, complete }.into())
    }
}

impl Action for VgActivate {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Activates { group: self.name.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (key, found) = listed_group(&self.name, cx)?;
        self.check(key, found, cx)?;
        let incomplete = found.volumes.iter().filter(|(_, volume)| volume.incomplete);
        let incomplete: Vec<&str> = incomplete.map(|(name, _)| name.as_str()).collect();
        let cmd = match incomplete.as_slice() {
            [] => lvm("vgchange", cx).args(["-a", "y"]).args(group_selection(key)),
            // vgchange would fail after it has activated the others.
            _ => {
                let complete = found.volumes.iter().filter(|(_, v)| v.activates_with_group());
                let volumes = complete.map(|(volume, _)| format!("{key}/{volume}"));
                lvm("lvchange", cx).args(["-a", "y"]).args(volumes)
            }
        };
        let cmd = match self.read_only {
            true => {
                let name = found.name.as_deref().unwrap_or(key);
                cmd.lvm_setting(&format!("activation/read_only_volume_list=[\"{name}\"]"))
            }
            false => cmd,
        };
        let warning = (!incomplete.is_empty()).then(|| {
            let incomplete = incomplete.join(", ");
            format!(
                "a physical volume of {key} is missing: without it, {incomplete} stays inactive"
            )
        });
        Ok(Plan::run(cmd)
            .warn(warning)
            .makes(StorageFact::GroupActive { group: key.to_owned(), active: true })
            .undo(Undo::Release))
    }
}

impl Action for VgDeactivate {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let group = self.name.to_string();
        vec![Effect::Program(ProgramEffect::Ends {
            what: Release::Storage(StorageRelease::Deactivate { group }).to_string(),
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (name, found) = listed_group(&self.name, cx)?;
        check_lock(name, found)?;
        let devices = found.volumes.keys().map(|volume| found.volume_path(name, volume));
        let uses: Vec<Use> = devices.flat_map(|device| cx.machine.uses(&device)).collect();
        if !uses.is_empty() {
            let member = found.members.iter().find(|member| *member != MISSING);
            let member = member.map_or(name, String::as_str);
            let releases = cx.machine.releases(member);
            let group = name.to_owned();
            let releases = releases
                .into_iter()
                .take_while(|r| {
                    *r != Release::Storage(StorageRelease::Deactivate { group: group.clone() })
                })
                .collect();
            let device = format!("volume group {name}");
            return Err(InUse { device, uses, releases, system: false }.into());
        }
        let release = Release::Storage(StorageRelease::Deactivate { group: name.to_owned() });
        Ok(Plan::step(release.step(cx.machine))
            .makes(StorageFact::GroupActive { group: name.to_owned(), active: false }))
    }
}

impl Action for VgRemove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::RemovesGroup { group: self.name.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let name = self.name.to_string();
        let gone = Fact::Storage(StorageFact::GroupGone { group: name.clone() });
        if !cx.machine.storage.groups.contains_key(&name) {
            return Ok(Plan::already(gone.to_string()));
        }
        let found = changeable_group(&self.name, cx)?;
        if !found.volumes.is_empty() {
            let volumes = found.volumes.keys().cloned().collect();
            return Err(LvmRule::NotEmpty { group: name, volumes }.into());
        }
        Ok(Plan::run(lvm("vgremove", cx).args(["--yes", &name])).makes(gone).undo(
            Undo::Impossible(
                "its name and settings are lost; its volumes were removed \
                before",
            ),
        ))
    }
}
