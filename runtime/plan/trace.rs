//! The calls of a plan, in order, and their comparison with a run.
//!
//! A recipe is a program and could behave differently on the real machine. Every call of a run is
//! therefore compared with the planned one: the same position in the recipe, the same primitive,
//! the same arguments, the same steps, the same answer. If the plan assumed a value and the run
//! finds another one, the recipe may branch differently from there on; then every action must still
//! be one that the plan has at that position and that the run has not performed yet, apart from the
//! strings that were assumed in its arguments. An action with such a string may be performed once
//! for each string found. Any other action is new.
//!
//! The actions of a bundled recipe must then only be at a planned position, with the programs and
//! devices planned for it: it is part of the program, which can do anything.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::CallReach;
use super::assumed::{AssumedValues, is_identifier};
use super::deviation::{Deviation, ResultDifference};
use super::hash::{Hash, hash, hash_answer, hash_args};
use super::traced::{CallPlace, Trace, Traced, number, place};
use crate::error::Result;
use crate::event::Site;
use crate::machine::Machine;
use crate::system::Step;
use crate::types::{Map, Value};

/// The position of a call of a run in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// The call is not compared: the user made it, or it restores what a reboot ended.
    Untraced,
    /// The call has this index in the plan.
    At(usize),
    /// The plan has no further call like it.
    Beyond,
}

/// The work of an action, for comparison.
pub(crate) struct CallWork<'a> {
    pub(crate) args: &'a Map,
    /// The steps; empty if no change is needed.
    pub(crate) steps: &'a [Step],
    /// The machine before the action.
    pub(crate) machine: &'a Machine,
    /// Actions that this action declares.
    pub(crate) declares: &'a [&'static str],
    /// Whether the approved effects cover everything that the action does.
    pub(crate) covered: bool,
}

impl CallWork<'_> {
    fn reach(&self) -> CallReach {
        CallReach::of(self.args, self.steps, self.machine)
    }

    fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.steps.iter().map(|step| hash(step.to_string().as_bytes()))
    }
}

/// The mode of tracing in a session.
#[derive(Debug, Default)]
pub(crate) enum Tracing {
    /// Calls are not compared with a plan.
    #[default]
    Off,
    /// The calls of a plan are recorded.
    Record(Trace),
    /// The calls of a run are compared with a plan.
    Compare(Comparison),
}

/// The progress of a run in its plan.
#[derive(Debug)]
pub(crate) struct Comparison {
    trace: Rc<Trace>,
    /// Whether the recipe is bundled.
    bundled: bool,
    next: usize,
    /// The next call when an answer first differed from an assumed value, so that the recipe may
    /// branch differently.
    assumed: Option<usize>,
    /// What differed.
    values: AssumedValues,
    /// The planned actions that were performed since, with their arguments in the run.
    performed: BTreeSet<(u32, Hash)>,
    /// Whether the recipe has branched differently since.
    branched: bool,
    /// Whether the current action has fewer steps than planned.
    fewer_steps: bool,
}

impl Comparison {
    /// Creates a comparison that starts at the first call of the plan.
    pub(crate) fn new(trace: Rc<Trace>, bundled: bool) -> Self {
        Self {
            trace,
            bundled,
            next: 0,
            assumed: None,
            values: AssumedValues::default(),
            performed: BTreeSet::new(),
            branched: false,
            fewer_steps: false,
        }
    }

    fn find(&mut self, place: &CallPlace) -> Position {
        let index = self.trace.places.get_index_of(place);
        let same = |call: &Traced| index == Some(call.place);
        if self.trace.calls.get(self.next).is_some_and(same) {
            self.next += 1;
            return Position::At(self.next - 1);
        }
        if self.assumed.is_none() {
            return Position::Beyond;
        }
        self.branched = true;
        let Some(planned) = self.trace.places.get(place) else { return Position::Beyond };
        let next = number(self.next);
        match planned.at.get(planned.at.partition_point(|at| *at < next)) {
            Some(&at) => {
                let at = at as usize;
                self.next = at + 1;
                Position::At(at)
            }
            None => Position::Beyond,
        }
    }

