//! Calls of a run whose changes of links were rolled back.

use std::collections::BTreeSet;

use super::live_actions;
use crate::journal::{FIRST_MANUAL_CALL, Record, valid_records};
use crate::machine::Fact;
use crate::machine::net::{NetFact, Network, RollbackState};

/// Returns the calls of a journal that count as undone, as records: if a change of links was
/// neither confirmed nor still can be, all calls since its rollback was armed. Some of them changed
/// links, and all of them run again in the same order.
pub(crate) fn rolled_back_calls(records: &[Record], net: &Network) -> Vec<Record> {
    let lost = |fact: &Fact| match fact {
        Fact::Net(NetFact::RollbackArmed { change, .. }) => {
            let state = net.rollbacks.get(change).map(|one| one.state);
            matches!(state, None | Some(RollbackState::RolledBack))
        }
        _ => false,
    };
    let live = live_actions(records);
    let Some(first) =
        live.iter().filter(|one| one.facts.iter().any(lost)).map(|one| one.call).min()
    else {
        return Vec::new();
    };
    let calls: BTreeSet<u64> = valid_records(records)
        .filter_map(Record::call)
        .filter(|call| (first..FIRST_MANUAL_CALL).contains(call))
        .collect();
    calls.into_iter().map(|call| Record::Undone { call }).collect()
}
