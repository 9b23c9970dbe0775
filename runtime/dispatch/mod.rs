//! The way of one call: decode → plan → guard → approval → journal → execute → learn and compare.

mod again;
mod record;
mod relay;
mod verify;

use std::rc::Rc;
use std::time::Instant;

use crate::action::{Answer, AnyAction, AnyQuery, Effect, Plan, Returns};
use relay::Relay;

use again::Turn;

use crate::approval::Bound;
use crate::error::{BadCall, Error, Result};
use crate::event::{Event, Site};
use crate::guard::may_be_lost;
use crate::journal::Record;
use crate::machine::Fact;
use crate::registry::{Primitive, Read};
use crate::report::{PlannedCall, PlannedStep, TakeBack, edit};
use crate::session::{Failure, Gate, Session};
use crate::spec::{ArgError, Given, Spec};
use crate::system::{Broken, Cmd, MissingProgram, Outcome, Stdin, Step, StepError};
use crate::types::{Completes, Map, Value};

/// One call on its way.
struct Call {
    number: u64,
    spec: &'static Spec,
    about: String,
    site: Site,
    /// As the script gave them, for the journal.
    args: Map,
    /// Of the arguments, where there is a journal.
    digest: String,
}

impl Session {
    /// Calls a primitive as scripts do. After the first failure of an action every further call
    /// fails the same.
    pub fn call(
        &mut self,
        primitive: &Primitive,
        site: Site,
        values: Vec<Value>,
    ) -> std::result::Result<Value, Failure> {
        self.call_with(primitive, site, primitive.arguments(values))
    }

    /// Calls a primitive with its arguments by name, as journals keep them.
    pub fn call_by_name(
        &mut self,
        primitive: &Primitive,
        site: Site,
        args: Map,
    ) -> std::result::Result<Value, Failure> {
        self.call_with(primitive, site, Given::by_name(primitive.spec.params, args))
    }

    fn call_with(
        &mut self,
        primitive: &Primitive,
        site: Site,
        given: std::result::Result<Given, ArgError>,
    ) -> std::result::Result<Value, Failure> {
        if let Some(failure) = self.failure() {
            return Err(failure.clone());
        }
        self.calls += 1;
        self.tried = None;
        self.ids.enter(self.calls);
        let mut call = Call::new(self.calls, primitive.spec, site);
        if !self.planning() && self.interrupts.count() > 0 {
            return Err(self.fail(&call, Error::Interrupted));
        }
        let wrong = |error: ArgError| {
            let (primitive, signature) = (primitive.spec.name, primitive.spec.signature());
            Error::from(BadCall { primitive, signature, error })
        };
        let result = match primitive.read {
            Read::Action(read) => given.and_then(read).map_err(wrong).and_then(|action| {
                self.arrived(&mut call, action.arguments());
                match self.turn(&call)? {
                    Turn::Past(value) => Ok(value),
                    Turn::Now(open) => match self.by_names_of_now(&call) {
                        None => self.act(&call, action.as_ref(), open),
                        Some(given) => {
                            let action = given.and_then(read).map_err(wrong)?;
                            self.act(&call, action.as_ref(), open)
                        }
                    },
                }
            }),
            Read::Query(read) => {
                let answer = given.and_then(read).map_err(wrong).and_then(|query| {
                    self.arrived(&mut call, query.arguments());
                    match self.turn(&call)? {
                        Turn::Past(value) => return Ok(value),
                        Turn::Now(_) => {}
                    }
                    let answer = match self.by_names_of_now(&call) {
                        None => self.ask(&call, query.as_ref()),
                        Some(given) => {
                            let query = given.and_then(read).map_err(wrong)?;
                            self.ask(&call, query.as_ref())
                        }
                    };
                    self.answered(&call, answer)
                });
                // A question that has no answer is the script's to handle; a recipe that went
                // another way is not.
                return answer.map_err(|error| {
                    let failure = call.failure(error);
                    match failure.error.ends_the_run() {
                        true => self.latch(failure),
                        false => failure,
                    }
                });
            }
        };
        result.map_err(|error| self.fail(&call, error))
    }

