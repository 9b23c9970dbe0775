//! Releases what a run made: unmount, swapoff, deactivate and close, in reverse order.

use crate::event::Event;
use crate::journal::Record;
use crate::machine::{Fact, Machine, Release, StorageFact, StorageRelease, joined_releases};
use crate::run::environment::Environment;
use crate::run::ledger::Ledger;
use crate::run::parts::Parts;
use crate::run::reporter::Reporter;
use crate::system::NoopWatch;

/// Adds the facts that an action is going to make until the next reboot, before it runs; the
/// clean-up checks whether they hold. Anything that existed before the action is not released.
pub(crate) fn track_releasable(ledger: &mut Ledger, machine: &Machine, facts: &[Fact]) {
    for fact in facts {
        let Some(release) = fact.release() else { continue };
        let ours = release.is_stacked() || release.pending(machine).is_empty();
        // Deactivating the group also deactivates its volumes, and removing a link or a namespace
        // ends what is set for it.
        let with_other = |made: &Fact| match (made, &release) {
            (
                Fact::Storage(
                    StorageFact::GroupMade { group, .. } | StorageFact::GroupActive { group, .. },
                ),
                Release::Storage(StorageRelease::DeactivateVolume { group: of, .. }),
            ) => group == of,
            (Fact::Net(made), Release::Net(release)) => release.ends_with(made),
            _ => false,
        };
        if ours && !ledger.releasable().iter().any(with_other) {
            ledger.add_releasable(fact.clone());
        }
    }
}

/// Releases everything that this run made until the next reboot. A failed release is reported and
/// the rest is still tried.
///
/// Returns whether every release succeeded.
pub(crate) fn release_all(parts: &mut Parts<'_>) -> bool {
    let Parts { environment, ledger, reporter, .. } = parts;
    // An earlier Ctrl-C must not interrupt the clean-up.
    reporter.clear_interrupts();
    if let Err(error) = environment.probe_all() {
        reporter.warn(error.to_string());
    }
    let mut clean = true;
    let made = ledger.take_releasable();
    let releases = made.iter().rev().filter_map(Fact::release);
    for release in joined_releases(releases, environment.machine()) {
        for due in release.pending(environment.machine()) {
            clean &= release_one(environment, ledger, reporter, &due);
        }
    }
    clean
}

/// Executes releases until one fails, because later ones depend on it.
///
/// Returns whether all succeeded.
pub(crate) fn release_each(parts: &mut Parts<'_>, releases: &[Release]) -> bool {
    let Parts { environment, ledger, reporter, .. } = parts;
    releases.iter().all(|release| {
        let due = release.pending(environment.machine());
        due.iter().all(|release| release_one(environment, ledger, reporter, release))
    })
}

/// Executes one release and updates the model.
fn release_one(
    environment: &mut Environment,
    ledger: &mut Ledger,
    reporter: &mut Reporter,
    release: &Release,
) -> bool {
    let step = release.step(environment.machine());
    if let Release::Storage(StorageRelease::Unmount { at }) = release {
        // A copy of the journal that stays open keeps the mount busy, which unmounting then
        // reports.
        let _ = ledger.close_copies_on(at);
        reporter.close_files();
    }
    let result = environment.perform(&step, &mut NoopWatch).map_err(|error| {
        let mut text = error.broken.to_string();
        for line in &error.tail {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    });
    if result.is_ok() {
        // The model contains the released resource, otherwise the release would not be due.
        let _ = environment.learn(&release.resulting_fact());
    }
    let ok = result.is_ok();
    let (text, error) = (release.to_string(), result.err());
    let record = || Record::Released { text: text.clone(), error: error.clone() };
    // Cleaning up continues even if it cannot be recorded.
    let _ = ledger.record(reporter, false, record);
    reporter.emit(&Event::Released { text, error });
    ok
}
