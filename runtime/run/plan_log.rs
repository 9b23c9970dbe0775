//! The log of a plan: chapters and calls in order, and the trace with which a run is compared.

use crate::plan::Tracing;
use crate::plan::call::PlannedCall;
use crate::plan::report::PlanEntry;

/// The log of a planning run, or the trace with which a real run is compared.
pub(crate) struct PlanLog {
    entries: Vec<PlanEntry>,
    /// The calls of the plan, recorded or compared with.
    tracing: Tracing,
    /// The title of the last replayed chapter, as long as nothing is planned in it.
    chapter: Option<String>,
}

impl PlanLog {
    /// Creates an empty log.
    pub(crate) fn new(tracing: Tracing) -> Self {
        Self { entries: Vec::new(), tracing, chapter: None }
    }

    /// Adds a chapter. A replayed chapter (`seen`) is added only once something is planned in it.
    pub(crate) fn chapter(&mut self, title: &str, seen: bool) {
        self.chapter = None;
        match seen {
            true => self.chapter = Some(title.to_owned()),
            false => self.entries.push(PlanEntry::Chapter { title: title.to_owned() }),
        }
    }

    /// Adds a message that the recipe prints.
    pub(crate) fn add_message(&mut self, text: &str) {
        self.entries.push(PlanEntry::Said { text: text.to_owned() });
    }

    /// Adds a call.
    pub(crate) fn note(&mut self, call: PlannedCall) {
        let chapter = self.chapter.take().map(|title| PlanEntry::Chapter { title });
        self.entries.extend(chapter);
        self.entries.push(PlanEntry::Call(Box::new(call)));
    }

    /// Returns the entries so far.
    pub(crate) fn entries(&self) -> &[PlanEntry] {
        &self.entries
    }

    /// Returns the trace.
    pub(crate) fn tracing(&self) -> &Tracing {
        &self.tracing
    }

    /// Returns the trace, to record or compare a call.
    pub(crate) fn tracing_mut(&mut self) -> &mut Tracing {
        &mut self.tracing
    }

    /// Replaces the trace.
    pub(crate) fn trace(&mut self, tracing: Tracing) {
        self.tracing = tracing;
    }

    /// Prepares the log for a script that runs again from its beginning.
    pub(crate) fn restart(&mut self) {
        self.tracing.restart();
        self.chapter = None;
    }

    /// Returns all entries and the trace.
    pub(crate) fn into_parts(self) -> (Vec<PlanEntry>, Tracing) {
        (self.entries, self.tracing)
    }
}
