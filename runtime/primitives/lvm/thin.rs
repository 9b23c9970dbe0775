//! Thin pools and thin volumes.

use super::{LvmRule, changeable_group, lvm, lvremove, share_of};
use crate::args;
use crate::error::Result;
use crate::machine::{Fact, Group, StorageFact, VolumeKind};
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::system::{Cmd, Step};
use crate::types::{Extents, LvmName, MIB, Size};

args! {
    /// Creates a thin pool and returns its name.
    ///
    /// The space of the pool is allocated to thin volumes as they are written to. The metadata of
    /// the pool takes additional space, and LVM reserves the same amount again in the volume group
    /// for repairs. Undo removes the pool.
    ///
    /// Source: lvmthin(7).
    ///
    /// ```
    /// lvm::vg_create("vg", [lvm::pv_create("/dev/sda2")]);
    /// let pool = lvm::thin_pool_create("vg", "pool", "100%FREE");
    /// lvm::thin_create("vg", pool, "root", "20G");
    /// ```
    "lvm.thin_pool_create" => pub struct ThinPoolCreate {
        /// The volume group.
        pub group: LvmName,
        /// The name of the pool in the volume group.
        pub name: LvmName,
        /// The space for data; a percentage includes the space for the metadata.
        pub size: Extents,
        /// The allocation unit of the thin volumes: a power of two from 64 KiB to 1 GiB.
        pub chunk: Size = "64K",
    }
}

args! {
    /// Creates and activates a thin volume and returns its device, `/dev/GROUP/NAME`.
    ///
    /// The volume may be larger than its pool, but writes fail when the pool is full: extend it in
    /// time. Undo removes the volume.
    ///
    /// Source: lvmthin(7).
    ///
    /// ```
    /// lvm::vg_create("vg", [lvm::pv_create("/dev/sda2")]);
    /// lvm::thin_pool_create("vg", "pool", "10G");
    /// let home = lvm::thin_create("vg", "pool", "home", "20G");
    /// ```
    "lvm.thin_create" => pub struct ThinCreate {
        /// The volume group.
        pub group: LvmName,
        /// The name of the thin pool.
        pub pool: LvmName,
        /// The name of the volume in the volume group.
        pub name: LvmName,
        /// The virtual size, rounded up to whole extents.
        pub size: Size,
    }
}

args! {
    /// Removes a thin pool that has no volumes.
    ///
    /// Cannot be undone. Remove its thin volumes first with `lvm.lv_remove`.
    ///
    /// Source: lvremove(8).
    ///
    /// ```
    /// lvm::vg_create("vg", [lvm::pv_create("/dev/sda2")]);
    /// lvm::thin_pool_create("vg", "pool", "10G");
    /// lvm::thin_pool_remove("vg", "pool");
    /// ```
    "lvm.thin_pool_remove" => pub struct ThinPoolRemove {
        /// The volume group.
        pub group: LvmName,
        /// The name of the pool in the volume group.
        pub name: LvmName,
    }
}

/// The minimum size of the pool metadata that LVM accepts.
const LEAST_METADATA: u64 = 4 * MIB;
const MOST_METADATA: u64 = 15 << 30;
/// The maximum metadata in bytes per chunk of data (lvmthin(7)).
const PER_CHUNK: u64 = 64;

impl ThinPoolCreate {
    /// Returns the number of extents for the metadata of a pool with this number of data extents.
    fn metadata(&self, data: u64, group: &Group) -> u64 {
        let bytes = group.bytes(data).div_ceil(self.chunk.get()).saturating_mul(PER_CHUNK);
        bytes.clamp(LEAST_METADATA, MOST_METADATA).div_ceil(group.extent)
    }

    /// Returns the numbers of extents for data and for metadata.
    fn extents(&self, group: &Group) -> Result<(u64, u64)> {
        let share = |of: u64, percent: u8| {
            let all = share_of(of, percent);
            // The metadata is sized as if all extents held data, which is at most slightly too
            // large.
            let metadata = self.metadata(all, group);
            let spare = metadata.saturating_sub(group.reserved_extents());
            (all.saturating_sub(metadata.saturating_add(spare)), metadata)
        };
        let (data, metadata) = match self.size {
            Extents::Bytes(size) => {
                let data = size.get().div_ceil(group.extent);
                (data, self.metadata(data, group))
            }
            Extents::Count(data) => (data, self.metadata(data, group)),
            Extents::OfFree(percent) => share(group.free, percent),
            Extents::OfGroup(percent) => share(group.extents, percent),
        };
        let wanted = data
            .saturating_add(metadata)
            .saturating_add(metadata.saturating_sub(group.reserved_extents()));
        if data == 0 || wanted > group.free {
            return Err(LvmRule::NoRoom {
                group: self.group.to_string(),
                free: Size::bytes(group.bytes(group.free)),
                wanted: Size::bytes(group.bytes(wanted.max(1))),
            }
            .into());
        }
        Ok((data, metadata))
    }
}

