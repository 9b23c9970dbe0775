//! What was approved, bound to the identity of the devices.

use std::path::Path;
use std::rc::Rc;

use indexmap::IndexMap;

use super::bound::ways;
use super::bound::{Bound, Target};
use super::call::PlannedCall;
use super::needs::Needs;
use crate::machine::{Machine, is_below, is_volume_of};
use crate::operation::{Effect, FilesEffect, StorageEffect};
use crate::plan::directories::Directories;
use crate::plan::{Comparison, Trace, Tracing};
use crate::types::Map;

/// The answer to an action that was shown before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Execute it.
    Run,
    /// Leave this action out and go on with the next.
    Skip,
    /// End the run here.
    Stop,
}

/// Who is asked in the middle of a run.
pub trait Approver {
    /// Whether an effect that the plan did not have may be.
    fn ask(&mut self, wanted: &Bound) -> bool;

    /// Whether an action that the plan did not have may be carried out, for this reason, with these
    /// effects that were not approved.
    fn approve_new(&mut self, _call: &PlannedCall, _why: &str, _effects: &[Bound]) -> bool {
        false
    }

    /// Whether every action is to be shown before it is done.
    fn reviews_every_action(&self) -> bool {
        false
    }

    /// Shows an action that is about to be done, with its effects.
    fn decide(&mut self, _call: &PlannedCall, _effects: &[Bound]) -> Decision {
        Decision::Run
    }
}

/// An approver that refuses everything.
pub struct NoopApprover;

impl Approver for NoopApprover {
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
    /// What the recipe declares: nothing else is ever approved.
    declared: Option<Rc<AnnouncedNeeds>>,
}

/// What a recipe says it needs, with the values of its parameters.
#[derive(Debug)]
struct AnnouncedNeeds {
    needs: Needs,
    params: Map,
}

impl Approval {
    /// Agreement to these effects.
    pub fn of(effects: Vec<Bound>) -> Self {
        let effects = effects.into_iter().map(|bound| (bound.effect, bound.target));
        Self { effects: effects.collect(), ..Self::default() }
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

    /// The same for a recipe: what it does not announce is not approved, now or later.
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

    /// Whether the recipe declares the effect.
    pub fn declares(&self, bound: &Bound) -> bool {
        self.declared.as_ref().is_none_or(|declared| {
            let AnnouncedNeeds { needs, params } = declared.as_ref();
            needs.declares(&bound.effect, bound.target.as_deref(), params)
        })
    }

    /// Each effect that no earlier one includes, in the order in which they were needed.
    pub fn effects(&self) -> impl Iterator<Item = (&Effect, Option<&Target>)> {
        self.effects.iter().map(|(effect, target)| (effect, target.as_deref()))
    }

    /// The same, as it is saved.
    pub fn bound(&self) -> Vec<Bound> {
        let bound = |(effect, target): (&Effect, Option<&Target>)| Bound {
            effect: effect.clone(),
            target: target.cloned().map(Box::new),
        };
        self.effects().map(bound).collect()
    }

    /// The same, where nothing else of the approval is needed any more.
    pub fn into_bound(self) -> Vec<Bound> {
        self.effects.into_iter().map(|(effect, target)| Bound { effect, target }).collect()
    }

    /// Whether the effect is one of these, or part of one.
    pub fn covers(&self, effect: &Effect, machine: &Machine) -> bool {
        if self.effects.contains_key(effect) {
            return true;
        }
        match effect {
            Effect::Files(FilesEffect::Writes { path }) => above(path).any(|path| {
                self.effects.contains_key(&Effect::Files(FilesEffect::Writes { path }))
            }),
            Effect::Storage(StorageEffect::Mounts { at }) => above(at).any(|at| {
                self.effects.contains_key(&Effect::Storage(StorageEffect::Mounts { at }))
            }),
            // What a run writes or mounts is its own to read.
            Effect::Files(FilesEffect::Reads { path }) => {
                above(path).chain([path.clone()]).any(|path| {
                    self.effects
                        .contains_key(&Effect::Files(FilesEffect::Reads { path: path.clone() }))
                        || self.effects.contains_key(&Effect::Storage(StorageEffect::Mounts {
                            at: path.clone(),
                        }))
                        || self.effects.contains_key(&Effect::Files(FilesEffect::Writes { path }))
                })
            }
            // What is swapped to is a file that was written.
            Effect::Storage(StorageEffect::SwapsTo { area }) if !is_below(area, "/dev") => {
                above(area).chain([area.clone()]).any(|path| {
                    self.effects.contains_key(&Effect::Files(FilesEffect::Writes { path }))
                })
            }
            // A group that has lost its volumes with approval holds nothing any more.
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

    /// Whether everything that an effect's device lies on is lost anyway, or changed, or opened, as far as
    /// the effect asks for no more.
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
            _ => return false,
        };
        let ways = ways(effect, machine).unwrap_or_default();
        !ways.is_empty() && ways.iter().all(|way| way.iter().any(|path| enough(path)))
    }

    /// Adds an effect unless it is included already.
    pub fn add(&mut self, effect: Effect, machine: &Machine) {
        if !self.covers(&effect, machine) {
            self.extend(Bound::new(effect, machine));
        }
    }

    /// Adds an effect that was approved later, unless the recipe does not announce it.
    pub fn extend(&mut self, bound: Bound) {
        if !self.declares(&bound) {
            return;
        }
        self.effects.insert(bound.effect, bound.target);
    }

    /// What is lost and can't be restored.
    pub fn losses(&self) -> impl Iterator<Item = Bound> {
        self.bound().into_iter().filter(|bound| bound.effect.loses().is_some())
    }

    /// The devices whose contents are lost.
    pub fn destroyed(&self) -> impl Iterator<Item = (&str, Option<&Target>)> {
        self.effects().filter_map(|(effect, target)| match effect {
            Effect::Storage(StorageEffect::Destroys { device }) => Some((device.as_str(), target)),
            _ => None,
        })
    }
}

/// The directories above a path, nearest first.
fn above(path: &str) -> impl Iterator<Item = String> + '_ {
    Path::new(path).ancestors().skip(1).map(|directory| directory.to_string_lossy().into_owned())
}
