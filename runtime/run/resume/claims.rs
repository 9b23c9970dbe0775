//! What a journal says of places that can't be seen before they are open again.
//!
//! Nothing is believed because of it: it only lets the plan show what restoring would do. What is really
//! there is looked at when it is open, and before anything else is done.

use crate::journal::{Record, Transcript, standing};
use crate::machine::Machine;

use super::Names;

/// The machine with what a journal says is inside of what is closed.
pub(super) fn with_claims(machine: &Machine, transcript: &Transcript, names: &Names) -> Machine {
    let mut claimed = machine.clone();
    let mut opened = Vec::new();
    for record in standing(&transcript.records) {
        let Record::Done { facts, .. } = record else { continue };
        for fact in names.data_now(facts) {
            if !fact.is_hidden(machine) || claimed.learn(&fact).is_err() {
                continue;
            }
            opened.extend(fact.release());
        }
    }
    // Closed again, it is only remembered, as it is after a simulated run.
    for release in opened.iter().rev() {
        // What is not there any more needs no closing.
        let _ = claimed.learn(&release.ended());
    }
    claimed
}
