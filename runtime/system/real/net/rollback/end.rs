//! How a change is rolled back before its time is over.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::record::{ChangeDirectory, Decision, INTERVAL};
use super::restore::restore;

/// The reason for a rollback without a keeper.
pub(super) const KEEPER_ENDED: &str = "the process that restores the links has ended";

/// The time that a rollback has to end.
const LIMIT: Duration = Duration::from_secs(30);

/// The change that this process has armed.
static OWN: Mutex<Option<String>> = Mutex::new(None);

/// Returns the change that this process has armed.
pub(super) fn own() -> MutexGuard<'static, Option<String>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Decides that a change is rolled back, and waits until that is done. Returns the decision, which
/// may have been made before.
pub(super) fn end(directory: &ChangeDirectory, why: &str) -> io::Result<Decision> {
    let decision = directory.decide(Decision::RollBack { why: why.to_owned() })?;
    own().take_if(|own| *own == directory.change());
    if decision == Decision::Confirmed {
        return Ok(decision);
    }
    let start = Instant::now();
    loop {
        if let Some(ended) = directory.result() {
            return match ended.errors.as_slice() {
                [] => Ok(decision),
                errors => Err(io::Error::other(errors.join("; "))),
            };
        }
        if let Some(lock) = directory.try_keep()? {
            restore(directory)?;
            drop(lock);
        } else if start.elapsed() > LIMIT {
            let why = format!("timed out after {} s waiting for the rollback", LIMIT.as_secs());
            return Err(io::Error::other(why));
        } else {
            sleep(INTERVAL);
        }
    }
}