    fn deviation(
        &mut self,
        site: &Site,
        name: &'static str,
        at: Position,
        work: &CallWork<'_>,
    ) -> Option<Deviation> {
        let Some(since) = self.assumed else {
            let Position::At(at) = at else { return Some(Deviation::Place) };
            let planned = &self.trace.calls[at];
            if planned.args != hash_args(work.args) {
                return Some(Deviation::Arguments);
            }
            // Fewer steps than planned may be left: a directory may exist already.
            let planned_steps = self.trace.steps_of(planned);
            self.fewer_steps = work.steps.len() < planned_steps.len();
            match is_part(work.hashes(), planned_steps) {
                true => return None,
                false if !planned.unseen => return Some(Deviation::Steps),
                false => {}
            }
            let reach = &self.trace.planned_at(planned).reach;
            return reach.missing(&work.reach(), work.machine).map(Deviation::Reach);
        };
        if work.covered && self.trace.announced.contains(&name) {
            return None;
        }
        let Some(planned) = self.trace.places.get(&place(site, name)).filter(|place| place.acts)
        else {
            return Some(Deviation::Place);
        };
        if let Some(beyond) = planned.reach.missing(&work.reach(), work.machine) {
            return Some(Deviation::Reach(beyond));
        }
        if self.bundled {
            return None;
        }
        let later = |at: &u32| *at as usize >= since;
        let later: Vec<u32> = planned.at.iter().copied().filter(later).collect();
        self.perform(&later, work.args)
    }

    /// Notes that one of these planned actions is performed. Returns the reason if the plan has no
    /// action with these arguments, or has it less often.
    fn perform(&mut self, planned: &[u32], args: &Map) -> Option<Deviation> {
        let found = hash_args(args);
        let has = |at: &u32, args: Hash| self.trace.calls[*at as usize].args == args;
        let same = planned.iter().filter(|at| has(at, found)).find(|at| !self.is_performed(**at));
        let derived = || {
            let args = hash_args(&self.values.in_plan(args)?);
            planned.iter().find(|at| has(at, args) && !self.performed.contains(&(**at, found)))
        };
        if let Some(at) = same.or_else(derived) {
            self.performed.insert((*at, found));
            return None;
        }
        Some(match self.performed.iter().any(|(_, args)| *args == found) {
            true => Deviation::Repeated,
            false => Deviation::Arguments,
        })
    }

    fn is_performed(&self, at: u32) -> bool {
        self.performed.range((at, [u8::MIN; 16])..=(at, [u8::MAX; 16])).next().is_some()
    }

    /// Notes that the recipe may branch differently from here on.
    fn assume(&mut self) {
        self.assumed.get_or_insert(self.next);
    }

    fn compare(
        &mut self,
        at: usize,
        args: &Map,
        answer: &Result<Value>,
        idle: bool,
    ) -> Option<ResultDifference> {
        let planned = &self.trace.calls[at];
        let found = hash_answer(answer);
        if planned.answer == Some(found) {
            self.fewer_steps = false;
            return None;
        }
        // An action without work left, or with less, returns what it has found.
        let less = std::mem::take(&mut self.fewer_steps) || (idle && !planned.steps.is_empty());
        if planned.assumed || self.branched || less || planned.args != hash_args(args) {
            if let (Some(value), Ok(found)) = (&planned.value, answer) {
                match planned.assumed {
                    true => self.values.note(value, found),
                    false if planned.args == hash_args(args) => {
                        self.values.note_identifiers(value, found);
                    }
                    false => {}
                }
            }
            self.assume();
            return None;
        }
        Some(ResultDifference { planned: planned.shown.clone(), found: short_result(answer) })
    }
}

impl Tracing {
    /// Records or finds a call with its arguments.
    pub(crate) fn enter_call(&mut self, site: &Site, name: &'static str, args: &Map) -> Position {
        match self {
            Self::Off => Position::Untraced,
            Self::Record(trace) => Position::At(trace.push(place(site, name), args)),
            Self::Compare(comparison) => comparison.find(&place(site, name)),
        }
    }

