//! Errors about LVM.

use crate::error::{Exit, Rule};
use crate::machine::GroupLock;
use crate::types::{Size, quote, rhai_literal};

/// A violated rule about LVM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LvmRule {
    /// The volume group does not exist.
    #[error("there is no volume group {group}{}", suggestion(nearest.as_deref(), known))]
    NoSuchGroup {
        /// The name of the volume group.
        group: String,
        /// The most similar name of a volume group.
        nearest: Option<String>,
        /// The names of all volume groups.
        known: Vec<String>,
    },
    /// The logical volume does not exist.
    #[error("volume group {group} has no volume {volume}{}", suggestion(None, known))]
    NoSuchVolume {
        /// The volume group.
        group: String,
        /// The name of the logical volume.
        volume: String,
        /// The logical volumes of the group.
        known: Vec<String>,
    },
    /// The name is used by another volume group.
    #[error("the name {group} is in use by a volume group on {}", members.join(" "))]
    GroupTaken {
        /// The name of the volume group.
        group: String,
        /// The physical volumes of the other group.
        members: Vec<String>,
    },
    /// The name is used by a logical volume with different properties.
    #[error("the name {group}/{volume} is in use by a volume of {size}")]
    VolumeTaken {
        /// The volume group.
        group: String,
        /// The name of the logical volume.
        volume: String,
        /// The size of the existing volume.
        size: Size,
    },
    /// The device is not a physical volume.
    #[error("{device} is not a physical volume")]
    NotPhysical {
        /// The device.
        device: String,
    },
    /// The physical volume belongs to another volume group.
    #[error("{device} belongs to volume group {group} already")]
    Belongs {
        /// The device.
        device: String,
        /// The volume group that it belongs to.
        group: String,
    },
    /// The physical volumes have different sector sizes.
    #[error(
        "the members of volume group {group} have different sector sizes: {}",
        sectors(members)
    )]
    MixedSectors {
        /// The name of the volume group.
        group: String,
        /// The physical volumes, and their sector sizes in bytes.
        members: Vec<(String, u32)>,
    },
    /// No physical volume is given.
    #[error("a volume group needs at least one physical volume")]
    NoMembers,
    /// The device is too small for a physical volume.
    #[error("{device} has {size}: too small for a physical volume")]
    TooSmall {
        /// The device.
        device: String,
        /// The size of the device.
        size: Size,
    },
    /// The thin pool does not exist.
    #[error("volume group {group} has no thin pool {pool}{}", suggestion(None, known))]
    NoSuchPool {
        /// The volume group.
        group: String,
        /// The name of the thin pool.
        pool: String,
        /// The thin pools of the group.
        known: Vec<String>,
    },
    /// The logical volume is not a thin pool.
    #[error("{group}/{volume} is not a thin pool")]
    NotAPool {
        /// The volume group.
        group: String,
        /// The logical volume.
        volume: String,
    },
    /// The name is that of a thin pool, but a logical volume is required.
    #[error("{group}/{pool} is a thin pool and not a volume")]
    IsAPool {
        /// The volume group.
        group: String,
        /// The thin pool.
        pool: String,
    },
    /// LVM would remove other volumes as well.
    #[error("{group}/{volume} has snapshots or other volumes that depend on it and would be lost with it: {}", dependents.join(", "))]
    HasDependents {
        /// The volume group.
        group: String,
        /// The name of the logical volume.
        volume: String,
        /// The names of the volumes that depend on it.
        dependents: Vec<String>,
    },
    /// Several groups have the given name.
    #[error("several volume groups are named {group}: {}", groups.join(", "))]
    SameName {
        /// The name.
        group: String,
        /// The UUID and the physical volumes of each.
        groups: Vec<String>,
    },
    /// The group cannot be changed because another group has the same name.
    #[error("the group {uuid} cannot be changed while another group is named {group} as well")]
    Unnamed {
        /// The name of both groups.
        group: String,
        /// The UUID of the requested group.
        uuid: String,
    },
    /// The group to change is given by its UUID.
    #[error("{uuid} is the UUID of volume group {group}, which must be given by name here")]
    ByUuid {
        /// The name of the group.
        group: String,
        /// Its UUID.
        uuid: String,
    },
    /// A group with the same name is active.
    #[error("{uuid} cannot be activated while another volume group named {group} is active")]
    NameActive {
        /// The name of both groups.
        group: String,
        /// The UUID of the requested group.
        uuid: String,
    },
    /// LVM does not touch the group.
    #[error("volume group {group} {lock}")]
    Locked {
        /// The volume group.
        group: String,
        /// The reason.
        lock: GroupLock,
    },
    /// A group with missing physical volumes is to be changed.
    #[error("volume group {group} cannot be changed while {missing} of its {devices} physical volumes {} missing", if *missing == 1 { "is" } else { "are" })]
    MembersMissing {
        /// The volume group.
        group: String,
        /// The number of its physical volumes.
        devices: usize,
        /// The number of those that are missing.
        missing: usize,
    },
    /// Some volumes of the group cannot be activated.
    #[error("{missing} of {devices} physical volumes of {group} {} missing: LVM cannot activate {}", if *missing == 1 { "is" } else { "are" }, volumes.join(", "))]
    Incomplete {
        /// The volume group.
        group: String,
        /// The number of its physical volumes.
        devices: usize,
        /// The number of those that are missing.
        missing: usize,
        /// The volumes that need the missing ones.
        volumes: Vec<String>,
        /// The other volumes.
        complete: Vec<String>,
    },
    /// The thin pool still has volumes.
    #[error("pool {group}/{pool} still has the volumes {}", volumes.join(", "))]
    PoolNotEmpty {
        /// The volume group.
        group: String,
        /// The thin pool.
        pool: String,
        /// The thin volumes of the pool.
        volumes: Vec<String>,
    },
    /// The chunk size is not supported for a thin pool.
    #[error("invalid pool chunk size {chunk}: expected a power of two from 64 KiB to 1 GiB")]
    Chunk {
        /// The chunk size.
        chunk: Size,
    },
    /// The volume group has too few physical volumes for the RAID level.
    #[error("{level} needs at least {least} physical volumes{}, and {group} has {count}", if *even { ", in pairs" } else { "" })]
    Images {
        /// The RAID level.
        level: &'static str,
        /// The minimum number of physical volumes.
        least: u64,
        /// Whether the number must be even.
        even: bool,
        /// The volume group.
        group: String,
        /// The number of existing or requested physical volumes, whichever is less.
        count: u64,
    },
    /// `contiguous` and `raid` are both given.
    #[error("a RAID volume cannot be contiguous")]
    Contiguous,
    /// The volume group has too few free extents.
    #[error("{group} has {free} free, but {wanted} is requested")]
    NoRoom {
        /// The volume group.
        group: String,
        /// The free space.
        free: Size,
        /// The requested space.
        wanted: Size,
    },
    /// The extent size is invalid.
    #[error("invalid extent size {size}: expected a power of two of at least 1 KiB")]
    ExtentSize {
        /// The extent size.
        size: Size,
    },
    /// The volume group still has logical volumes.
    #[error("volume group {group} still has the volumes {}", volumes.join(", "))]
    NotEmpty {
        /// The volume group.
        group: String,
        /// The logical volumes of the group.
        volumes: Vec<String>,
    },
}

