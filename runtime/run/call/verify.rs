//! The two looks at the real machine: the last one before something is overwritten, and the one
//! after every operation, where prediction and reality have to agree.

use super::relay::Relay;
use crate::error::{Error, InUse, Result};
use crate::machine::{Difference, Fact, Lifetime, Scope, Use, compare};
use crate::operation::{Effect, FilesEffect, ProgramEffect};
use crate::run::session::Session;
use crate::system::{Broken, FilesStep, Step, StorageStep};

impl Session {
    /// The last look before the point of no return: it is still the same disk, and nobody took it.
    pub(super) fn claim(&mut self, device: &str) -> Result<()> {
        let disks = self.machine.base_disks(device);
        let disks = disks.into_iter().map(|disk| disk.path.clone()).collect();
        let claim = Step::Storage(StorageStep::Claim { device: device.to_owned(), disks });
        let mut watch = Relay::new(self.calls, self.listener.as_mut());
        let Err(error) = self.system.perform(&claim, &mut watch) else { return Ok(()) };
        let Broken::Busy { holders, .. } = error.broken else { return Err(error.into()) };
        let unknown = || vec!["the kernel does not say by whom".to_owned()];
        let holders = if holders.is_empty() { unknown() } else { holders };
        let held = |who| Use::Elsewhere { device: device.to_owned(), who };
        let uses = holders.into_iter().map(held).collect();
        let (device, releases) = (device.to_owned(), Vec::new());
        Err(InUse { device, uses, releases, system: false }.into())
    }

    /// What programs wrote is on the disks before their action counts as done: a power cut takes the
    /// rest, and the journal would not know. Steps of our own see to that themselves.
    pub(super) fn settle(&mut self, steps: &[Step], effects: &[Effect]) -> Result<()> {
        let by_program =
            |step: &Step| matches!(step, Step::Run(_) | Step::Files(FilesStep::Unpack { .. }));
        if !self.system.is_real() || !steps.iter().any(by_program) {
            return Ok(());
        }
        let mut at: Vec<String> = Vec::new();
        for effect in effects {
            let (Effect::Files(FilesEffect::Writes { path })
            | Effect::Program(ProgramEffect::Runs { root: path, .. })) = effect
            else {
                continue;
            };
            for place in self.machine.filesystems_at(path) {
                if !at.contains(place) {
                    at.push(place.clone());
                }
            }
        }
        let mut watch = Relay::new(self.calls, self.listener.as_mut());
        self.system.perform(&Step::Files(FilesStep::Settle { at }), &mut watch)?;
        Ok(())
    }

    /// Facts go into the model; then the machine is looked at where they say something.
    pub(super) fn learn(&mut self, facts: &[Fact]) -> Result<()> {
        let mut scope = Scope::default();
        let counts = !self.planning();
        let lasting = |fact: &&Fact| counts && fact.lifetime() == Lifetime::Lasting;
        self.lasting.extend(facts.iter().filter(lasting).cloned());
        for fact in facts {
            self.machine.learn(fact)?;
            fact.scope(&mut scope);
            self.system.learned(fact, &self.machine);
        }
        if self.planning() {
            return Ok(());
        }
        let mut differences = Vec::new();
        let found = match scope.is_empty() {
            true => None,
            false => self.system.probe(&self.machine, Some(&scope))?,
        };
        if let Some(found) = found {
            differences = compare(&self.machine, &found, Some(&scope));
            self.machine = found;
        }
        let files = self.system.files();
        let untrue = facts.iter().filter(|f| f.holds(&self.machine, files) == Some(false));
        let known: Vec<Difference> = untrue
            .map(|fact| Difference {
                what: "after the operation".into(),
                predicted: fact.to_string(),
                found: "that it is not so".into(),
            })
            .collect();
        if differences.is_empty() {
            differences = known;
        }
        if differences.is_empty() { Ok(()) } else { Err(Error::Differs(differences)) }
    }
}
