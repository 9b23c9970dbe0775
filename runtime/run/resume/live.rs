//! What a journal says is mounted, open, active or swapped to: made by an action, and ended by no
//! later one.

use crate::journal::{Record, standing};
use crate::machine::Fact;

/// An action some of whose work ends with the running kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Its number.
    pub call: u64,
    /// What of it is still so, as far as the journal knows.
    pub facts: Vec<Fact>,
    /// Whether the run made it, and has to release it.
    pub ours: bool,
    /// Whether the action ended well.
    pub ended: bool,
}

/// In the order in which it was made.
pub fn live(records: &[Record]) -> Vec<Live> {
    let mut all: Vec<Live> = Vec::new();
    for record in standing(records) {
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
        all.push(Live { call: *call, facts, ours, ended });
    }
    all.retain(|one| !one.facts.is_empty());
    all
}
