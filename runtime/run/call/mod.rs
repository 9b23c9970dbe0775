//! The way of one call: decode → plan → guard → approval → journal → execute → learn and compare.

mod again;
mod agree;
mod compare;
mod current;
mod places;
mod record;
mod relay;
mod verify;

use std::time::Instant;

use crate::operation::{Answer, AnyAction, AnyQuery, Effect, Plan, Returns, StorageEffect};
use relay::Relay;

use again::Turn;
use agree::NoEffect;
use current::Call;
pub(crate) use current::about;

use crate::error::{Error, Result};
use crate::event::{Event, Site};
use crate::failure::Failure;
use crate::machine::Fact;
use crate::operation::guard::may_be_lost;
use crate::operation::spec::{ArgError, Given};
use crate::plan::Reach;
use crate::plan::approval::Go;
use crate::plan::call::PlannedStep;
use crate::primitives::registry::{Primitive, Read};
use crate::run::resume::Begun;
use crate::run::session::Session;
use crate::system::{Cmd, MissingProgram, Outcome, Stdin, Step, StepError, StorageStep};
use crate::types::{Map, Value};

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
        let before = self.tally;
        self.tried = None;
        self.ids.enter(self.calls);
        let mut call = Call::new(self.calls, primitive, site);
        if !self.planning() && self.interrupts.count() > 0 {
            return Err(self.fail(&call, Error::Interrupted));
        }
        let wrong = |error: ArgError| primitive.spec.bad_call(&error);
        let result = match primitive.read {
            Read::Action(read) => given.and_then(read).map_err(wrong).and_then(|action| {
                self.arrived(&mut call, action.arguments());
                match self.turn(&call)? {
                    Turn::Past(value) => Ok(value),
                    Turn::Skip => self.skip(&call, action.as_ref()),
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
                    self.expected(&call)?;
                    if let Turn::Past(value) = self.turn(&call)? {
                        let answer = self.past_answer(&call, query.as_ref(), value);
                        return self.compared(&call, before, answer);
                    }
                    let answer = match self.by_names_of_now(&call) {
                        None => self.ask(&call, query.as_ref()),
                        Some(given) => {
                            let query = given.and_then(read).map_err(wrong)?;
                            self.ask(&call, query.as_ref())
                        }
                    };
                    let answer = self.compared(&call, before, answer);
                    self.answered(&call, answer)
                });
                // A question that has no answer is the script's to handle; a recipe that went
                // another way is not.
                return answer.map_err(|error| {
                    let failure = call.failure(error);
                    match failure.error.ends_the_run() {
                        true => self.end_with(failure),
                        false => failure,
                    }
                });
            }
        };
        let result = result.and_then(|value| self.compared(&call, before, Ok(value)));
        result.map_err(|error| self.fail(&call, error))
    }

    /// An action failed: the run ends with it.
    fn fail(&mut self, call: &Call, error: Error) -> Failure {
        let mut failure = call.failure(error);
        let differs = matches!(failure.error.as_ref(), Error::Differs(_));
        if differs || failure.step.is_some() {
            failure.step = self.tried.take().or(failure.step);
        }
        self.end_with(failure)
    }

    fn ask(&mut self, call: &Call, query: &dyn AnyQuery) -> Result<Value> {
        self.agree_to_read(query)?;
        let answer = query.answer(&mut self.planning_view())?;
        if let Some(value) = self.agree_to_ask(call, query, &answer)? {
            return Ok(value);
        }
        match answer {
            Answer::Known(value) if !self.asks_about_unseen(query) => Ok(value),
            Answer::Known(value) | Answer::Guess(value) => {
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

    /// Whether a plan asks about a device whose contents only the run will see.
    fn asks_about_unseen(&self, query: &dyn AnyQuery) -> bool {
        self.planning()
            && Reach::of(&query.arguments(), &[], &self.machine).has_unseen(&self.machine)
    }

    fn act(&mut self, call: &Call, action: &dyn AnyAction, open: Option<Begun>) -> Result<Value> {
        let start = Instant::now();
        let mut effects = self.canonical(action.effects(), &action.arguments())?;
        if let Some(wanted) = open {
            if let Some(value) = self.was_done(call, action, &effects, &wanted)? {
                return Ok(value);
            }
            self.ids.enter(call.number);
        }
        let mut plan = action.plan(&mut self.planning_view())?;
        // Where a link leads that a plan can't know yet, the effects tell.
        let named = plan.steps.clone();
        self.lead(&mut plan, &mut effects)?;
        if effects.is_empty() && !plan.steps.is_empty() && action.effects().is_empty() {
            return Err(NoEffect { primitive: call.spec.name }.into());
        }
        self.require_programs(&plan.steps)?;
        plan.already = plan.already.take().or_else(|| self.already(&plan, &effects));
        if plan.already.is_none() {
            // What is left as it is may be in use.
            for effect in &effects {
                if let Effect::Storage(StorageEffect::Destroys { device }) = effect {
                    may_be_lost(&self.machine, device)?;
                }
            }
            // What a recipe does not announce is refused before anybody is asked about it.
            self.must_be_announced(&effects)?;
            self.hold_against_plan(call, &plan, &named, &effects)?;
            if self.agree(call, &plan, &effects)? == Go::Past {
                return self.pass_over(call, &plan);
            }
        } else {
            self.note_idle(call, &named);
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
        let destroys = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Storage(StorageEffect::Destroys { .. })));
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

    /// Performs the steps, learns the facts, and compares with the machine.
    fn carry_out(&mut self, call: &Call, plan: &Plan<Value>, effects: &[Effect]) -> Result<Value> {
        self.will_make(&plan.makes);
        for effect in effects {
            // A volume that is inactive has no device that somebody could hold.
            if let Effect::Storage(StorageEffect::Destroys { device }) = effect
                && self.machine.inactive(device).is_none()
            {
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
        self.settle(&plan.steps, effects)?;
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
        if self.planning() {
            self.planned.push(PlannedStep::of(step, self.system.files()));
        } else {
            let text = step.to_string();
            // What one waits for is the work of the step before.
            self.tried = match (step, self.tried.take()) {
                (Step::Storage(StorageStep::WaitFor { .. }), Some(work)) => {
                    Some(format!("{work}\n{text}"))
                }
                _ => Some(text.clone()),
            };
            self.tell(&Event::Step { call: call.number, text });
        }
        if terminal {
            self.tell(&Event::Terminal { taken: true });
        }
        if let (Step::Storage(StorageStep::Unmount { at }), Some(journal)) =
            (step, &mut self.journal)
        {
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
