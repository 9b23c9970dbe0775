//! Calls of a run that the machine has undone since.

use std::collections::BTreeSet;

use super::live_actions;
use crate::journal::{FIRST_MANUAL_CALL, Record, valid_records};
use crate::machine::Machine;

/// Returns the calls of a journal that count as undone, as records: all calls from the first one on
/// whose facts the machine has undone. They run again in the same order.
pub(crate) fn undone_calls(records: &[Record], machine: &Machine) -> Vec<Record> {
    let live = live_actions(records);
    let undone = live.iter().filter(|one| one.facts.iter().any(|fact| fact.is_undone(machine)));
    let Some(first) = undone.map(|one| one.call).min() else { return Vec::new() };
    let calls: BTreeSet<u64> = valid_records(records)
        .filter_map(Record::call)
        .filter(|call| (first..FIRST_MANUAL_CALL).contains(call))
        .collect();
    calls.into_iter().map(|call| Record::Undone { call }).collect()
}
