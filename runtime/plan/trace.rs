//! The calls of a plan, in their order, and the comparison of a run with them.
//!
//! A recipe is a program, so it could behave differently once things are real. Every call of a run is
//! therefore held against the planned one: the same place in the recipe, the same primitive, the same
//! arguments, the same steps, the same answer. Where the plan had to assume a value and the run finds
//! another one, the recipe may take another way from there on; then a call must be at a place that
//! the plan has reached, with the programs and devices planned for that place.

use std::ops::Range;
use std::rc::Rc;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::CallReach;
use super::novelty::{Different, Novelty};
use crate::error::Result;
use crate::event::Site;
use crate::machine::Machine;
use crate::system::Step;
use crate::types::{Map, Value};

/// Enough of a SHA-256 for texts to differ.
type Hash = [u8; 16];

fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 16];
    hash.copy_from_slice(&Sha256::digest(bytes)[..16]);
    hash
}

/// A place in a recipe where a primitive is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CallPlace {
    file: Rc<str>,
    line: u32,
    name: &'static str,
}

/// A call of the plan.
#[derive(Debug, Clone)]
struct Traced {
    /// Which of the places.
    place: usize,
    args: Hash,
    /// The steps of an action among those of the plan; none where it has nothing to do.
    steps: Range<u32>,
    /// Whether it acts on a device whose contents the plan could not see, so that its steps were assumed.
    unseen: bool,
    answer: Option<Hash>,
    /// The answer, for showing a difference.
    shown: Option<Box<str>>,
    /// Whether the answer is only known at run time.
    assumed: bool,
}

/// What the plan has at one place.
#[derive(Debug, Clone, Default)]
struct PlannedPlace {
    /// Positions in the trace, ascending.
    at: Vec<u32>,
    reach: CallReach,
    /// Whether one of them has something to do.
    acts: bool,
}

/// The calls of a plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    calls: Vec<Traced>,
    /// The steps of all of them: a plan may have a hundred thousand calls, most with one step.
    steps: Vec<Hash>,
    places: IndexMap<CallPlace, PlannedPlace>,
    /// Actions that the run may call where the plan does not.
    announced: Vec<&'static str>,
}

/// Where a call of a run is in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// The call is not compared: made by the user, or to restore what a reboot ended.
    Untraced,
    /// At this place in the order.
    At(usize),
    /// The plan has no further call like it.
    Beyond,
}

/// What an action is going to do, for comparing.
pub(crate) struct CallWork<'a> {
    /// Its arguments.
    pub(crate) args: &'a Map,
    /// Its steps; none where there is nothing to do.
    pub(crate) steps: &'a [Step],
    /// The machine before it.
    pub(crate) machine: &'a Machine,
    /// Actions that it declares.
    pub(crate) declares: &'a [&'static str],
    /// Whether it does nothing but what the approved effects cover.
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

/// The part that a session has in tracing.
#[derive(Debug, Default)]
pub(crate) enum Tracing {
    /// Calls are not compared with a plan.
    #[default]
    Off,
    /// A plan is made.
    Record(Trace),
    /// A plan is carried out.
    Compare(Comparison),
}