    /// An action failed: the run ends with it.
    fn fail(&mut self, call: &Call, error: Error) -> Failure {
        let mut failure = call.failure(error);
        if let Error::Differs(_) = failure.error.as_ref() {
            failure.step = self.tried.take();
        }
        self.latch(failure)
    }

    fn ask(&mut self, call: &Call, query: &dyn AnyQuery) -> Result<Value> {
        match query.answer(&mut self.planning_view())? {
            Answer::Known(value) => Ok(value),
            Answer::Guess(value) => {
                self.tally.guesses += 1;
                Ok(value)
            }
            Answer::Ask { guess, .. } if self.planning() => {
                self.tally.guesses += 1;
                Ok(guess)
            }
            Answer::Ask { cmd, read, guess } => {
                let mut watch = Relay::new(call.number, self.listener.as_mut());
                let outcome = self.system.perform(&Step::Run(cmd), &mut watch)?;
                if outcome.unknown {
                    self.tally.guesses += 1;
                    return Ok(guess);
                }
                read(&outcome)
            }
        }
    }

    fn act(
        &mut self,
        call: &Call,
        action: &dyn AnyAction,
        open: Option<Vec<Fact>>,
    ) -> Result<Value> {
        let start = Instant::now();
        let effects = self.canonical(action.effects());
        if let Some(wanted) = open {
            if let Some(value) = self.was_done(call, action, &effects, &wanted)? {
                return Ok(value);
            }
            self.ids.enter(call.number);
        }
        let mut plan = action.plan(&mut self.planning_view())?;
        self.require_programs(&plan.steps)?;
        plan.already = plan.already.take().or_else(|| self.already(&plan, &effects));
        if plan.already.is_none() {
            // What is left as it is may be in use.
            for effect in &effects {
                if let Effect::Destroys { device } = effect {
                    may_be_lost(&self.machine, device)?;
                }
            }
            self.gate(&effects)?;
        }
        for text in &plan.warnings {
            self.listener.hear(&Event::Warning { text: text.clone() });
        }
        self.begin(call, &plan)?;
        let result = match plan.already {
            Some(_) => Ok(match &plan.returns {
                Returns::Known(value) | Returns::Read { guess: value, .. } => value.clone(),
            }),
            None => self.carry_out(call, &plan, &effects),
        };
        self.finish(call, &plan, effects, start.elapsed(), result)
    }

