//! The log of a plan: chapters and calls in their order, and the trace that a run is compared with.

use crate::plan::Tracing;
use crate::plan::call::PlannedCall;
use crate::plan::report::PlanEntry;

/// What a planning run has found out, and how a real run compares with it.
pub(crate) struct PlanLog {
    entries: Vec<PlanEntry>,
    /// The calls of the plan: recorded, or compared with.
    tracing: Tracing,
    /// The last chapter of what was done before, while nothing is planned in it.
    chapter: Option<String>,
}

impl PlanLog {
    /// Begins with nothing planned.
    pub(crate) fn new(tracing: Tracing) -> Self {
        Self { entries: Vec::new(), tracing, chapter: None }
    }

    /// Adds a chapter. One that the user has seen before counts only if something is planned in it.
    pub(crate) fn chapter(&mut self, title: &str, seen: bool) {
        self.chapter = None;
        match seen {
            true => self.chapter = Some(title.to_owned()),
            false => self.entries.push(PlanEntry::Chapter { title: title.to_owned() }),
        }
    }

    /// Adds what the recipe prints.
    pub(crate) fn said(&mut self, text: &str) {
        self.entries.push(PlanEntry::Said { text: text.to_owned() });
    }

    /// Adds a call.
    pub(crate) fn note(&mut self, call: PlannedCall) {
        let chapter = self.chapter.take().map(|title| PlanEntry::Chapter { title });
        self.entries.extend(chapter);
        self.entries.push(PlanEntry::Call(Box::new(call)));
    }

    /// Returns what was planned so far.
    pub(crate) fn entries(&self) -> &[PlanEntry] {
        &self.entries
    }

    /// Returns the calls of the plan.
    pub(crate) fn tracing(&self) -> &Tracing {
        &self.tracing
    }

    /// Returns the calls of the plan, for recording or comparing one more.
    pub(crate) fn tracing_mut(&mut self) -> &mut Tracing {
        &mut self.tracing
    }

    /// Records or compares calls in this way from here on.
    pub(crate) fn trace(&mut self, tracing: Tracing) {
        self.tracing = tracing;
    }

    /// Begins anew: the script runs again from its beginning.
    pub(crate) fn restart(&mut self) {
        self.tracing.restart();
        self.chapter = None;
    }

    /// Returns all that was planned, and the calls of the plan.
    pub(crate) fn into_parts(self) -> (Vec<PlanEntry>, Tracing) {
        (self.entries, self.tracing)
    }
}