/// Returns the sector size of each device, as a list.
fn sectors(members: &[(String, u32)]) -> String {
    let member = |(path, sector): &(String, u32)| format!("{path} has {sector} bytes");
    members.iter().map(member).collect::<Vec<_>>().join(", ")
}

fn suggestion(nearest: Option<&str>, known: &[String]) -> String {
    match (nearest, known) {
        (Some(near), _) => format!("; did you mean {near}?"),
        (None, []) => String::new(),
        (None, known) => format!("; there are {}", known.join(", ")),
    }
}

impl LvmRule {
    /// Returns the advice about a group that cannot be used as it is.
    fn availability_remedy(&self) -> Option<String> {
        Some(match self {
            Self::SameName { .. } => "give the UUID instead of the name".into(),
            Self::Unnamed { uuid, group } => {
                format!("rename one of them: vgrename {uuid} {group}_old")
            }
            Self::ByUuid { group, .. } => format!("give the name: {group:?}"),
            Self::NameActive { uuid, group } => format!(
                "deactivate the other group, or rename this one: vgrename {uuid} {group}_old"
            ),
            Self::Locked { group, lock: GroupLock::Exported } => {
                format!("import it: vgimport {group}")
            }
            Self::Locked { group, lock: GroupLock::Shared(_) } => format!(
                "change it with lvm2 on a machine that runs lvmlockd: vgchange --lockstart {group}"
            ),
            Self::Locked { group, lock: GroupLock::Foreign(system) } => {
                let config = format!(
                    "global/system_id_source=lvmlocal local/system_id={}",
                    rhai_literal(system)
                );
                format!(
                    "if no other machine uses its disks, remove its system ID (lvmsystemid(7)): \
                     vgchange --config {} --yes --systemid '' {group}",
                    quote(&config)
                )
            }
            Self::MembersMissing { .. } => {
                "connect the missing devices, which vgs and pvs list".into()
            }
            Self::Incomplete { complete, .. } if complete.is_empty() => {
                "connect the missing devices, which pvs lists".into()
            }
            Self::Incomplete { complete, .. } => format!(
                "connect the missing devices, which pvs lists; or activate only {}: \
                 #{{ complete_only: true }}",
                complete.join(", ")
            ),
            _ => return None,
        })
    }
}

