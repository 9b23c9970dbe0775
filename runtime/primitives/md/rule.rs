//! What can be wrong with arrays and calls about them.

use crate::error::{Exit, Rule};
use crate::types::{Size, rhai_literal};

/// A rule about md arrays that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MdRule {
    /// Too few devices, or an odd number where pairs are needed.
    #[error("{level} needs {} at least {least} devices, and got {count}", if *even { "an even number of" } else { "" })]
    Count {
        /// The level.
        level: &'static str,
        /// How many it needs.
        least: usize,
        /// Whether they come in pairs.
        even: bool,
        /// How many there are.
        count: usize,
    },
    /// One device twice.
    #[error("{device} is named twice")]
    Twice {
        /// The device.
        device: String,
    },
    /// A chunk that the kernel does not take.
    #[error("{chunk} can't be the size of a chunk: it must be a power of two of at least 4 KiB")]
    Chunk {
        /// The size.
        chunk: Size,
    },
    /// Format 1.0 with striping.
    #[error("a raid0 can't have its superblock at the end")]
    NotAtTheEnd,
    /// No room for data.
    #[error("{device} has {size}: too small for a member of an array")]
    TooSmall {
        /// The device.
        device: String,
        /// Its size.
        size: Size,
    },
    /// Another array has that name.
    #[error("the name {name} is taken: {device} belongs to an array of that name")]
    NameTaken {
        /// The name.
        name: String,
        /// A member of the other array.
        device: String,
    },
    /// No member of such an array is there.
    #[error("no device belongs to an array {name}{}", meant(nearest.as_deref(), known))]
    NoSuchArray {
        /// The name.
        name: String,
        /// An array with nearly that name.
        nearest: Option<String>,
        /// The arrays there are.
        known: Vec<String>,
    },
    /// Two arrays with one name.
    #[error("two arrays are called {name}: one has {}, the other {}", devices[0], devices[1])]
    Ambiguous {
        /// The name.
        name: String,
        /// A member of each.
        devices: [String; 2],
    },
    /// Devices are missing.
    #[error("array {name} has {devices} devices, and only {} are there: {}", there.len(), there.join(" "))]
    Incomplete {
        /// The name.
        name: String,
        /// The members that are there.
        there: Vec<String>,
        /// How many it should have.
        devices: u32,
    },
}

fn meant(nearest: Option<&str>, known: &[String]) -> String {
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
            Self::Chunk { .. } => "leave it out: 512K is right for nearly everybody".into(),
            Self::NotAtTheEnd => "leave \"format\" out".into(),
            Self::TooSmall { .. } => "use a larger device".into(),
            Self::NameTaken { device, .. } => {
                let device = rhai_literal(device);
                format!("choose another name, or wipe the old member: disk::wipe({device})")
            }
            Self::NoSuchArray { .. } => "see the members: lsblk -f; md::create makes one".into(),
            Self::Ambiguous { .. } => "disconnect the devices of one of them".into(),
            Self::Incomplete { .. } => {
                "connect the missing devices, or start it without them: #{ degraded: true }".into()
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NameTaken { .. } | Self::Incomplete { .. } | Self::Ambiguous { .. } => {
                Exit::Refused
            }
            _ => Exit::Usage,
        }
    }
}
