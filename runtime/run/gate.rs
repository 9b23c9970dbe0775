//! The gate that every effect of a run must pass: effects are collected for a plan, or checked
//! against the approved effects and the declarations of the recipe.

use crate::error::{Error, Result};
use crate::machine::files::Files;
use crate::machine::{Fact, Machine, StorageFact};
use crate::operation::Effect;
use crate::plan::approval::{Approval, Approver, Decision};
use crate::plan::bound::BoundEffect;
use crate::plan::call::PlannedCall;
use crate::plan::needs::Undeclared;
use crate::plan::{Trace, Tracing};
use crate::run::reporter::Reporter;
use crate::system::Step;

/// A gate that collects or checks effects.
pub enum Gate {
    /// Planning: all effects are collected.
    Collect(Approval),
    /// Running: an effect that was not approved is prompted for or refused.
    Enforce(Approval, Box<dyn Approver>),
}

impl Gate {
    /// Returns the mode of tracing: calls are recorded for a plan and compared with it in a run.
    pub(crate) fn tracing(&self) -> Tracing {
        match self {
            Self::Collect(_) => Tracing::Record(Trace::default()),
            Self::Enforce(approval, _) => approval.tracing(),
        }
    }

    /// Returns the collected or approved effects.
    pub(crate) fn into_approval(self) -> Approval {
        let (Self::Collect(approval) | Self::Enforce(approval, _)) = self;
        approval
    }

    /// Returns whether every action is shown before it runs.
    pub(crate) fn reviews_every_action(&self) -> bool {
        matches!(self, Self::Enforce(_, approver) if approver.reviews_every_action())
    }

    /// Returns whether all of these effects were approved.
    pub(crate) fn covers(&self, effects: &[Effect], machine: &Machine) -> bool {
        match self {
            Self::Collect(_) => false,
            Self::Enforce(approval, _) => {
                effects.iter().all(|effect| approval.covers(effect, machine))
            }
        }
    }

    /// Refuses effects that the recipe does not declare; the user cannot approve them either.
    pub(crate) fn must_be_declared(&self, effects: &[Effect], machine: &Machine) -> Result<()> {
        let Self::Enforce(approval, _) = self else { return Ok(()) };
        effects.iter().try_for_each(|effect| {
            let announced = || approval.declares(&BoundEffect::new(effect.clone(), machine));
            match approval.covers(effect, machine) || announced() {
                true => Ok(()),
                false => Err(Undeclared { effect: effect.to_string() }.into()),
            }
        })
    }

    /// Admits effects that were approved, or that the user approves now. The latter are returned
    /// even if a further effect is refused.
    pub(crate) fn admit(
        &mut self,
        effects: &[Effect],
        machine: &Machine,
        reporter: &mut Reporter,
    ) -> (Vec<BoundEffect>, Result<()>) {
        let mut allowed = Vec::new();
        let result = match self {
            Self::Collect(approval) => {
                for effect in effects {
                    approval.add(effect.clone(), machine);
                }
                Ok(())
            }
            Self::Enforce(approval, approver) => effects.iter().try_for_each(|effect| {
                if approval.covers(effect, machine) {
                    return Ok(());
                }
                let wanted = BoundEffect::new(effect.clone(), machine);
                if !reporter.with_terminal(|| approver.ask(&wanted)) {
                    return Err(Error::NotApproved { effect: effect.to_string() });
                }
                approval.extend(wanted.clone());
                allowed.push(wanted);
                Ok(())
            }),
        };
        (allowed, result)
    }

    /// Shows an action to a user who reviews every action. The effects of an approved action need
    /// no further approval.
    pub(crate) fn show(
        &mut self,
        shown: &PlannedCall,
        machine: &Machine,
        reporter: &mut Reporter,
    ) -> Result<Decision> {
        let Self::Enforce(_, approver) = self else { return Ok(Decision::Run) };
        let bound = |effect: &Effect| BoundEffect::new(effect.clone(), machine);
        let bound: Vec<BoundEffect> = shown.effects.iter().map(bound).collect();
        match reporter.with_terminal(|| approver.decide(shown, &bound)) {
            Decision::Stop => Err(Error::Interrupted),
            go => Ok(go),
        }
    }

    /// Asks whether to run an action that is not in the plan. Returns its effects that were not
    /// approved before, or `None` if the user refuses.
    pub(crate) fn approve_new(
        &mut self,
        shown: &PlannedCall,
        why: &str,
        machine: &Machine,
        reporter: &mut Reporter,
    ) -> Option<Vec<BoundEffect>> {
        let Self::Enforce(approval, approver) = self else { return Some(Vec::new()) };
        let more = shown.effects.iter().filter(|effect| !approval.covers(effect, machine));
        let more: Vec<BoundEffect> =
            more.map(|effect| BoundEffect::new(effect.clone(), machine)).collect();
        reporter.with_terminal(|| approver.approve_new(shown, why, &more)).then_some(more)
    }

    /// Adds an effect that was approved during the run.
    pub(crate) fn extend(&mut self, effect: BoundEffect) {
        if let Self::Enforce(approval, _) = self {
            approval.extend(effect);
        }
    }

    /// Records the directories that steps pass through, or compares them with those of the plan.
    pub(crate) fn check_directories(
        &mut self,
        steps: &[Step],
        made: &[Fact],
        files: &dyn Files,
    ) -> Result<()> {
        match self {
            Self::Collect(approval) => {
                approval.directories.remember(steps, files);
                Ok(())
            }
            Self::Enforce(approval, _) => {
                let mounted = made.iter().filter_map(|fact| match fact {
                    Fact::Storage(StorageFact::Mounted { at, .. }) => Some(at.as_str()),
                    _ => None,
                });
                let mounted: Vec<&str> = mounted.collect();
                approval.directories.check(steps, &mounted, files)
            }
        }
    }
}
