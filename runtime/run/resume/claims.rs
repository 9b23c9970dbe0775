//! The claims of a journal about devices that cannot be read before they are open again.
//!
//! They are not trusted: they only allow the plan to show what restoring would do. The actual
//! contents are checked once the devices are open, before anything else is done.

use crate::journal::{Record, Transcript, valid_records};
use crate::machine::Machine;

use super::Names;

/// Returns the machine with the claims of a journal about the contents of closed devices.
pub(super) fn with_claims(machine: &Machine, transcript: &Transcript, names: &Names) -> Machine {
    let mut claimed = machine.clone();
    let mut opened = Vec::new();
    for record in valid_records(&transcript.records) {
        let Record::Done { facts, .. } = record else { continue };
        for fact in names.data_now(facts) {
            if !fact.is_missing(machine) || claimed.learn(&fact).is_err() {
                continue;
            }
            opened.extend(fact.release());
        }
    }
    // A closed device only keeps its contents for reference, as after a simulated run.
    for release in opened.iter().rev() {
        // Fails for resources that no longer exist, which need not be closed.
        let _ = claimed.learn(&release.resulting_fact());
    }
    claimed
}
