//! Releases what a run made: unmount, swapoff, deactivate and close, in reverse order.

use crate::event::Event;
use crate::journal::Record;
use crate::machine::{Fact, Machine, Release, StorageFact, StorageRelease};
use crate::run::ground::Environment;
use crate::run::ledger::Ledger;
use crate::run::parts::Parts;
use crate::run::voice::Reporter;
use crate::system::NoopWatch;

/// Adds the facts that an action is going to make until the next reboot, before it runs; the
/// clean-up checks whether they hold. Anything that existed before the action is not released.
pub(crate) fn track_releasable(ledger: &mut Ledger, machine: &Machine, facts: &[Fact]) {
    for fact in facts {
        let Some(release) = fact.release() else { continue };
        let ours = release.is_stacked() || release.pending(machine).is_empty();
        // Deactivating the group also deactivates its volumes.
        let with_group = |made: &Fact| match (made, &release) {
            (
                Fact::Storage(
                    StorageFact::GroupMade { group, .. } | StorageFact::GroupActive { group, .. },
                ),
                Release::Storage(StorageRelease::DeactivateVolume { group: of, .. }),
            ) => group == of,
            _ => false,
        };
        if ours && !ledger.made().iter().any(with_group) {
            ledger.make(fact.clone());
        }
    }
}

/// Releases everything that this run made until the next reboot. A failed release is reported and
/// the rest is still tried.
///
/// Returns whether every release succeeded.
pub(crate) fn release_all(parts: &mut Parts<'_>) -> bool {
    let Parts { ground, ledger, voice, .. } = parts;
    // An earlier Ctrl-C must not interrupt the clean-up.
    voice.clear_interrupts();
    if let Err(error) = ground.look() {
        voice.warn(error.to_string());
    }
    let mut clean = true;
    for fact in ledger.take_releasable().into_iter().rev() {
        let Some(release) = fact.release() else { continue };
        for due in release.pending(ground.machine()) {
            clean &= release_one(ground, ledger, voice, &due);
        }
    }
    clean
}

/// Executes releases until one fails, because later ones depend on it.
///
/// Returns whether all succeeded.
pub(crate) fn release_each(parts: &mut Parts<'_>, releases: &[Release]) -> bool {
    let Parts { ground, ledger, voice, .. } = parts;
    releases.iter().all(|release| {
        let due = release.pending(ground.machine());
        due.iter().all(|release| release_one(ground, ledger, voice, release))
    })
}

/// Executes one release and updates the model.
fn release_one(
    ground: &mut Environment,
    ledger: &mut Ledger,
    voice: &mut Reporter,
    release: &Release,
) -> bool {
    let step = release.step(ground.machine().host.udev);
    if let Release::Storage(StorageRelease::Unmount { at }) = release {
        // A copy of the journal that stays open keeps the mount busy, which unmounting then
        // reports.
        let _ = ledger.leave(at);
    }
    let result = ground.perform(&step, &mut NoopWatch).map_err(|error| {
        let mut text = error.broken.to_string();
        for line in &error.tail {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    });
    if result.is_ok() {
        // The model contains the released resource, otherwise the release would not be due.
        let _ = ground.learn(&release.ended());
    }
    let ok = result.is_ok();
    let (text, error) = (release.to_string(), result.err());
    let record = || Record::Released { text: text.clone(), error: error.clone() };
    // Cleaning up continues even if it cannot be recorded.
    let _ = ledger.record(voice, false, record);
    voice.tell(&Event::Released { text, error });
    ok
}
