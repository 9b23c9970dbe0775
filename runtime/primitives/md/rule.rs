//! Errors about md arrays.

use crate::error::{Exit, Rule};
use crate::types::Size;

/// A violated rule about md arrays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MdRule {
    /// There are too few devices, or an odd number for raid10.
    #[error("{level} needs {} at least {least} devices, and got {count}", if *even { "an even number of" } else { "" })]
    Count {
        /// The RAID level.
        level: &'static str,
        /// The minimum number of devices.
        least: usize,
        /// Whether the number must be even.
        even: bool,
        /// The number of given devices.
        count: usize,
    },
    /// A device is listed twice.
    #[error("{device} is named twice")]
    Twice {
        /// The device.
        device: String,
    },
    /// The chunk size is not supported by the kernel.
    #[error("invalid chunk size {chunk}: expected a power of two of at least 4 KiB")]
    Chunk {
        /// The chunk size.
        chunk: Size,
    },
    /// Format 1.0 is requested for raid0.
    #[error("raid0 does not support a superblock at the end")]
    NotAtTheEnd,
    /// The device is too small for a member.
    #[error("{device} has {size}: too small for a member of an array")]
    TooSmall {
        /// The device.
        device: String,
        /// The size of the device.
        size: Size,
    },
    /// Another array has this name.
    #[error("the name {name} is in use: {device} belongs to an array of that name")]
    NameTaken {
        /// The name.
        name: String,
        /// A member of the other array.
        device: String,
    },
    /// No device is a member of an array with this name.
    #[error("no device belongs to an array named {name}{}", suggestion(nearest.as_deref(), known))]
    NoSuchArray {
        /// The name.
        name: String,
        /// The most similar name of an array.
        nearest: Option<String>,
        /// The names of all arrays.
        known: Vec<String>,
    },
    /// Two arrays have the same name.
    #[error("two arrays are named {name}: one on {}, the other on {}", devices[0], devices[1])]
    Ambiguous {
        /// The name.
        name: String,
        /// A member of each array.
        devices: [String; 2],
    },
    /// The array to keep is only on some of the devices.
    #[error(
        "array {name} is on {}, but not on {}, and \"keep\" is set: it is not created again",
        there.join(" "),
        missing.join(" ")
    )]
    KeptInPart {
        /// The name.
        name: String,
        /// The devices that are members.
        there: Vec<String>,
        /// The devices that are not.
        missing: Vec<String>,
    },
    /// Members of the array are missing.
    #[error("array {name} has {devices} devices, but only {} are present: {}", there.len(), there.join(" "))]
    Incomplete {
        /// The name.
        name: String,
        /// The members that are present.
        there: Vec<String>,
        /// The number of members of the complete array.
        devices: u32,
    },
}

fn suggestion(nearest: Option<&str>, known: &[String]) -> String {
    match (nearest, known) {
        (Some(near), _) => format!("; did you mean {near}?"),
        (None, []) => String::new(),
        (None, known) => format!("; there are {}", known.join(", ")),
    }
}

impl Rule for MdRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Count { .. } => "name more devices, or use another level".into(),
            Self::Twice { .. } => "name each device once".into(),
            Self::Chunk { .. } => "omit it; the default 512K suits most systems".into(),
            Self::NotAtTheEnd => "leave \"format\" out".into(),
            Self::TooSmall { .. } => "use a larger device".into(),
            Self::NameTaken { .. } => {
                "choose another name; md::list() lists the arrays that exist".into()
            }
            Self::NoSuchArray { .. } => "list the members with lsblk -f".into(),
            Self::Ambiguous { .. } => "give the UUID instead, which md::list returns".into(),
            Self::KeptInPart { missing, .. } => format!(
                "assemble the array with #{{ degraded: true }}, and add {} to it with mdadm --add, \
                which starts its recovery; or omit \"keep\": all data of the array is then lost",
                missing.join(" ")
            ),
            Self::Incomplete { .. } => {
                "connect the missing devices, or start it without them: #{ degraded: true }".into()
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NameTaken { .. }
            | Self::Incomplete { .. }
            | Self::KeptInPart { .. }
            | Self::Ambiguous { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}
