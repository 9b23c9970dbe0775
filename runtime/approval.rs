//! What a person agreed to, bound to the identity of the devices.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::action::Effect;
use crate::machine::{Identity, Machine};

/// An effect together with the device it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The effect, with canonical names.
    pub effect: Effect,
    /// The identity of its device, where it has one that exists before the run.
    pub identity: Option<Identity>,
    /// The device and everything that it lies on: agreeing to lose one of them is agreeing to this.
    #[serde(default)]
    pub below: Vec<String>,
}

/// The list of effects of a plan; in a real run, the list that was approved.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// Each effect that no earlier one includes.
    effects: Vec<Bound>,
    /// The same effects, to be found quickly: a recipe may write a hundred thousand files.
    known: HashSet<Effect>,
}

impl Approval {
    /// Each effect that no earlier one includes, in the order in which they were needed.
    pub fn effects(&self) -> &[Bound] {
        &self.effects
    }

    /// Whether the effect is one of these, or part of one.
    pub fn covers(&self, effect: &Effect, machine: &Machine) -> bool {
        if self.known.contains(effect) {
            return true;
        }
        match effect {
            Effect::Writes { path } => {
                above(path).any(|path| self.known.contains(&Effect::Writes { path }))
            }
            Effect::Mounts { at } => {
                above(at).any(|at| self.known.contains(&Effect::Mounts { at }))
            }
            Effect::Destroys { device } => self.on(device, machine, false),
            Effect::Alters { device } => self.on(device, machine, true),
            Effect::Runs { .. } | Effect::Ends { .. } => false,
        }
    }

    /// Whether the device lies on one whose contents are lost (or, if that is enough, changed).
    fn on(&self, device: &str, machine: &Machine, altered: bool) -> bool {
        self.effects.iter().any(|bound| match &bound.effect {
            Effect::Destroys { device: whole } => machine.lies_on(device, whole),
            Effect::Alters { device: whole } if altered => machine.lies_on(device, whole),
            _ => false,
        })
    }

    /// Adds an effect unless it is included already.
    pub fn add(&mut self, effect: Effect, machine: &Machine) {
        if self.covers(&effect, machine) {
            return;
        }
        let device = match &effect {
            Effect::Destroys { device } | Effect::Alters { device } => machine.find(device),
            _ => None,
        };
        let identity = device.map(|device| machine.identity(device));
        let below = device.map(|device| machine.below(&device.path)).unwrap_or_default();
        self.known.insert(effect.clone());
        self.effects.push(Bound { effect, identity, below });
    }

    /// The devices whose contents are lost.
    pub fn destroyed(&self) -> impl Iterator<Item = &Bound> {
        self.effects.iter().filter(|bound| matches!(bound.effect, Effect::Destroys { .. }))
    }
}

/// The folders above a path, nearest first.
fn above(path: &str) -> impl Iterator<Item = String> + '_ {
    Path::new(path).ancestors().skip(1).map(|folder| folder.to_string_lossy().into_owned())
}
