//! The approved effects, bound to the identity of the devices.

use std::path::Path;
use std::rc::Rc;

use indexmap::IndexMap;

use super::bound::chains;
use super::bound::{BoundEffect, Target};
use super::call::PlannedCall;
use super::control::{FullControl, full_control};
use super::needs::Needs;
use crate::machine::{Machine, is_below, is_volume_of};
use crate::operation::{Effect, FilesEffect, ProgramEffect, StorageEffect};
use crate::plan::directories::Directories;
use crate::plan::{Comparison, Trace, Tracing};
use crate::types::Map;

/// The decision of the user on an action that is about to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Run the action.
    Run,
    /// Skip the action and continue with the next one.
    Skip,
    /// Stop the run.
    Stop,
}

/// A source of approvals and decisions during a run.
pub trait Approver {
    /// Asks whether to allow an effect that is not in the plan.
    fn ask(&mut self, wanted: &BoundEffect) -> bool;

    /// Asks whether to run an action that is not in the plan, for the reason `why`, with these
    /// effects that are not approved yet.
    fn approve_new(&mut self, _call: &PlannedCall, _why: &str, _effects: &[BoundEffect]) -> bool {
        false
    }

    /// Returns whether every action is shown before it runs.
    fn reviews_every_action(&self) -> bool {
        false
    }

    /// Shows an action that is about to run, with its effects, and returns the decision.
    fn decide(&mut self, _call: &PlannedCall, _effects: &[BoundEffect]) -> Decision {
        Decision::Run
    }
}

/// An approver that refuses everything.
pub struct NoopApprover;

impl Approver for NoopApprover {
    fn ask(&mut self, _wanted: &BoundEffect) -> bool {
        false
    }
}

/// The effects of a plan; in a real run, the approved effects.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// The effects that no earlier one includes, in their order, with their devices. A map, because
    /// a recipe may write a hundred thousand files.
    effects: IndexMap<Effect, Option<Box<Target>>>,
    /// The calls of the approved plan, if a plan was approved.
    trace: Option<Rc<Trace>>,
    /// The directories that the steps of the plan pass through.
    pub(crate) directories: Directories,
    /// The declarations of the recipe: effects outside them are never approved.
    declared: Option<Rc<AnnouncedNeeds>>,
    /// Whether the recipe is bundled; see [`Comparison`].
    bundled: bool,
}

/// The `[needs]` of a recipe, with the values of its parameters.
#[derive(Debug)]
struct AnnouncedNeeds {
    needs: Needs,
    params: Map,
}

impl Approval {
    /// Creates the approval of these effects.
    pub fn of(effects: Vec<BoundEffect>) -> Self {
        let effects = effects.into_iter().map(|bound| (bound.effect, bound.target));
        Self { effects: effects.collect(), ..Self::default() }
    }

    /// Binds the approval to the calls of a plan: a run must not make other calls.
    pub(crate) fn bind(&mut self, trace: Trace) {
        self.trace = Some(Rc::new(trace));
    }

    /// Returns how a run with this approval is compared with its plan.
    pub(crate) fn tracing(&self) -> Tracing {
        match &self.trace {
            Some(trace) => Tracing::Compare(Comparison::new(Rc::clone(trace), self.bundled)),
            None => Tracing::Off,
        }
    }

    /// Notes whether the recipe is bundled, so that its run may have other arguments than its plan.
    #[must_use]
    pub fn of_bundled(self, bundled: bool) -> Self {
        Self { bundled, ..self }
    }

    /// Restricts the approval to the effects that the recipe declares, now and later.
    #[must_use]
    pub fn for_recipe(mut self, needs: Option<&Needs>, params: &Map) -> Self {
        let declared =
            |needs: &Needs| AnnouncedNeeds { needs: needs.clone(), params: params.clone() };
        self.declared = needs.map(declared).map(Rc::new);
        if let Some(AnnouncedNeeds { needs, params }) = self.declared.as_deref() {
            self.effects.retain(|effect, target| needs.declares(effect, target.as_deref(), params));
        }
        self
    }

    /// Returns whether the recipe declares the effect.
    pub fn declares(&self, bound: &BoundEffect) -> bool {
        self.declared.as_ref().is_none_or(|declared| {
            let AnnouncedNeeds { needs, params } = declared.as_ref();
            needs.declares(&bound.effect, bound.target.as_deref(), params)
        })
    }

    /// Returns the effects that no earlier one includes, in the order in which they were needed.
    pub fn effects(&self) -> impl Iterator<Item = (&Effect, Option<&Target>)> {
        self.effects.iter().map(|(effect, target)| (effect, target.as_deref()))
    }

    /// Returns the same effects in the form in which they are saved.
    pub fn bound(&self) -> Vec<BoundEffect> {
        let bound = |(effect, target): (&Effect, Option<&Target>)| BoundEffect {
            effect: effect.clone(),
            target: target.cloned().map(Box::new),
        };
        self.effects().map(bound).collect()
    }

    /// Returns the same as [`Self::bound`] without copying.
    pub fn into_bound(self) -> Vec<BoundEffect> {
        self.effects.into_iter().map(|(effect, target)| BoundEffect { effect, target }).collect()
    }

    /// Returns whether the effect is one of the approved ones, or part of one.
    pub fn covers(&self, effect: &Effect, machine: &Machine) -> bool {
        self.announces(effect) || self.contains(effect, machine)
    }