    /// Records or compares an action that is about to run. Returns the reason if it is not part of
    /// the plan.
    pub(crate) fn admit_action(
        &mut self,
        site: &Site,
        name: &'static str,
        at: Position,
        work: &CallWork<'_>,
    ) -> Option<Deviation> {
        match (self, at) {
            (Self::Record(trace), Position::At(at)) => {
                let before = number(trace.steps.len());
                trace.steps.extend(work.hashes());
                trace.calls[at].steps = before..number(trace.steps.len());
                let reach = work.reach();
                trace.calls[at].unseen = reach.has_unseen(work.machine);
                trace.announced.extend(work.declares);
                if let Some(planned) = trace.places.get_mut(&place(site, name)) {
                    planned.acts = true;
                    planned.reach.extend(reach);
                }
                None
            }
            (Self::Compare(comparison), at) if at != Position::Untraced => {
                comparison.deviation(site, name, at, work)
            }
            _ => None,
        }
    }

    /// Records or notes an action that needs no change. If the run does less than planned, the
    /// action may need one then.
    pub(crate) fn record_unchanged(
        &mut self,
        site: &Site,
        name: &'static str,
        at: Position,
        work: &CallWork<'_>,
    ) {
        match (self, at) {
            (Self::Record(trace), Position::At(_)) => {
                if let Some(planned) = trace.places.get_mut(&place(site, name)) {
                    planned.acts = true;
                    planned.reach.extend(work.reach());
                }
            }
            // The existing state may differ from what the plan would have made.
            (Self::Compare(comparison), Position::At(at))
                if !comparison.trace.calls[at].steps.is_empty() =>
            {
                comparison.assume();
            }
            _ => {}
        }
    }

    /// Records or compares the answer of a call; `assumed` tells that it is only known at run time,
    /// `idle` that an action needed no change.
    pub(crate) fn answer(
        &mut self,
        at: Position,
        args: &Map,
        answer: &Result<Value>,
        assumed: bool,
        idle: bool,
    ) -> Option<ResultDifference> {
        match (self, at) {
            (Self::Record(trace), Position::At(at)) => {
                let call = &mut trace.calls[at];
                call.answer = Some(hash_answer(answer));
                call.assumed = assumed;
                let kept = |value: &&Value| assumed || value.as_text().is_some_and(is_identifier);
                call.value = answer.as_ref().ok().filter(kept).cloned().map(Box::new);
                if !assumed && call.steps.is_empty() {
                    call.shown = short_result(answer);
                }
                None
            }
            (Self::Compare(comparison), Position::At(at)) => {
                comparison.compare(at, args, answer, idle)
            }
            _ => None,
        }
    }

    /// Returns whether a call like this one is expected next; true if this cannot be determined.
    pub(crate) fn expects(&self, at: Position) -> bool {
        match self {
            Self::Compare(comparison) => at != Position::Beyond || comparison.assumed.is_some(),
            _ => true,
        }
    }

    /// Allows the recipe to branch differently from here on, because an action was skipped.
    pub(crate) fn may_branch(&mut self) {
        if let Self::Compare(comparison) = self {
            comparison.assume();
        }
    }

    /// Returns whether the recipe may have branched differently than planned.
    pub(crate) fn may_have_branched(&self) -> bool {
        matches!(self, Self::Compare(comparison) if comparison.assumed.is_some())
    }

    /// Starts again at the first call, because the script runs again from its beginning.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Off => {}
            Self::Record(trace) => *trace = Trace::default(),
            Self::Compare(comparison) => {
                *comparison = Comparison::new(Rc::clone(&comparison.trace), comparison.bundled);
            }
        }
    }
}

/// Returns whether the first sequence is a subsequence of the second.
fn is_part(mut some: impl Iterator<Item = Hash>, all: &[Hash]) -> bool {
    let mut all = all.iter();
    some.all(|step| all.any(|planned| *planned == step))
}

/// Returns a result that is short enough to show in a message.
fn short_result(answer: &Result<Value>) -> Option<Box<str>> {
    const MAX_LENGTH: usize = 80;
    let text = match answer {
        Ok(value) => value.recorded().to_string(),
        Err(error) => format!("error: {error}"),
    };
    (text.len() <= MAX_LENGTH).then(|| text.into())
}