impl Rule for LvmRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoSuchGroup { .. } => {
                "open the container that holds it (luks::open); lvm::groups() lists the groups that \
                 are visible"
                    .into()
            }
            Self::NoSuchVolume { .. } | Self::NoSuchPool { .. } => {
                "list the volumes with lvm::vg_info".into()
            }
            Self::GroupTaken { group, .. } => format!(
                "choose another name, or rename the old group: vgrename {group} {group}_old"
            ),
            Self::VolumeTaken { .. } => "choose another name, or remove it: lvm::lv_remove".into(),
            Self::NotAPool { .. } | Self::PoolNotEmpty { .. } => {
                "remove volumes with lvm::lv_remove".into()
            }
            Self::HasDependents { group, dependents, .. } => format!(
                "remove them first: lvm::lv_remove({group:?}, {:?})",
                dependents.first().map_or("", String::as_str)
            ),
            Self::SameName { .. }
            | Self::Unnamed { .. }
            | Self::ByUuid { .. }
            | Self::NameActive { .. }
            | Self::Locked { .. }
            | Self::MembersMissing { .. }
            | Self::Incomplete { .. } => return self.availability_remedy(),
            Self::IsAPool { .. } => "remove it with lvm::thin_pool_remove".into(),
            Self::Chunk { .. } => "omit it; the default 64K suits most systems".into(),
            Self::Images { .. } => "use another level, or more physical volumes".into(),
            Self::Contiguous => "leave \"contiguous\" out".into(),
            Self::NotPhysical { .. } => "check with lsblk -f that it is the right device".into(),
            Self::Belongs { group, .. } => format!("remove it from that group: vgreduce {group}"),
            Self::MixedSectors { .. } => "use devices of one sector size; that of a new LUKS \
                container can be chosen, see: gscript doc luks.format"
                .into(),
            Self::NoMembers => "name the devices: lvm::vg_create(\"vg\", [\"/dev/sda2\"])".into(),
            Self::TooSmall { .. } => "use a larger device".into(),
            Self::NoRoom { .. } => "make it smaller, or \"100%FREE\"".into(),
            Self::ExtentSize { .. } => "omit it; the default 4M suits most systems".into(),
            Self::NotEmpty { .. } => "remove them first with lvm::lv_remove".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::GroupTaken { .. }
            | Self::VolumeTaken { .. }
            | Self::Belongs { .. }
            | Self::HasDependents { .. }
            | Self::SameName { .. }
            | Self::Unnamed { .. }
            | Self::NameActive { .. }
            | Self::Locked { .. }
            | Self::MembersMissing { .. }
            | Self::Incomplete { .. }
            | Self::NotEmpty { .. }
            | Self::PoolNotEmpty { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}
