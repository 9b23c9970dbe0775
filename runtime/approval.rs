//! What a person agreed to, bound to the identity of the devices.

use std::path::Path;
use std::rc::Rc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::action::Effect;
use crate::directories::Directories;
use crate::machine::{Identity, Machine};
use crate::plan::{Comparison, Trace, Tracing};
use crate::report::PlannedCall;

/// The device that an effect is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it is.
    pub identity: Identity,
    /// The device and everything that it lies on: agreeing to lose one of them is agreeing to this.
    pub below: Vec<String>,
}

/// An effect together with the device it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The effect, with canonical names.
    #[serde(flatten)]
    pub effect: Effect,
    /// Its device, where it has one.
    #[serde(flatten)]
    pub target: Option<Target>,
}

impl Bound {
    /// The effect with the device as it is now.
    pub fn new(effect: Effect, machine: &Machine) -> Self {
        let target = match &effect {
            Effect::Destroys { device } | Effect::Alters { device } => {
                machine.find(device).map(|device| Target {
                    identity: machine.identity(device),
                    below: machine.below(&device.path),
                })
            }
            _ => None,
        };
        Self { effect, target }
    }
}

/// What becomes of an action that somebody has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// It is done.
    On,
    /// It is left out.
    Past,
    /// The run ends here.
    Stop,
}

/// Who is asked in the middle of a run.
pub trait Consent {
    /// Whether an effect that the plan did not have may be.
    fn ask(&mut self, wanted: &Bound) -> bool;

    /// Whether an action that the plan did not have may be carried out, for this reason, with these
    /// effects that were not approved.
    fn approve_new(&mut self, _call: &PlannedCall, _why: &str, _effects: &[Bound]) -> bool {
        false
    }

    /// Whether every action is to be shown before it is done.
    fn wants_to_see(&self) -> bool {
        false
    }

    /// Shows an action that is about to be done, with its effects.
    fn see(&mut self, _call: &PlannedCall, _effects: &[Bound]) -> Go {
        Go::On
    }
}

/// Nobody is there: the answer is no.
pub struct Nobody;

impl Consent for Nobody {
    fn ask(&mut self, _wanted: &Bound) -> bool {
        false
    }
}

/// The list of effects of a plan; in a real run, the list that was approved.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// Each effect that no earlier one includes, with its device: in their order,
    /// and quickly found, because a recipe may write a hundred thousand files.
    effects: IndexMap<Effect, Option<Box<Target>>>,
    /// The calls of the plan that was approved, where a plan was.
    trace: Option<Rc<Trace>>,
    /// The directories that the plan goes through.
    pub(crate) directories: Directories,
}

impl Approval {
    /// Agreement to these effects.
    pub fn of(effects: Vec<Bound>) -> Self {
        let boxed = |bound: Bound| (bound.effect, bound.target.map(Box::new));
        Self { effects: effects.into_iter().map(boxed).collect(), ..Self::default() }
    }

    /// Binds the approval to the calls of a plan: a run must not make others.
    pub(crate) fn bind(&mut self, trace: Trace) {
        self.trace = Some(Rc::new(trace));
    }

    /// Returns how a run under this approval is compared with its plan.
    pub(crate) fn tracing(&self) -> Tracing {
        match &self.trace {
            Some(trace) => Tracing::Compare(Comparison::new(Rc::clone(trace))),
            None => Tracing::Off,
        }
    }

    /// Each effect that no earlier one includes, in the order in which they were needed.
    pub fn effects(&self) -> impl Iterator<Item = (&Effect, Option<&Target>)> {
        self.effects.iter().map(|(effect, target)| (effect, target.as_deref()))
    }

    /// The same, as it is saved.
    pub fn bound(&self) -> Vec<Bound> {
        let bound = |(effect, target): (&Effect, Option<&Target>)| Bound {
            effect: effect.clone(),
            target: target.cloned(),
        };
        self.effects().map(bound).collect()
    }

    /// Whether the effect is one of these, or part of one.
    pub fn covers(&self, effect: &Effect, machine: &Machine) -> bool {
        if self.effects.contains_key(effect) {
            return true;
        }
        match effect {
            Effect::Writes { path } => {
                above(path).any(|path| self.effects.contains_key(&Effect::Writes { path }))
            }
            Effect::Mounts { at } => {
                above(at).any(|at| self.effects.contains_key(&Effect::Mounts { at }))
            }
            Effect::Destroys { device } => self.on(device, machine, false),
            Effect::Alters { device } => self.on(device, machine, true),
            Effect::Runs { .. } | Effect::Ends { .. } => false,
        }
    }

    /// Whether the device lies on one whose contents are lost (or, if that is enough, changed).
    fn on(&self, device: &str, machine: &Machine, altered: bool) -> bool {
        self.effects.keys().any(|effect| match effect {
            Effect::Destroys { device: whole } => machine.lies_on(device, whole),
            Effect::Alters { device: whole } if altered => machine.lies_on(device, whole),
            _ => false,
        })
    }

    /// Adds an effect unless it is included already.
    pub fn add(&mut self, effect: Effect, machine: &Machine) {
        if !self.covers(&effect, machine) {
            self.extend(Bound::new(effect, machine));
        }
    }

    /// Adds an effect that was agreed to later.
    pub fn extend(&mut self, bound: Bound) {
        self.effects.insert(bound.effect, bound.target.map(Box::new));
    }

    /// The devices whose contents are lost.
    pub fn destroyed(&self) -> impl Iterator<Item = (&str, Option<&Target>)> {
        self.effects().filter_map(|(effect, target)| match effect {
            Effect::Destroys { device } => Some((device.as_str(), target)),
            _ => None,
        })
    }
}

/// The folders above a path, nearest first.
fn above(path: &str) -> impl Iterator<Item = String> + '_ {
    Path::new(path).ancestors().skip(1).map(|folder| folder.to_string_lossy().into_owned())
}