impl Action for ThinPoolCreate {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::AltersGroup { group: self.group.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let found = changeable_group(&self.group, cx)?;
        let (group, volume) = (self.group.to_string(), self.name.to_string());
        if let Some(there) = found.volumes.get(&volume) {
            if !matches!(there.kind, VolumeKind::ThinPool { .. }) {
                let size = Size::bytes(found.bytes(there.extents));
                return Err(LvmRule::VolumeTaken { group, volume, size }.into());
            }
            let size = Size::bytes(found.bytes(there.extents));
            return Ok(Plan::already(format!("pool {group}/{volume} has {size}")).returns(volume));
        }
        let chunk = self.chunk;
        if !chunk.get().is_power_of_two() || !(64 << 10..=1 << 30).contains(&chunk.get()) {
            return Err(LvmRule::Chunk { chunk }.into());
        }
        let (extents, metadata) = self.extents(found)?;
        let room = Size::bytes(found.bytes(metadata));
        let create = lvm("lvcreate", cx)
            .args(["--yes", "--type", "thin-pool", "--extents", &extents.to_string()])
            .args(["--poolmetadatasize", &room.exact(), "--poolmetadataspare", "y"])
            .args(["--chunksize", &chunk.exact(), "--name", &volume, &group]);
        let remove = lvremove(&group, &volume, cx);
        // LVM runs thin_check on every activation of a pool and would report only then that it is
        // missing.
        Ok(Plan::run(Cmd::tool("thin_check").arg("--version"))
            .then(Step::Run(create))
            .makes(StorageFact::VolumeMade {
                group,
                volume: volume.clone(),
                extents,
                kind: VolumeKind::ThinPool { metadata },
            })
            .undo(Undo::Steps(vec![Step::Run(remove)]))
            .returns(volume))
    }
}

impl Action for ThinCreate {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::AltersGroup { group: self.group.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let found = changeable_group(&self.group, cx)?;
        let (group, volume) = (self.group.to_string(), self.name.to_string());
        let pool = self.pool.to_string();
        let kind = VolumeKind::Thin { pool: pool.clone(), origin: None };
        let path = format!("/dev/{group}/{volume}");
        let extents = self.size.get().div_ceil(found.extent);
        if let Some(there) = found.volumes.get(&volume) {
            let size = Size::bytes(found.bytes(there.extents));
            if there.extents != extents || there.kind != kind || !there.active {
                return Err(LvmRule::VolumeTaken { group, volume, size }.into());
            }
            return Ok(Plan::already(format!("{path} exists with {size}")).returns(path));
        }
        let is_pool = |v: &crate::machine::Volume| matches!(v.kind, VolumeKind::ThinPool { .. });
        let Some(room) = found.volumes.get(&pool).filter(|volume| is_pool(volume)) else {
            let pools = found.volumes.iter().filter(|(_, volume)| is_pool(volume));
            let known = pools.map(|(name, _)| name.clone()).collect();
            return Err(LvmRule::NoSuchPool { group, pool, known }.into());
        };
        let all: u64 = found
            .volumes
            .values()
            .filter(|v| v.kind == kind)
            .map(|v| v.extents)
            .fold(0, u64::saturating_add);
        let promised = found.bytes(all.saturating_add(extents));
        let warning = (promised > found.bytes(room.extents)).then(|| {
            format!(
                "the volumes of {group}/{pool} add up to {}, but the pool has {}: monitor its \
                 usage with lvs",
                Size::bytes(promised),
                Size::bytes(found.bytes(room.extents))
            )
        });
        let create = lvm("lvcreate", cx)
            .args(["--yes", "--wipesignatures", "y", "--type", "thin"])
            .args(["--virtualsize", &format!("{}b", found.bytes(extents))])
            .args(["--thinpool", &pool, "--name", &volume, &group]);
        let remove = lvremove(&group, &volume, cx);
        Ok(Plan::run(create)
            .warn(warning)
            .makes(StorageFact::VolumeMade { group, volume, extents, kind })
            .undo(Undo::Steps(vec![Step::Run(remove)]))
            .returns(path))
    }
}

impl Action for ThinPoolRemove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys {
            device: format!("/dev/{}/{}", self.group, self.name),
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let found = changeable_group(&self.group, cx)?;
        let (group, volume) = (self.group.to_string(), self.name.to_string());
        let gone =
            Fact::Storage(StorageFact::VolumeGone { group: group.clone(), volume: volume.clone() });
        match found.volumes.get(&volume).map(|volume| &volume.kind) {
            None => return Ok(Plan::already(gone.to_string())),
            Some(VolumeKind::ThinPool { .. }) => {}
            Some(_) => return Err(LvmRule::NotAPool { group, volume }.into()),
        }
        // lvremove would remove the thin volumes as well, without a warning.
        let volumes = found.dependents(&volume);
        if !volumes.is_empty() {
            return Err(LvmRule::PoolNotEmpty { group, pool: volume, volumes }.into());
        }
        let remove = lvremove(&group, &volume, cx);
        Ok(Plan::run(remove)
            .makes(gone)
            .undo(Undo::Impossible("its settings are lost; its volumes were removed before")))
    }
}
