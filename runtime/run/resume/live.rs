//! The mounts, open containers, active groups and swap areas of a journal: made by an action, and
//! not ended by a later one.

use crate::journal::{Record, valid_records};
use crate::machine::{Fact, Machine};

/// An action with results that end with the running kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveAction {
    /// The number of the call.
    pub call: u64,
    /// The facts that still hold according to the journal.
    pub facts: Vec<Fact>,
    /// Whether the run made these facts and has to release them.
    pub owned: bool,
    /// Whether the action succeeded.
    pub ended: bool,
}

/// Returns these actions in the order in which they ran.
pub fn live_actions(records: &[Record]) -> Vec<LiveAction> {
    let mut all: Vec<LiveAction> = Vec::new();
    for record in valid_records(records) {
        let (call, facts, ours, ended) = match record {
            Record::Begin { call, makes, .. } => (call, makes, true, false),
            Record::Done { call, facts, .. } => (call, facts, true, true),
            Record::Already { call, facts, .. } => (call, facts, false, true),

            _ => continue,
        };
        if ended {
            for one in &mut all {
                one.facts.retain(|old| !facts.iter().any(|new| new.ends(old)));
            }
        }
        all.retain(|one| one.call != *call && !one.facts.is_empty());
        let facts = facts.iter().filter(|fact| fact.release().is_some()).cloned().collect();
        all.push(LiveAction { call: *call, facts, owned: ours, ended });
    }
    all.retain(|one| !one.facts.is_empty());
    all
}

/// Returns these actions without what has ended on the machine: if the run was killed before it
/// noticed, that is not in its journal.
pub(super) fn present_actions(records: &[Record], machine: &Machine) -> Vec<LiveAction> {
    let mut all = live_actions(records);
    let ended: Vec<Fact> =
        all.iter().flat_map(|one| &one.facts).filter_map(|fact| fact.ended_by(machine)).collect();
    for one in &mut all {
        one.facts.retain(|old| !ended.iter().any(|new| new.ends(old)));
    }
    all.retain(|one| !one.facts.is_empty());
    all
}
