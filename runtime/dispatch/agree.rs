//! What an action may do: what was agreed to, what a person is asked for, and what is passed over.

use super::Call;
use crate::action::{AnyAction, Effect, Plan, Returns};
use crate::approval::{Bound, Go};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::journal::Record;
use crate::machine::Fact;
use crate::report::PlannedStep;
use crate::session::{Gate, Session};
use crate::types::Value;

impl Session {
    /// Replaces the names of devices by their canonical ones.
    pub(super) fn canonical(&self, effects: Vec<Effect>) -> Vec<Effect> {
        let path = |device: String| self.machine.find(&device).map_or(device, |d| d.path.clone());
        let words = |what: &str| -> String {
            what.split(' ').map(|word| path(word.to_owned())).collect::<Vec<_>>().join(" ")
        };
        // What this run made itself it may end without asking.
        let own = |effect: &Effect| match effect {
            Effect::Ends { what } => self
                .made
                .iter()
                .filter_map(Fact::release)
                .any(|release| release.to_string() == words(what)),
            _ => false,
        };
        let canonical = |effect| match effect {
            Effect::Destroys { device } => Effect::Destroys { device: path(device) },
            Effect::Alters { device } => Effect::Alters { device: path(device) },
            Effect::Ends { what } => Effect::Ends { what: words(&what) },
            // A file below something that this run mounted belongs to that tree.
            Effect::Writes { path } => {
                let mounts = self.made.iter().filter_map(|fact| match fact {
                    Fact::Mounted { at, .. } if crate::machine::is_below(&path, at) => Some(at),
                    _ => None,
                });
                let top = mounts.min_by_key(|at| at.len()).cloned();
                Effect::Writes { path: top.unwrap_or(path) }
            }
            other => other,
        };
        effects.into_iter().filter(|effect| !own(effect)).map(canonical).collect()
    }

    /// Whether it may be done. Somebody who wants to see every action first gets it shown, and what
    /// they agree to needs no other agreement.
    pub(super) fn agree(
        &mut self,
        call: &Call,
        plan: &Plan<Value>,
        effects: &[Effect],
    ) -> Result<Go> {
        let Gate::Enforce(_, consent) = &self.gate else {
            return self.gate(effects).map(|()| Go::On);
        };
        if !consent.wants_to_see() {
            return self.gate(effects).map(|()| Go::On);
        }
        let files = self.system.files();
        let step = |step| PlannedStep::of(step, files);
        let steps = plan.steps.iter().map(step).collect();
        let shown = call.planned(plan, steps, effects.to_vec());
        let bound: Vec<Bound> =
            effects.iter().map(|effect| Bound::new(effect.clone(), &self.machine)).collect();
        let Gate::Enforce(_, consent) = &mut self.gate else { return Ok(Go::On) };
        self.listener.hear(&Event::Terminal { taken: true });
        let go = consent.see(&shown, &bound);
        self.listener.hear(&Event::Terminal { taken: false });
        match go {
            Go::Stop => Err(Error::Interrupted),
            go => Ok(go),
        }
    }

    /// The effects of an action that can't be planned yet, collected.
    pub(crate) fn foreseen(&mut self, effects: &[Effect]) -> Result<Vec<Effect>> {
        let effects = self.canonical(effects.to_vec());
        self.gate(&effects).map(|()| effects)
    }

    fn gate(&mut self, effects: &[Effect]) -> Result<()> {
        let mut allowed = Vec::new();
        let result = match &mut self.gate {
            Gate::Collect(approval) => {
                for effect in effects {
                    approval.add(effect.clone(), &self.machine);
                }
                Ok(())
            }
            Gate::Enforce(approval, consent) => effects.iter().try_for_each(|effect| {
                if approval.covers(effect, &self.machine) {
                    return Ok(());
                }
                let wanted = Bound::new(effect.clone(), &self.machine);
                self.listener.hear(&Event::Terminal { taken: true });
                let agreed = consent.ask(&wanted);
                self.listener.hear(&Event::Terminal { taken: false });
                if !agreed {
                    return Err(Error::NotApproved { effect: effect.to_string() });
                }
                approval.extend(wanted.clone());
                allowed.push(self.replay.names.data_then(&wanted));
                Ok(())
            }),
        };
        for effect in allowed {
            self.record(true, || Record::Approved { effect })?;
        }
        result
    }

    /// A person chose to leave out an action that could not be done.
    pub(super) fn skip(&mut self, call: &Call, action: &dyn AnyAction) -> Result<Value> {
        // It may be its plan that can't be made.
        match action.plan(&mut self.planning_view()) {
            Ok(plan) => self.pass_over(call, &plan),
            Err(_) => self.passed_over(call, &Value::Unit),
        }
    }

    /// Leaves out an action: the script gets what it would get, as far as that can be known.
    pub(super) fn pass_over(&mut self, call: &Call, plan: &Plan<Value>) -> Result<Value> {
        let (Returns::Known(value) | Returns::Read { guess: value, .. }) = &plan.returns;
        self.passed_over(call, value)
    }

    fn passed_over(&mut self, call: &Call, value: &Value) -> Result<Value> {
        let value = self.replay.names.value_then(value);
        self.record(true, || Record::Skipped {
            call: call.number,
            name: call.spec.name.to_owned(),
            args: call.recorded_args(),
            digest: call.digest.clone(),
            output: value.recorded(),
            site: call.site.clone(),
        })?;
        self.tell_began(call);
        self.tell(&Event::Skipped { call: call.number });
        Ok(value)
    }
}
