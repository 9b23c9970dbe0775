//! Giving back what a run made: unmount, stop swapping, deactivate, close, in reverse order.

use crate::error::Result;
use crate::event::Event;
use crate::journal::Record;
use crate::machine::{Fact, Release, StorageFact, StorageRelease};
use crate::run::session::Session;
use crate::system::{NoopWatch, Step};

impl Session {
    /// Remembers what an action is going to make until the next reboot, before it does: a clean-up
    /// looks whether it became so. What was there before the action is not ours to release.
    pub(crate) fn will_make(&mut self, facts: &[Fact]) {
        for fact in facts {
            let Some(release) = fact.release() else { continue };
            let ours = release.stacks() || release.due(&self.machine).is_empty();
            // The group's own release takes its volumes along.
            let with_group = |made: &Fact| match (made, &release) {
                (
                    Fact::Storage(
                        StorageFact::GroupMade { group, .. }
                        | StorageFact::GroupActive { group, .. },
                    ),
                    Release::Storage(StorageRelease::DeactivateVolume { group: of, .. }),
                ) => group == of,
                _ => false,
            };
            if ours && !self.made.iter().any(with_group) {
                self.made.push(fact.clone());
            }
        }
    }

    /// Takes over what an earlier process of the same run has made.
    pub(crate) fn adopt(&mut self, facts: &[Fact]) {
        for fact in facts {
            if fact.release().is_some() && !self.made.contains(fact) {
                self.made.push(fact.clone());
            }
        }
    }

    /// Releases everything that this run made until the next reboot. What can't be released is
    /// told, with the reason, and stays; the rest is still tried.
    ///
    /// Returns whether nothing is left.
    pub fn release_all(&mut self) -> bool {
        // Whoever pressed Ctrl-C wants this to happen.
        self.interrupts.clear();
        match self.system.probe(&self.machine, None) {
            Ok(Some(machine)) => self.machine = machine,
            Ok(None) => {}
            Err(error) => self.tell(&Event::Warning { text: error.to_string() }),
        }
        let mut clean = true;
        for fact in std::mem::take(&mut self.made).into_iter().rev() {
            let Some(release) = fact.release() else { continue };
            for due in release.due(&self.machine) {
                clean &= self.release(&due);
            }
        }
        clean
    }

    /// Carries out releases until one fails: what comes later stands below it.
    ///
    /// Returns whether all were.
    pub(crate) fn release_each(&mut self, releases: &[Release]) -> bool {
        releases.iter().all(|release| release.due(&self.machine).iter().all(|r| self.release(r)))
    }

    /// Performs a step that is told as a release.
    pub(crate) fn perform_quietly(&mut self, step: &Step) -> Result<()> {
        self.system.perform(step, &mut NoopWatch).map(drop).map_err(Into::into)
    }

    /// Carries out one release and learns what it ends.
    fn release(&mut self, release: &Release) -> bool {
        let step = release.step(self.machine.host.udev);
        if let (Release::Storage(StorageRelease::Unmount { at }), Some(journal)) =
            (release, &mut self.journal)
        {
            // A copy that stays open keeps the mount busy, and that is then told.
            let _ = journal.leave(at);
        }
        let result = self.system.perform(&step, &mut NoopWatch).map_err(|error| {
            let mut text = error.broken.to_string();
            for line in &error.tail {
                text.push_str("\n  ");
                text.push_str(line);
            }
            text
        });
        if result.is_ok() {
            let fact = release.ended();
            // What the release ended was in the model, or it would not have been due.
            if self.machine.learn(&fact).is_ok() {
                self.system.learned(&fact, &self.machine);
            }
        }
        let ok = result.is_ok();
        let (text, error) = (release.to_string(), result.err());
        // Giving back goes on without a record of it.
        let _ =
            self.record(false, || Record::Released { text: text.clone(), error: error.clone() });
        self.tell(&Event::Released { text, error });
        ok
    }
}
