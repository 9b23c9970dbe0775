//! What a person agreed to, bound to the identity of the devices.

use serde::{Deserialize, Serialize};

use crate::action::Effect;
use crate::machine::{Identity, Machine, is_below};

/// An effect together with the device it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The effect, with canonical names.
    pub effect: Effect,
    /// The identity of its device, where it has one that exists before the run.
    pub identity: Option<Identity>,
}

/// The list of effects of a plan; in a real run, the list that was approved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Each effect that no earlier one includes.
    pub effects: Vec<Bound>,
}

impl Approval {
    /// Whether the effect is one of these, or part of one.
    pub fn covers(&self, effect: &Effect, machine: &Machine) -> bool {
        self.effects.iter().any(|bound| includes(&bound.effect, effect, machine))
    }

    /// Adds an effect unless it is included already.
    pub fn add(&mut self, effect: Effect, machine: &Machine) {
        if self.covers(&effect, machine) {
            return;
        }
        let identity = match &effect {
            Effect::Destroys { device } | Effect::Alters { device } => {
                machine.find(device).map(|device| machine.identity(device))
            }
            _ => None,
        };
        self.effects.push(Bound { effect, identity });
    }

    /// The devices whose contents are lost.
    pub fn destroyed(&self) -> impl Iterator<Item = &Bound> {
        self.effects.iter().filter(|bound| matches!(bound.effect, Effect::Destroys { .. }))
    }
}

/// Whether agreeing to `whole` is agreeing to `part`.
fn includes(whole: &Effect, part: &Effect, machine: &Machine) -> bool {
    match (whole, part) {
        (
            Effect::Destroys { device: whole },
            Effect::Destroys { device: part } | Effect::Alters { device: part },
        )
        | (Effect::Alters { device: whole }, Effect::Alters { device: part }) => {
            whole == part || machine.lies_on(part, whole)
        }
        (Effect::Writes { path: whole }, Effect::Writes { path: part })
        | (Effect::Mounts { at: whole }, Effect::Mounts { at: part }) => is_below(part, whole),
        (whole, part) => whole == part,
    }
}
