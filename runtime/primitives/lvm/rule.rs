//! What can be wrong with volume groups and calls about them.

use crate::error::{Exit, Rule};
use crate::types::Size;

/// A rule about LVM that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LvmRule {
    /// There is no such group.
    #[error("there is no volume group {group}{}", meant(nearest.as_deref(), known))]
    NoSuchGroup {
        /// The name.
        group: String,
        /// A group with nearly that name.
        nearest: Option<String>,
        /// The groups there are.
        known: Vec<String>,
    },
    /// There is no such volume.
    #[error("volume group {group} has no volume {volume}{}", meant(None, known))]
    NoSuchVolume {
        /// The group.
        group: String,
        /// The name.
        volume: String,
        /// The volumes there are.
        known: Vec<String>,
    },
    /// The name of a group is taken.
    #[error("the name {group} is in use by a volume group on {}", members.join(" "))]
    GroupTaken {
        /// The name.
        group: String,
        /// Where the other group is.
        members: Vec<String>,
    },
    /// The name of a volume is taken by one of another size.
    #[error("the name {group}/{volume} is in use by a volume of {size}")]
    VolumeTaken {
        /// The group.
        group: String,
        /// The name.
        volume: String,
        /// How large the other one is.
        size: Size,
    },
    /// Not a physical volume.
    #[error("{device} is not a physical volume")]
    NotPhysical {
        /// The device.
        device: String,
    },
    /// A physical volume of another group.
    #[error("{device} belongs to volume group {group} already")]
    Belongs {
        /// The device.
        device: String,
        /// Its group.
        group: String,
    },
    /// No devices at all.
    #[error("a volume group needs at least one physical volume")]
    NoMembers,
    /// Too small to hold one extent.
    #[error("{device} has {size}: too small for a physical volume")]
    TooSmall {
        /// The device.
        device: String,
        /// Its size.
        size: Size,
    },
    /// There is no such pool.
    #[error("volume group {group} has no thin pool {pool}{}", meant(None, known))]
    NoSuchPool {
        /// The group.
        group: String,
        /// The name.
        pool: String,
        /// The pools there are.
        known: Vec<String>,
    },
    /// Not a pool.
    #[error("{group}/{volume} is not a thin pool")]
    NotAPool {
        /// The group.
        group: String,
        /// The volume.
        volume: String,
    },
    /// A pool where a volume is wanted.
    #[error("{group}/{pool} is a thin pool and not a volume")]
    IsAPool {
        /// The group.
        group: String,
        /// The pool.
        pool: String,
    },
    /// Thin volumes are left.
    #[error("pool {group}/{pool} still has the volumes {}", volumes.join(", "))]
    PoolNotEmpty {
        /// The group.
        group: String,
        /// The pool.
        pool: String,
        /// Its volumes.
        volumes: Vec<String>,
    },
    /// A chunk that a pool can't have.
    #[error("invalid pool chunk size {chunk}: expected a power of two from 64 KiB to 1 GiB")]
    Chunk {
        /// The size.
        chunk: Size,
    },
    /// Too few physical volumes for a RAID.
    #[error("{level} needs at least {least} physical volumes{}, and {group} has {count}", if *even { ", in pairs" } else { "" })]
    Images {
        /// The level.
        level: &'static str,
        /// How many it needs.
        least: u64,
        /// Whether they come in pairs.
        even: bool,
        /// The group.
        group: String,
        /// How many there are, or were asked for.
        count: u64,
    },
    /// Two things that exclude each other.
    #[error("a RAID volume cannot be contiguous")]
    Contiguous,
    /// Not enough free extents.
    #[error("{group} has {free} free, but {wanted} is requested")]
    NoRoom {
        /// The group.
        group: String,
        /// What is free.
        free: Size,
        /// What is asked for.
        wanted: Size,
    },
    /// Not a size that an extent can have.
    #[error("invalid extent size {size}: expected a power of two of at least 1 KiB")]
    ExtentSize {
        /// The size.
        size: Size,
    },
    /// Volumes are left.
    #[error("volume group {group} still has the volumes {}", volumes.join(", "))]
    NotEmpty {
        /// The group.
        group: String,
        /// Its volumes.
        volumes: Vec<String>,
    },
}

fn meant(nearest: Option<&str>, known: &[String]) -> String {
    match (nearest, known) {
        (Some(near), _) => format!("; did you mean {near}?"),
        (None, []) => String::new(),
        (None, known) => format!("; there are {}", known.join(", ")),
    }
}

impl Rule for LvmRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoSuchGroup { .. } => {
                "open the container that holds it (luks::open), or create it with lvm::vg_create"
                    .into()
            }
            Self::NoSuchVolume { .. } => "list the volumes with lvm::vg_info".into(),
            Self::GroupTaken { group, .. } => format!(
                "choose another name, or rename the old group: vgrename {group} {group}_old"
            ),
            Self::VolumeTaken { .. } => "choose another name, or remove it: lvm::lv_remove".into(),
            Self::NotAPool { .. } | Self::PoolNotEmpty { .. } => {
                "remove volumes with lvm::lv_remove".into()
            }
            Self::IsAPool { .. } => "remove it with lvm::thin_pool_remove".into(),
            Self::NoSuchPool { .. } => "create it with lvm::thin_pool_create".into(),
            Self::Chunk { .. } => "omit it; the default 64K suits most systems".into(),
            Self::Images { .. } => "use another level, or more physical volumes".into(),
            Self::Contiguous => "leave \"contiguous\" out".into(),
            Self::NotPhysical { .. } => "initialize it with lvm::pv_create".into(),
            Self::Belongs { group, .. } => format!("remove it from that group: vgreduce {group}"),
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
            | Self::NotEmpty { .. }
            | Self::PoolNotEmpty { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}
