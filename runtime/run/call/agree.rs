//! What an action may do: what was agreed to, what a person is asked for, and what is passed over.

use super::current::Call;
use crate::error::{Error, Exit, Result, Rule};
use crate::event::Event;
use crate::journal::Record;
use crate::machine::Fact;
use crate::operation::{
    Answer, AnyAction, AnyQuery, Effect, FilesEffect, Plan, ProgramEffect, Returns,
};
use crate::plan::approval::Go;
use crate::plan::bound::Bound;
use crate::plan::call::PlannedStep;
use crate::plan::needs::Unannounced;
use crate::run::session::{Gate, Session};
use crate::system::{Program, Step};
use crate::types::{Map, Value};

/// An action that says nothing of what it does could be neither approved nor held against `[needs]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{primitive}: the action declares no effect")]
pub(super) struct NoEffect {
    pub(super) primitive: &'static str,
}

impl Rule for NoEffect {
    fn remedy(&self) -> Option<String> {
        Some(
            "give it something to act on; if it has that, report this as a defect of gscript"
                .into(),
        )
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

impl Session {
    /// Replaces the names of devices and files by what they stand for.
    pub(super) fn canonical(&self, effects: Vec<Effect>, args: &Map) -> Result<Vec<Effect>> {
        let path = |device: String| self.machine.canonical(&device);
        let words = |what: &str| -> String {
            if let Some(unmount) = self.at_real_mount(what) {
                return unmount;
            }
            what.split(' ').map(|word| path(word.to_owned())).collect::<Vec<_>>().join(" ")
        };
        // What this run made itself it may end without asking.
        let own = |effect: &Effect| match effect {
            Effect::Program(ProgramEffect::Ends { what }) => self
                .made
                .iter()
                .filter_map(Fact::release)
                .any(|release| release.to_string() == words(what)),
            _ => false,
        };
        let canonical = |effect| match effect {
            Effect::Program(ProgramEffect::Ends { what }) => {
                Ok(Effect::Program(ProgramEffect::Ends { what: words(&what) }))
            }
            other => self.at_real_place(other.on(path), args),
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
        self.must_be_announced(effects)?;
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
    pub(crate) fn approve_unopened(
        &mut self,
        effects: &[Effect],
        args: &Map,
    ) -> Result<Vec<Effect>> {
        let effects = self.canonical(effects.to_vec(), args)?;
        self.gate(&effects).map(|()| effects)
    }

    /// What a question reads is approved with the plan, but is no line of it.
    pub(super) fn agree_to_read(&mut self, query: &dyn AnyQuery) -> Result<()> {
        let mut effects = query.effects();
        effects.retain(|effect| matches!(effect, Effect::Files(FilesEffect::Reads { .. })));
        if effects.is_empty() {
            return Ok(());
        }
        let effects = self.canonical(effects, &query.arguments())?;
        match &self.gate {
            Gate::Enforce(_, consent) if consent.wants_to_see() => self.must_be_announced(&effects),
            _ => self.gate(&effects),
        }
    }

    /// A question that runs a program in a root is approved as an action is, and has its line in the plan.
    /// Returns what is assumed where it is skipped.
    pub(super) fn agree_to_ask(
        &mut self,
        call: &Call,
        query: &dyn AnyQuery,
        answer: &Answer<Value>,
    ) -> Result<Option<Value>> {
        let (cmd, value) = match answer {
            Answer::Ask { cmd, guess, .. } => (Some(cmd), guess),
            Answer::Known(value) | Answer::Guess(value) => (None, value),
        };
        let mut effects = query.effects();
        // Whatever a query declares, the command that is going to run says what runs.
        if let Some(Program::Inside { root, path }) = cmd.map(|cmd| &cmd.program) {
            for effect in Effect::runs(path, &root.to_string_lossy()) {
                if !effects.contains(&effect) {
                    effects.push(effect);
                }
            }
        }
        effects.retain(|effect| !matches!(effect, Effect::Files(FilesEffect::Reads { .. })));
        if effects.is_empty() || (cmd.is_none() && !self.planning()) {
            return Ok(None);
        }
        let effects = self.canonical(effects, &query.arguments())?;
        let steps = cmd.map(|cmd| Step::Run(cmd.clone())).into_iter().collect();
        let plan = Plan::steps(steps).returns(value.clone());
        let go = self.agree(call, &plan, &effects)?;
        if self.planning() {
            let files = self.system.files();
            let steps = plan.steps.iter().map(|step| PlannedStep::of(step, files)).collect();
            self.note(call.planned(&plan, steps, effects));
        }
        Ok((go == Go::Past).then(|| value.clone()))
    }

    /// Refuses what the recipe does not announce, whoever would approve it.
    pub(super) fn must_be_announced(&self, effects: &[Effect]) -> Result<()> {
        let Gate::Enforce(approval, _) = &self.gate else { return Ok(()) };
        effects.iter().try_for_each(|effect| {
            let announced = || approval.announces(&Bound::new(effect.clone(), &self.machine));
            match approval.covers(effect, &self.machine) || announced() {
                true => Ok(()),
                false => Err(Unannounced { effect: effect.to_string() }.into()),
            }
        })
    }

    fn gate(&mut self, effects: &[Effect]) -> Result<()> {
        self.must_be_announced(effects)?;
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

    /// Adds effects that were approved in the middle of the run.
    pub(super) fn approve(&mut self, effects: Vec<Bound>) -> Result<()> {
        for effect in effects {
            let recorded = self.replay.names.data_then(&effect);
            if let Gate::Enforce(approval, _) = &mut self.gate {
                approval.extend(effect);
            }
            self.record(true, || Record::Approved { effect: recorded })?;
        }
        Ok(())
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
        self.tracing.may_branch();
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
