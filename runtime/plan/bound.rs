//! An effect, bound to the identity of the devices that it concerns.

use serde::{Deserialize, Serialize};

use crate::machine::{Identity, Machine};
use crate::operation::{Effect, StorageEffect};

/// The device that an effect concerns. For a volume group or an array, the identity is that of its
/// first device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The identity of the device.
    pub identity: Identity,
    /// The device and all devices below it.
    pub below: Vec<String>,
    /// Each chain of devices from this one down to a disk, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chains: Vec<Vec<String>>,
}

impl Target {
    /// Returns whether the predicate holds for a device in every chain down to a disk: a mirror is
    /// not lost with one of its disks.
    pub fn in_every_chain(&self, is: impl Fn(&str) -> bool) -> bool {
        match self.chains.as_slice() {
            [] => self.below.iter().any(|path| is(path)),
            ways => ways.iter().all(|way| way.iter().any(|path| is(path))),
        }
    }
}

/// An effect together with the device that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundEffect {
    /// The effect, with canonical device names.
    #[serde(flatten)]
    pub effect: Effect,
    /// The device, if the effect concerns one and it is known.
    #[serde(flatten)]
    pub target: Option<Box<Target>>,
}

impl BoundEffect {
    /// Binds an effect to the present identity of its device.
    pub fn new(effect: Effect, machine: &Machine) -> Self {
        let target = target(&effect, machine).map(Box::new);
        Self { effect, target }
    }

    /// Returns whether the predicate holds for a name under which the effect can be approved: its
    /// own, or those of the devices below.
    pub fn is_approved_as(&self, is: impl Fn(&str) -> bool) -> bool {
        self.effect.loses().is_some_and(&is)
            || self.target.as_ref().is_some_and(|target| target.in_every_chain(is))
    }
}

/// Returns the target of an effect.
fn target(effect: &Effect, machine: &Machine) -> Option<Target> {
    let ways = chains(effect, machine)?;
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
    Some(Target { identity, below, chains: ways })
}

/// Returns the chains of devices from the device of an effect down to the disks.
pub(super) fn chains(effect: &Effect, machine: &Machine) -> Option<Vec<Vec<String>>> {
    match (effect.device(), effect.group(), effect) {
        (Some(device), ..) => Some(machine.chains_to_disks(device)),
        (_, Some(group), _) => Some(machine.chains_from_group(group)),
        (.., Effect::Storage(StorageEffect::Assembles { array })) => {
            Some(machine.chains_from_array(array))
        }
        _ => None,
    }
}
