//! Restores the links of a change.

use std::io;

use super::super::dump::Dump;
use super::super::send::send;
use super::record::{ChangeDirectory, RollbackResult};

/// The kernel removes more with a link than a step shows; a few rounds restore that, too.
const ROUNDS: usize = 5;

/// Restores the links, and records what was done.
pub(super) fn restore(directory: &ChangeDirectory) -> io::Result<()> {
    let rollback = directory.armed()?.rollback;
    let mut result = RollbackResult::default();
    for _ in 0..ROUNDS {
        let now = Dump::read()?.unwrap_or_default().namespace(&|_| None);
        let steps = rollback.steps(&now);
        // Errors of an earlier round do not matter if there is nothing left to do.
        result.errors.clear();
        if steps.is_empty() {
            break;
        }
        for step in steps {
            result.steps.push(step.to_string());
            if let Err(error) = send(&step) {
                result.errors.push(format!("{step}: {error}"));
            }
        }
    }
    directory.set_result(&result)
}
