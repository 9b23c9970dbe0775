//! An effect, bound to the identity of the devices that it is about.

use serde::{Deserialize, Serialize};

use crate::machine::{Identity, Machine};
use crate::operation::{Effect, StorageEffect};

/// The device that an effect is about; of a group or an array, the first of its devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it is.
    pub identity: Identity,
    /// The device and everything that it lies on.
    pub below: Vec<String>,
    /// Each way down to a disk, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Vec<String>>,
}

impl Target {
    /// Whether this is true of the device, or of everything that it lies on. A mirror is not lost with one of
    /// its disks.
    pub fn wholly(&self, is: impl Fn(&str) -> bool) -> bool {
        match self.ways.as_slice() {
            [] => self.below.iter().any(|path| is(path)),
            ways => ways.iter().all(|way| way.iter().any(|path| is(path))),
        }
    }
}

/// An effect together with the device it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The effect, with canonical names.
    #[serde(flatten)]
    pub effect: Effect,
    /// Its device, where it has one and it is known.
    #[serde(flatten)]
    pub target: Option<Box<Target>>,
}

impl Bound {
    /// The effect with the device as it is now.
    pub fn new(effect: Effect, machine: &Machine) -> Self {
        let target = target(&effect, machine).map(Box::new);
        Self { effect, target }
    }

    /// The names by which it can be approved: its own, and those of what it lies on.
    pub fn named(&self, is: impl Fn(&str) -> bool) -> bool {
        self.effect.loses().is_some_and(&is)
            || self.target.as_ref().is_some_and(|target| target.wholly(is))
    }
}

/// What an effect is about.
fn target(effect: &Effect, machine: &Machine) -> Option<Target> {
    let ways = ways(effect, machine)?;
    let mut below: Vec<String> = Vec::new();
    for path in ways.iter().flatten() {
        if !below.contains(path) {
            below.push(path.clone());
        }
    }
    let identity = match effect.device() {
        Some(device) => machine.identity_of(device)?,
        None => below.iter().find_map(|path| machine.identity_of(path))?,
    };
    let ways = if ways.len() > 1 { ways } else { Vec::new() };
    Some(Target { identity, below, ways })
}

/// The ways from what an effect is about down to disks.
pub(super) fn ways(effect: &Effect, machine: &Machine) -> Option<Vec<Vec<String>>> {
    match (effect.device(), effect.group(), effect) {
        (Some(device), ..) => Some(machine.ways_down(device)),
        (_, Some(group), _) => Some(machine.ways_down_from_group(group)),
        (.., Effect::Storage(StorageEffect::Assembles { array })) => {
            Some(machine.ways_down_from_array(array))
        }
        _ => None,
    }
}