    /// Replaces the names of devices by their canonical ones.
    fn canonical(&self, effects: Vec<Effect>) -> Vec<Effect> {
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

    /// A missing tool is noticed before the first step, not at the one that needs it.
    fn require_programs(&self, steps: &[Step]) -> Result<()> {
        let Some(programs) = &self.machine.host.programs else { return Ok(()) };
        match steps.iter().flat_map(Step::tools).find(|name| !programs.contains_key(*name)) {
            Some(name) => Err(MissingProgram::named(name).into()),
            None => Ok(()),
        }
    }

    /// Whether everything the action would make true is so already.
    fn already(&self, plan: &Plan<Value>, effects: &[Effect]) -> Option<String> {
        let destroys = effects.iter().any(|effect| matches!(effect, Effect::Destroys { .. }));
        if destroys || plan.always || plan.makes.is_empty() {
            return None;
        }
        let files = self.system.files();
        let so = |fact: &Fact| fact.holds(&self.machine, files) == Some(true);
        plan.makes
            .iter()
            .all(so)
            .then(|| plan.makes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
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

    /// Performs the steps, learns the facts, and compares with the machine.
    fn carry_out(&mut self, call: &Call, plan: &Plan<Value>, effects: &[Effect]) -> Result<Value> {
        self.will_make(&plan.makes);
        for effect in effects {
            if let Effect::Destroys { device } = effect {
                self.claim(device)?;
            }
        }
        let mut outcomes = Vec::with_capacity(plan.steps.len());
        for (index, step) in plan.steps.iter().enumerate() {
            let outcome = self.perform(call, step, plan.hint).inspect_err(|_| {
                let (done, left) = plan.steps.split_at(index);
                self.system.broken_off(&plan.makes, done, left);
            })?;
            outcomes.push(outcome);
        }
        self.learn(&plan.makes)?;
        if let (Some(folder), Some(journal)) = (&plan.keeps_journal, &mut self.journal) {
            journal.keep_in(folder.as_path())?;
        }
        match &plan.returns {
            Returns::Known(value) => Ok(value.clone()),
            Returns::Read { guess, .. } if nobody_knows(&outcomes, self.planning()) => {
                self.tally.guesses += 1;
                Ok(guess.clone())
            }
            Returns::Read { read, .. } => read(&outcomes),
        }
    }

    fn perform(&mut self, call: &Call, step: &Step, hint: Option<&'static str>) -> Result<Outcome> {
        let terminal =
            self.system.is_real() && matches!(step, Step::Run(Cmd { stdin: Stdin::Terminal, .. }));
        let text = step.to_string();
        if self.planning() {
            let diff = edit(step, self.system.files()).map(String::into_boxed_str);
            self.planned.push(PlannedStep { text: text.into_boxed_str(), diff });
        } else {
            self.tried = Some(text.clone());
            self.tell(&Event::Step { call: call.number, text });
        }
        if terminal {
            self.tell(&Event::Terminal { taken: true });
        }
        if let (Step::Unmount { at }, Some(journal)) = (step, &mut self.journal) {
            journal.leave(at)?;
        }
        let mut watch = Relay::new(call.number, self.listener.as_mut());
        let outcome = self.system.perform(step, &mut watch);
        if terminal {
            self.tell(&Event::Terminal { taken: false });
        }
        Ok(outcome.map_err(|error| StepError { hint: error.hint.or(hint), ..error })?)
    }
}

/// Whether no step was really performed, so that there is nothing to read an answer from.
fn nobody_knows(outcomes: &[Outcome], planning: bool) -> bool {
    planning || (!outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.unknown))
}

impl Call {
    fn new(number: u64, spec: &'static Spec, site: Site) -> Self {
        let (about, digest) = (String::new(), String::new());
        Self { number, spec, about, site, args: Map::new(), digest }
    }

    fn planned(
        &self,
        plan: &Plan<Value>,
        steps: Vec<PlannedStep>,
        effects: Vec<Effect>,
    ) -> PlannedCall {
        PlannedCall {
            name: self.spec.name.into(),
            about: self.about.clone(),
            site: self.site.clone(),
            root: plan.already.is_none() && PlannedCall::needs_root(&plan.steps),
            steps,
            effects,
            undo: TakeBack::of(&plan.undo, &plan.makes),
            warnings: plan.warnings.clone(),
            already: plan.already.clone(),
            guess: matches!(plan.returns, Returns::Read { .. }),
        }
    }

    fn failure(&self, error: Error) -> Failure {
        let step = match &error {
            Error::Step(failed) if !matches!(failed.broken, Broken::Changed { .. }) => {
                Some(failed.step.clone())
            }
            _ => None,
        };
        Failure {
            error: Rc::new(error),
            site: Some(self.site.clone()),
            call: Some((self.spec.name, self.about.clone())),
            step,
        }
    }
}

/// What a call acts on: its required devices, paths and names.
fn about(spec: &Spec, arguments: &Map) -> String {
    let telling = spec.params.iter().filter(|param| {
        param.required() && !param.ty.list && !matches!(param.ty.completes, Completes::Nothing)
    });
    let words: Vec<&str> = telling
        .filter_map(|param| arguments.iter().find(|(name, _)| name == param.name))
        .filter_map(|(_, value)| value.as_text())
        .collect();
    words.join(" ")
}