    /// Returns whether the announcement of an action includes the effect.
    fn announces(&self, effect: &Effect) -> bool {
        effect.announced_by().is_some_and(|action| {
            let announced = ProgramEffect::MayCall { action: action.to_owned() };
            self.effects.contains_key(&Effect::Program(announced))
        })
    }

    fn contains(&self, effect: &Effect, machine: &Machine) -> bool {
        if self.effects.contains_key(effect) {
            return true;
        }
        match effect {
            Effect::Files(FilesEffect::Writes { path }) => parent_directories(path).any(|path| {
                self.effects.contains_key(&Effect::Files(FilesEffect::Writes { path }))
            }),
            Effect::Storage(StorageEffect::Mounts { at }) => parent_directories(at).any(|at| {
                self.effects.contains_key(&Effect::Storage(StorageEffect::Mounts { at }))
            }),
            // A run may read what it writes or mounts itself.
            Effect::Files(FilesEffect::Reads { path }) => {
                parent_directories(path).chain([path.clone()]).any(|path| {
                    self.effects
                        .contains_key(&Effect::Files(FilesEffect::Reads { path: path.clone() }))
                        || self.effects.contains_key(&Effect::Storage(StorageEffect::Mounts {
                            at: path.clone(),
                        }))
                        || self.effects.contains_key(&Effect::Files(FilesEffect::Writes { path }))
                })
            }
            // A swap file is a file that the run wrote.
            Effect::Storage(StorageEffect::SwapsTo { area }) if !is_below(area, "/dev") => {
                parent_directories(area).chain([area.clone()]).any(|path| {
                    self.effects.contains_key(&Effect::Files(FilesEffect::Writes { path }))
                })
            }
            // A volume group whose volumes were destroyed with approval contains no more data.
            Effect::Storage(StorageEffect::RemovesGroup { group })
                if self.loses_volume_of(group) =>
            {
                true
            }
            _ => self.includes(effect, machine),
        }
    }

    fn loses_volume_of(&self, group: &str) -> bool {
        let volume = |(device, _): (&str, _)| is_volume_of(device, group);
        self.destroyed().any(volume)
    }

    /// Returns whether approved effects on a device in every chain from the effect's device down to
    /// a disk include the effect: destroying a device includes altering it, which includes opening
    /// it.
    fn includes(&self, effect: &Effect, machine: &Machine) -> bool {
        let has = |effect: &dyn Fn(String) -> Effect, path: &str| {
            self.effects.contains_key(&effect(path.to_owned()))
        };
        let lost =
            |path: &str| has(&|device| Effect::Storage(StorageEffect::Destroys { device }), path);
        let changed = |path: &str| {
            lost(path) || has(&|device| Effect::Storage(StorageEffect::Alters { device }), path)
        };
        let opened = |path: &str| {
            changed(path)
                || has(&|device| Effect::Storage(StorageEffect::Opens { device }), path)
                || has(&|group| Effect::Storage(StorageEffect::Activates { group }), path)
        };
        let used = |path: &str| {
            opened(path) || has(&|device| Effect::Storage(StorageEffect::Uses { device }), path)
        };
        let enough: &dyn Fn(&str) -> bool = match effect {
            Effect::Storage(
                StorageEffect::Destroys { .. }
                | StorageEffect::RemovesKey { .. }
                | StorageEffect::RemovesGroup { .. },
            ) => &lost,
            Effect::Storage(StorageEffect::Alters { .. } | StorageEffect::AltersGroup { .. }) => {
                &changed
            }
            Effect::Storage(
                StorageEffect::Opens { .. }
                | StorageEffect::Activates { .. }
                | StorageEffect::Assembles { .. }
                | StorageEffect::SwapsTo { .. },
            ) => &opened,
            Effect::Storage(StorageEffect::Uses { .. }) => &used,
            _ => return false,
        };
        let ways = chains(effect, machine).unwrap_or_default();
        !ways.is_empty() && ways.iter().all(|way| way.iter().any(|path| enough(path)))
    }

    /// Adds an effect unless it is already included.
    pub fn add(&mut self, effect: Effect, machine: &Machine) {
        if !self.contains(&effect, machine) {
            self.extend(BoundEffect::new(effect, machine));
        }
    }

    /// Adds an effect that was approved later, unless the recipe does not declare it.
    pub fn extend(&mut self, bound: BoundEffect) {
        if !self.declares(&bound) {
            return;
        }
        self.effects.insert(bound.effect, bound.target);
    }

    /// Returns the roots in which a run can do anything.
    pub fn full_control(&self) -> Vec<FullControl> {
        full_control(self.effects().map(|(effect, _)| effect))
    }

    /// Returns the effects that destroy data irrecoverably.
    pub fn losses(&self) -> impl Iterator<Item = BoundEffect> {
        self.bound().into_iter().filter(|bound| bound.effect.loses().is_some())
    }

    /// Returns the devices whose contents are destroyed.
    pub fn destroyed(&self) -> impl Iterator<Item = (&str, Option<&Target>)> {
        self.effects().filter_map(|(effect, target)| match effect {
            Effect::Storage(StorageEffect::Destroys { device }) => Some((device.as_str(), target)),
            _ => None,
        })
    }
}

/// Returns the directories above a path, nearest first.
fn parent_directories(path: &str) -> impl Iterator<Item = String> + '_ {
    Path::new(path).ancestors().skip(1).map(|directory| directory.to_string_lossy().into_owned())
}
