//! The calls of a plan, in order, and their comparison with a run.
//!
//! A recipe is a program and could behave differently on the real machine. Every call of a run is
//! therefore compared with the planned one: the same position in the recipe, the same primitive,
//! the same arguments, the same steps, the same answer. If the plan assumed a value and the run
//! finds another one, the recipe may branch differently from there on; then a call must be at a
//! position that the plan has reached, with the programs and devices planned for that position.

use std::ops::Range;
use std::rc::Rc;

use indexmap::IndexMap;

use super::CallReach;
use super::deviation::{Deviation, ResultDifference};
use super::hash::{Hash, hash, hash_answer, hash_args};
use crate::error::Result;
use crate::event::Site;
use crate::machine::Machine;
use crate::system::Step;
use crate::types::{Map, Value};

/// A position in a recipe at which a primitive is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CallPlace {
    file: Rc<str>,
    line: u32,
    name: &'static str,
}

/// A call of the plan.
#[derive(Debug, Clone)]
struct Traced {
    /// The index into [`Trace::places`].
    place: usize,
    args: Hash,
    /// The range in [`Trace::steps`]; empty for queries and for actions without changes.
    steps: Range<u32>,
    /// Whether the call acts on a device whose contents were not known to the plan, so that its
    /// steps are assumed.
    unseen: bool,
    answer: Option<Hash>,
    /// The answer, for displaying a difference.
    shown: Option<Box<str>>,
    /// Whether the answer is only known at run time.
    assumed: bool,
}

/// The planned calls at one position.
#[derive(Debug, Clone, Default)]
struct PlannedPlace {
    /// Indices into [`Trace::calls`], ascending.
    at: Vec<u32>,
    reach: CallReach,
    /// Whether one of the calls may change something.
    acts: bool,
}

/// The calls of a plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    calls: Vec<Traced>,
    /// The steps of all calls in one vector: a plan may have a hundred thousand calls, most with
    /// one step.
    steps: Vec<Hash>,
    places: IndexMap<CallPlace, PlannedPlace>,
    /// Actions that the run may call although the plan does not.
    announced: Vec<&'static str>,
}

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
    next: usize,
    /// Whether an answer differed from an assumed value, so that the recipe may branch differently.
    assumed: bool,
    /// Whether the recipe has branched differently since.
    branched: bool,
    /// Whether the current action has fewer steps than planned.
    fewer_steps: bool,
}

impl Trace {
    fn push(&mut self, place: CallPlace, args: &Map) -> usize {
        let at = self.calls.len();
        let entry = self.places.entry(place);
        let place = entry.index();
        entry.or_default().at.push(number(at));
        let (args, shown) = (hash_args(args), None);
        self.calls.push(Traced {
            place,
            args,
            steps: 0..0,
            unseen: false,
            answer: None,
            shown,
            assumed: false,
        });
        at
    }

    fn steps_of(&self, call: &Traced) -> &[Hash] {
        &self.steps[call.steps.start as usize..call.steps.end as usize]
    }

    fn planned_at(&self, call: &Traced) -> &PlannedPlace {
        &self.places[call.place]
    }
}

/// Converts an index to the stored width; no script makes so many calls that it would not fit.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Comparison {
    /// Creates a comparison that starts at the first call of the plan.
    pub(crate) fn new(trace: Rc<Trace>) -> Self {
        Self { trace, next: 0, assumed: false, branched: false, fewer_steps: false }
    }

    fn find(&mut self, place: &CallPlace) -> Position {
        let index = self.trace.places.get_index_of(place);
        let same = |call: &Traced| index == Some(call.place);
        if self.trace.calls.get(self.next).is_some_and(same) {
            self.next += 1;
            return Position::At(self.next - 1);
        }
        if !self.assumed {
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
        if !self.assumed {
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
        }
        if work.covered && self.trace.announced.contains(&name) {
            return None;
        }
        let Some(planned) = self.trace.places.get(&place(site, name)).filter(|place| place.acts)
        else {
            return Some(Deviation::Place);
        };
        planned.reach.missing(&work.reach(), work.machine).map(Deviation::Reach)
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
            self.assumed = true;
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
            (Self::Compare(comparison), Position::At(at)) => {
                comparison.assumed |= !comparison.trace.calls[at].steps.is_empty();
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
            Self::Compare(comparison) => at != Position::Beyond || comparison.assumed,
            _ => true,
        }
    }

    /// Allows the recipe to branch differently from here on, because an action was skipped.
    pub(crate) fn may_branch(&mut self) {
        if let Self::Compare(comparison) = self {
            comparison.assumed = true;
        }
    }

    /// Returns whether the recipe may have branched differently than planned.
    pub(crate) fn may_have_branched(&self) -> bool {
        matches!(self, Self::Compare(comparison) if comparison.assumed)
    }

    /// Starts again at the first call, because the script runs again from its beginning.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Off => {}
            Self::Record(trace) => *trace = Trace::default(),
            Self::Compare(comparison) => {
                *comparison = Comparison::new(Rc::clone(&comparison.trace));
            }
        }
    }
}

fn place(site: &Site, name: &'static str) -> CallPlace {
    CallPlace { file: Rc::clone(&site.file), line: site.line, name }
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
