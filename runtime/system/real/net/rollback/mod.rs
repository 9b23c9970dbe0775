//! Changes of links that are rolled back unless they are confirmed.
//!
//! `record` owns the files of a change in `/run`, which a reboot removes with the change itself;
//! `keeper` is the process that rolls back, `restore` how, `confirm` decides who may confirm. This
//! file has the steps of a run. `end` and `present` serve several of them.
//!
//! The first process that creates the file with the decision has decided. The keeper acts on it; if
//! it has ended, the process that notices acts in its place.

mod confirm;
mod end;
mod keeper;
mod present;
mod record;
mod restore;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::thread::sleep;

use super::dump::Dump;
use super::session::connection;
use crate::machine::net::{Rollback, RollbackState};
use crate::system::real::interrupt::Interrupts;
use crate::system::{FailureKind, Watch};

use end::{KEEPER_ENDED, end, own};
use present::network;
use record::{ArmedChange, ChangeDirectory, Decision, INTERVAL};

pub use confirm::{ChangeStatus, ConfirmError, changes, confirm_change, roll_back_change};
pub use keeper::keep_rollback;

/// What a failed probe was doing.
pub(super) const LISTING: &str = "gscript confirm";

fn kernel(error: impl std::fmt::Display) -> FailureKind {
    FailureKind::Kernel(error.to_string())
}

/// Returns the changes since the machine started.
pub(super) fn states() -> io::Result<BTreeMap<String, Rollback>> {
    let mut all = BTreeMap::new();
    for directory in ChangeDirectory::all()? {
        // A change that is being armed has no record yet.
        if let Ok(ArmedChange { rollback, .. }) = directory.armed() {
            let state = directory.state();
            all.insert(directory.change().to_owned(), Rollback { state, ..rollback });
        }
    }
    Ok(all)
}

/// Records the present state of the links and starts the keeper.
pub(super) fn arm(change: &str, links: &BTreeSet<String>, seconds: u32) -> Result<(), FailureKind> {
    let dump = Dump::read().map_err(kernel)?.unwrap_or_default();
    let origins = dump.origins();
    let before = network(dump).snapshot(links);
    let (links, state) = (links.clone(), RollbackState::Armed);
    let rollback = Rollback { links, seconds, before, state };
    let run = std::process::id();
    let armed = ArmedChange { rollback, origins, connection: connection(), run };
    let directory = ChangeDirectory::create(change, &armed).map_err(kernel)?;
    keeper::start(&directory).map_err(kernel)?;
    *own() = Some(change.to_owned());
    Ok(())
}

/// Makes a change only while a keeper would roll it back; if it fails, rolls back at once.
pub(super) fn guarded(change: impl FnOnce() -> io::Result<()>) -> Result<(), FailureKind> {
    let Some(armed) = own().clone() else { return change().map_err(kernel) };
    let directory = ChangeDirectory::of(&armed);
    match directory.decision() {
        Some(Decision::Confirmed) => {
            *own() = None;
            change().map_err(kernel)
        }
        Some(Decision::RollBack { why }) => Err(rolled_back(&directory, &why)),
        None if !directory.is_kept() => Err(rolled_back(&directory, KEEPER_ENDED)),
        None => change().map_err(|error| {
            let why = format!("a step failed: {error}");
            // The error of the step is more important than that of the rollback.
            let _ = rolled_back(&directory, &why);
            kernel(error)
        }),
    }
}

/// Rolls back, and returns the error of the run.
fn rolled_back(directory: &ChangeDirectory, why: &str) -> FailureKind {
    match end(directory, why) {
        Ok(Decision::RollBack { why }) => {
            let change = directory.change().to_owned();
            FailureKind::RolledBack { change, why }
        }
        Ok(Decision::Confirmed) => kernel("the change is confirmed already"),
        Err(error) => kernel(error),
    }
}

/// Rolls back a change of a run.
pub(super) fn roll_back(change: &str, why: &str) -> Result<(), FailureKind> {
    end(&ChangeDirectory::of(change), why).map(drop).map_err(kernel)
}

/// Waits until a change is confirmed. A terminal that is lost does not end the wait: it may be lost
/// because of the change.
pub(super) fn await_confirmation(
    change: &str,
    interrupts: &Interrupts,
    watch: &mut dyn Watch,
) -> Result<(), FailureKind> {
    let directory = ChangeDirectory::of(change);
    let armed = directory.armed().map_err(kernel)?;
    directory.set_complete().map_err(kernel)?;
    let Rollback { links, seconds, .. } = &armed.rollback;
    let links = links.iter().map(String::as_str).collect::<Vec<_>>().join(" or ");
    watch.notice(&format!(
        "network change {change}: log in over {links} within {seconds} s, and type: gscript confirm \
         {change}"
    ));
    loop {
        match directory.decision() {
            Some(Decision::Confirmed) => {
                own().take_if(|own| own == change);
                interrupts.ignore_hangups();
                return Ok(());
            }
            Some(Decision::RollBack { why }) => return Err(rolled_back(&directory, &why)),
            None => {}
        }
        interrupts.ignore_hangups();
        if interrupts.count() > 0 {
            return match end(&directory, "the run was interrupted").map_err(kernel)? {
                Decision::Confirmed => Ok(()),
                Decision::RollBack { .. } => Err(FailureKind::Interrupted),
            };
        }
        if !directory.is_kept() && directory.decision().is_none() {
            return Err(rolled_back(&directory, KEEPER_ENDED));
        }
        sleep(INTERVAL);
    }
}
