//! The two checks of the real machine: the last one before a device is overwritten, and the
//! comparison of prediction and reality after every operation.

use crate::error::{Error, InUse, Result};
use crate::machine::{Difference, Fact, Scope, Use};
use crate::operation::{Effect, FilesEffect, ProgramEffect};
use crate::run::environment::Environment;
use crate::run::ledger::Ledger;
use crate::run::reporter::Reporter;
use crate::system::{FailureKind, FilesStep, Step, StorageStep};

/// Checks immediately before a device is overwritten that its disk is still the same and not in
/// use.
pub(super) fn claim(
    environment: &mut Environment,
    reporter: &mut Reporter,
    call: u64,
    device: &str,
) -> Result<()> {
    let disks = environment.machine().base_disks(device);
    let disks = disks.into_iter().map(|disk| disk.path.clone()).collect();
    let claim = Step::Storage(StorageStep::Claim { device: device.to_owned(), disks });
    let Err(error) = environment.perform(&claim, &mut reporter.watch(call)) else { return Ok(()) };
    let FailureKind::Busy { holders, .. } = error.broken else { return Err(error.into()) };
    let unknown = || vec!["the kernel does not report by what".to_owned()];
    let holders = if holders.is_empty() { unknown() } else { holders };
    let held = |who| Use::ReportedByKernel { device: device.to_owned(), who };
    let uses = holders.into_iter().map(held).collect();
    let (device, releases) = (device.to_owned(), Vec::new());
    Err(InUse { device, uses, releases, system: false }.into())
}

/// Flushes the data that programs wrote, before their action counts as done: a power cut could lose
/// it without a trace in the journal. The steps of this program flush their data themselves.
pub(super) fn flush(
    environment: &mut Environment,
    reporter: &mut Reporter,
    call: u64,
    steps: &[Step],
    effects: &[Effect],
) -> Result<()> {
    let by_program = |step: &Step| {
        matches!(
            step,
            Step::Run(_) | Step::Files(FilesStep::Unpack { .. } | FilesStep::CopyTree { .. })
        )
    };
    if !environment.is_real() || !steps.iter().any(by_program) {
        return Ok(());
    }
    let mut at: Vec<String> = Vec::new();
    for effect in effects {
        let (Effect::Files(FilesEffect::Writes { path })
        | Effect::Program(ProgramEffect::Runs { root: path, .. })) = effect
        else {
            continue;
        };
        for place in environment.machine().filesystems_at(path) {
            if !at.contains(place) {
                at.push(place.clone());
            }
        }
    }
    environment
        .perform(&Step::Files(FilesStep::SyncFilesystems { at }), &mut reporter.watch(call))?;
    Ok(())
}

/// Adds facts to the model, then probes the parts of the machine that they concern.
pub(super) fn learn(
    environment: &mut Environment,
    ledger: &mut Ledger,
    facts: &[Fact],
) -> Result<()> {
    let mut scope = Scope::default();
    if !environment.only_plans() {
        ledger.add_lasting(facts);
    }
    for fact in facts {
        environment.learn(fact)?;
        fact.scope(&mut scope);
    }
    if environment.only_plans() {
        return Ok(());
    }
    let mut differences = environment.look_at(&scope)?;
    if differences.is_empty() {
        let untrue = facts.iter().filter(|fact| environment.refutes(fact));
        let known = untrue.map(|fact| Difference {
            what: "after the operation".into(),
            predicted: fact.to_string(),
            found: "otherwise".into(),
        });
        differences = known.collect();
    }
    if differences.is_empty() { Ok(()) } else { Err(Error::Differs(differences)) }
}