/// How far a run has come in its plan.
#[derive(Debug)]
pub(crate) struct Comparison {
    trace: Rc<Trace>,
    next: usize,
    /// Whether a value was found that the plan had assumed differently.
    assumed: bool,
    /// Whether the recipe has taken another way since.
    branched: bool,
    /// Whether the present action has fewer steps than planned.
    less: bool,
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

/// A position as it is kept; no script makes so many calls that one would not fit.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Comparison {
    /// Begins at the first call of the plan.
    pub(crate) fn new(trace: Rc<Trace>) -> Self {
        Self { trace, next: 0, assumed: false, branched: false, less: false }
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

    fn novelty(
        &mut self,
        site: &Site,
        name: &'static str,
        at: Position,
        work: &CallWork<'_>,
    ) -> Option<Novelty> {
        if !self.assumed {
            let Position::At(at) = at else { return Some(Novelty::Place) };
            let planned = &self.trace.calls[at];
            if planned.args != hash_args(work.args) {
                return Some(Novelty::Arguments);
            }
            // Less may be left to do than planned: a directory may be there already.
            let planned_steps = self.trace.steps_of(planned);
            self.less = work.steps.len() < planned_steps.len();
            match is_part(work.hashes(), planned_steps) {
                true => return None,
                false if !planned.unseen => return Some(Novelty::Steps),
                false => {}
            }
            let reach = &self.trace.planned_at(planned).reach;
            return reach.missing(&work.reach(), work.machine).map(Novelty::Reach);
        }
        if work.covered && self.trace.announced.contains(&name) {
            return None;
        }
        let Some(planned) = self.trace.places.get(&place(site, name)).filter(|place| place.acts)
        else {
            return Some(Novelty::Place);
        };
        planned.reach.missing(&work.reach(), work.machine).map(Novelty::Reach)
    }

    fn compare(
        &mut self,
        at: usize,
        args: &Map,
        answer: &Result<Value>,
        idle: bool,
    ) -> Option<Different> {
        let planned = &self.trace.calls[at];
        let found = hash_answer(answer);
        if planned.answer == Some(found) {
            self.less = false;
            return None;
        }
        // An action that finds its work done, or a part of it, returns what it has found.
        let less = std::mem::take(&mut self.less) || (idle && !planned.steps.is_empty());
        if planned.assumed || self.branched || less || planned.args != hash_args(args) {
            self.assumed = true;
            return None;
        }
        Some(Different { planned: planned.shown.clone(), found: shown(answer) })
    }
}

impl Tracing {
    /// A call has arrived with its arguments.
    pub(crate) fn arrive(&mut self, site: &Site, name: &'static str, args: &Map) -> Position {
        match self {
            Self::Off => Position::Untraced,
            Self::Record(trace) => Position::At(trace.push(place(site, name), args)),
            Self::Compare(comparison) => comparison.find(&place(site, name)),
        }
    }

    /// An action is about to be carried out: says why it is not part of the plan, where it is not.
    pub(crate) fn act(
        &mut self,
        site: &Site,
        name: &'static str,
        at: Position,
        work: &CallWork<'_>,
    ) -> Option<Novelty> {
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
                comparison.novelty(site, name, at, work)
            }
            _ => None,
        }
    }

    /// An action has nothing to do. In a run that does less than planned it may have something to do.
    pub(crate) fn idle(
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
            // What was kept is not what the plan would have made.
            (Self::Compare(comparison), Position::At(at)) => {
                comparison.assumed |= !comparison.trace.calls[at].steps.is_empty();
            }
            _ => {}
        }
    }

    /// A call has its answer; `assumed` says that only the run can know it, `idle` that an action had
    /// nothing to do.
    pub(crate) fn answer(
        &mut self,
        at: Position,
        args: &Map,
        answer: &Result<Value>,
        assumed: bool,
        idle: bool,
    ) -> Option<Different> {
        match (self, at) {
            (Self::Record(trace), Position::At(at)) => {
                let call = &mut trace.calls[at];
                call.answer = Some(hash_answer(answer));
                call.assumed = assumed;
                if !assumed && call.steps.is_empty() {
                    call.shown = shown(answer);
                }
                None
            }
            (Self::Compare(comparison), Position::At(at)) => {
                comparison.compare(at, args, answer, idle)
            }
            _ => None,
        }
    }

    /// Whether a call like this one is expected next, or can't be told.
    pub(crate) fn expects(&self, at: Position) -> bool {
        match self {
            Self::Compare(comparison) => at != Position::Beyond || comparison.assumed,
            _ => true,
        }
    }

    /// From here on the recipe may take another way than planned: an action was left out.
    pub(crate) fn may_branch(&mut self) {
        if let Self::Compare(comparison) = self {
            comparison.assumed = true;
        }
    }

    /// Whether the recipe may have taken another way than planned.
    pub(crate) fn branches(&self) -> bool {
        matches!(self, Self::Compare(comparison) if comparison.assumed)
    }

    /// The script runs again from its beginning.
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

/// Whether the first are among the second, in the same order.
fn is_part(mut some: impl Iterator<Item = Hash>, all: &[Hash]) -> bool {
    let mut all = all.iter();
    some.all(|step| all.any(|planned| *planned == step))
}

fn hash_args(args: &Map) -> Hash {
    hash(Value::Map(args.clone()).recorded().to_string().as_bytes())
}

/// The text of an error may differ between a simulation and the machine; that there is one may not.
fn hash_answer(answer: &Result<Value>) -> Hash {
    match answer {
        Ok(value) => hash(value.recorded().to_string().as_bytes()),
        Err(_) => hash(b"error"),
    }
}

/// A result that fits into a line.
fn shown(answer: &Result<Value>) -> Option<Box<str>> {
    const MOST: usize = 80;
    let text = match answer {
        Ok(value) => value.recorded().to_string(),
        Err(error) => format!("error: {error}"),
    };
    (text.len() <= MOST).then(|| text.into())
}
