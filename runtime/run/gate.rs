//! The gate that every effect of a run goes through: collected for a plan, or held against what was
//! approved and what the recipe declares.

use crate::error::{Error, Result};
use crate::machine::files::Files;
use crate::machine::{Fact, Machine, StorageFact};
use crate::operation::Effect;
use crate::plan::approval::{Approval, Approver, Decision};
use crate::plan::bound::Bound;
use crate::plan::call::PlannedCall;
use crate::plan::needs::Undeclared;
use crate::plan::{Trace, Tracing};
use crate::run::voice::Voice;
use crate::system::Step;

/// Whether effects are collected or checked.
pub enum Gate {
    /// Planning: whatever is needed is written down.
    Collect(Approval),
    /// Running: what was not approved is asked for, or refused.
    Enforce(Approval, Box<dyn Approver>),
}

impl Gate {
    /// Returns how calls are traced: recorded for a plan, compared with it in a run.
    pub(crate) fn tracing(&self) -> Tracing {
        match self {
            Self::Collect(_) => Tracing::Record(Trace::default()),
            Self::Enforce(approval, _) => approval.tracing(),
        }
    }

    /// Returns what was collected, or approved.
    pub(crate) fn into_approval(self) -> Approval {
        let (Self::Collect(approval) | Self::Enforce(approval, _)) = self;
        approval
    }

    /// Whether every action is shown before it is done.
    pub(crate) fn reviews_every_action(&self) -> bool {
        matches!(self, Self::Enforce(_, approver) if approver.reviews_every_action())
    }

    /// Whether all of these effects were approved.
    pub(crate) fn covers(&self, effects: &[Effect], machine: &Machine) -> bool {
        match self {
            Self::Collect(_) => false,
            Self::Enforce(approval, _) => {
                effects.iter().all(|effect| approval.covers(effect, machine))
            }
        }
    }

    /// Refuses what the recipe does not announce, whoever would approve it.
    pub(crate) fn must_be_declared(&self, effects: &[Effect], machine: &Machine) -> Result<()> {
        let Self::Enforce(approval, _) = self else { return Ok(()) };
        effects.iter().try_for_each(|effect| {
            let announced = || approval.declares(&Bound::new(effect.clone(), machine));
            match approval.covers(effect, machine) || announced() {
                true => Ok(()),
                false => Err(Undeclared { effect: effect.to_string() }.into()),
            }
        })
    }

    /// Lets effects pass: those that were approved, or that the user approves now. Returns the latter as well
    /// where one of them is refused.
    pub(crate) fn admit(
        &mut self,
        effects: &[Effect],
        machine: &Machine,
        voice: &mut Voice,
    ) -> (Vec<Bound>, Result<()>) {
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
                let wanted = Bound::new(effect.clone(), machine);
                if !voice.ask(|| approver.ask(&wanted)) {
                    return Err(Error::NotApproved { effect: effect.to_string() });
                }
                approval.extend(wanted.clone());
                allowed.push(wanted);
                Ok(())
            }),
        };
        (allowed, result)
    }

    /// Shows an action to somebody who wants to see every one. What they approve needs no other approval.
    pub(crate) fn show(
        &mut self,
        shown: &PlannedCall,
        machine: &Machine,
        voice: &mut Voice,
    ) -> Result<Decision> {
        let Self::Enforce(_, approver) = self else { return Ok(Decision::Run) };
        let bound = |effect: &Effect| Bound::new(effect.clone(), machine);
        let bound: Vec<Bound> = shown.effects.iter().map(bound).collect();
        match voice.ask(|| approver.decide(shown, &bound)) {
            Decision::Stop => Err(Error::Interrupted),
            go => Ok(go),
        }
    }

    /// Asks whether an action that the plan did not have may be carried out. Returns its effects that were
    /// not approved before, or nothing where the answer is no.
    pub(crate) fn approve_new(
        &mut self,
        shown: &PlannedCall,
        why: &str,
        machine: &Machine,
        voice: &mut Voice,
    ) -> Option<Vec<Bound>> {
        let Self::Enforce(approval, approver) = self else { return Some(Vec::new()) };
        let more = shown.effects.iter().filter(|effect| !approval.covers(effect, machine));
        let more: Vec<Bound> = more.map(|effect| Bound::new(effect.clone(), machine)).collect();
        voice.ask(|| approver.approve_new(shown, why, &more)).then_some(more)
    }

    /// Adds an effect that was approved in the middle of the run.
    pub(crate) fn extend(&mut self, effect: Bound) {
        if let Self::Enforce(approval, _) = self {
            approval.extend(effect);
        }
    }

    /// Holds the directories that steps go through against those of the plan.
    pub(crate) fn hold_directories(
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
