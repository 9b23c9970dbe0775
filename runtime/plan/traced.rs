//! The calls of a plan, in order, as they are recorded.

use std::ops::Range;
use std::rc::Rc;

use indexmap::IndexMap;

use super::CallReach;
use super::hash::{Hash, hash_args};
use crate::event::Site;
use crate::types::{Map, Value};

/// A position in a recipe at which a primitive is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CallPlace {
    pub(super) file: Rc<str>,
    pub(super) line: u32,
    pub(super) name: &'static str,
}

/// A call of the plan.
#[derive(Debug, Clone)]
pub(super) struct Traced {
    /// The index into [`Trace::places`].
    pub(super) place: usize,
    pub(super) args: Hash,
    /// The range in [`Trace::steps`]; empty for queries and for actions without changes.
    pub(super) steps: Range<u32>,
    /// Whether the call acts on a device whose contents were not known to the plan, so that its
    /// steps are assumed.
    pub(super) unseen: bool,
    pub(super) answer: Option<Hash>,
    /// The answer, for displaying a difference.
    pub(super) shown: Option<Box<str>>,
    /// Whether the answer is only known at run time.
    pub(super) assumed: bool,
    /// The answer, if it is assumed or an identifier.
    pub(super) value: Option<Box<Value>>,
}

/// The planned calls at one position.
#[derive(Debug, Clone, Default)]
pub(super) struct PlannedPlace {
    /// Indices into [`Trace::calls`], ascending.
    pub(super) at: Vec<u32>,
    pub(super) reach: CallReach,
    /// Whether one of the calls may change something.
    pub(super) acts: bool,
}

/// The calls of a plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    pub(super) calls: Vec<Traced>,
    /// The steps of all calls in one vector: a plan may have a hundred thousand calls, most with
    /// one step.
    pub(super) steps: Vec<Hash>,
    pub(super) places: IndexMap<CallPlace, PlannedPlace>,
    /// Actions that the run may call although the plan does not.
    pub(super) announced: Vec<&'static str>,
}

impl Trace {
    pub(super) fn push(&mut self, place: CallPlace, args: &Map) -> usize {
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
            value: None,
        });
        at
    }

    pub(super) fn steps_of(&self, call: &Traced) -> &[Hash] {
        &self.steps[call.steps.start as usize..call.steps.end as usize]
    }

    pub(super) fn planned_at(&self, call: &Traced) -> &PlannedPlace {
        &self.places[call.place]
    }
}

/// Converts an index to the stored width; no script makes so many calls that it would not fit.
pub(super) fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

pub(super) fn place(site: &Site, name: &'static str) -> CallPlace {
    CallPlace { file: Rc::clone(&site.file), line: site.line, name }
}
