//! Restores what a reboot or a clean-up ended, before the script continues.

use super::unchanged::check_files;
use super::{LiveAction, Past, Replay, present_actions};
use crate::error::Error;
use crate::event::Site;
use crate::failure::Failure;
use crate::journal::{Journal, Record};
use crate::machine::{Fact, Machine, Release, joined_releases, restored_after_reboot};
use crate::operation::spec::Given;
use crate::plan::Tracing;
use crate::plan::approval::{Approval, NoopApprover};
use crate::plan::call::{PlannedCall, UndoPlan};
use crate::primitives::registry::{Primitive, Read, primitive};
use crate::run::call::{about, approve_unopened};
use crate::run::environment::Environment;
use crate::run::parts::Parts;
use crate::run::release::release_all;
use crate::run::reopen::restoring_calls;
use crate::run::session::{Gate, RealMachine, Session, Setup};
use crate::types::{Map, Value};

/// The result of restoring.
pub(crate) struct Restored {
    /// The facts that the run had made and that still held.
    pub(crate) kept: Vec<Fact>,
    /// Warnings about files of the run.
    pub(crate) file_warnings: Vec<String>,
    /// Whether everything is open again and unchanged.
    pub(crate) result: Result<(), Failure>,
}

/// Restores what ended, and prepares the replay of the journal.
pub(crate) fn restore(session: &mut Session, past: &Past, variables: &Map) -> Restored {
    let parts = session.parts();
    for undone in &past.undone {
        parts.ledger.record_or_warn(parts.reporter, undone.clone());
    }
    // These calls are already recorded.
    let journal = parts.ledger.close();
    *parts.replay = Replay::named(past.names.clone());
    let mut kept = Vec::new();
    let mut told = false;
    let mut result = Ok(());
    for one in past.ended(session.machine()) {
        let facts = past.names.data_now(&one.facts);
        if session.environment().all_hold(&facts) {
            if one.owned {
                session.parts().ledger.adopt(&facts);
                kept.extend(facts);
            }
            continue;
        }
        if !told {
            session.chapter(RESTORING);
            told = true;
        }
        result = restore_call(session, &one, past, variables);
        if result.is_err() {
            break;
        }
    }
    session.reset_numbers();
    let parts = session.parts();
    parts.ledger.open(journal);
    *parts.replay = past.replay();
    let result = result.and_then(|()| check_lasting_facts(parts.environment, past));
    let remarks = match result {
        Ok(()) => check_files(parts.environment, parts.replay, past),
        Err(_) => Vec::new(),
    };
    Restored { kept, file_warnings: remarks, result }
}

/// Restores the ended results of one call. The arguments come from the journal, so only calls that
/// open or mount something are made.
pub(super) fn restore_call(
    session: &mut Session,
    one: &LiveAction,
    past: &Past,
    variables: &Map,
) -> Result<(), Failure> {
    let secret = |name: &str| {
        variables.iter().find_map(|(known, value)| match value {
            Value::Secret(secret) if known == name => Some(secret.clone()),
            _ => None,
        })
    };
    let calls = past.calls();
    let Some((name, args, site)) = calls.get(&one.call) else { return Ok(()) };
    for again in restoring_calls(name, args, site, &one.facts, &secret) {
        // A journal is input: it must not cause any other calls.
        let known = restored_after_reboot(&again.name);
        let Some(primitive) = primitive(&again.name).filter(|_| known) else {
            let error = NotRestored { call: one.call, name: again.name };
            return Err(Failure::of(error));
        };
        let args = again.args.clone();
        match session.call_by_name(primitive, again.site.clone(), again.args) {
            Err(failure) if session.planning() && !matches!(*failure.error, Error::Call(_)) => {
                session.clear_failure();
                let mut parts = session.parts();
                plan_unopened(&mut parts, primitive, again.site, &args, &failure.error)?;
                for fact in past.names.data_now(&one.facts) {
                    // Fails if the device below is not known either.
                    let _ = parts.environment.assume(&fact);
                }
            }
            result => drop(result?),
        }
    }
    Ok(())
}

/// Notes an action that cannot be planned before the device below it is open; its effects are known
/// nevertheless.
fn plan_unopened(
    parts: &mut Parts<'_>,
    primitive: &'static Primitive,
    site: Site,
    args: &Map,
    why: &Error,
) -> Result<(), Failure> {
    let Read::Action(read) = primitive.read else { return Ok(()) };
    let args = parts.replay.names().args_now(args);
    let action = Given::by_name(primitive.spec.params, args).and_then(read);
    let action = action.map_err(|error| Failure::of(primitive.spec.bad_call(&error)))?;
    let effects = approve_unopened(parts, action.effects(), &action.arguments());
    let effects = effects.map_err(Failure::of)?;
    let unknown = format!("its steps are known once the device below it is open: {why}");
    parts.log.note(PlannedCall {
        name: primitive.spec.name.into(),
        about: about(primitive.spec, &action.arguments()),
        site,
        steps: Vec::new(),
        effects,
        undo: UndoPlan::Nothing,
        preview: Vec::new(),
        warnings: vec![unknown],
        already: None,
        guess: false,
        query: false,
        root: true,
    });
    Ok(())
}

/// Checks that the data that the run wrote to devices still exists, as far as it can be read. The
/// results of an interrupted action are checked when the action runs again.
fn check_lasting_facts(environment: &Environment, past: &Past) -> Result<(), Failure> {
    let open: Vec<String> = match past.transcript.interrupted() {
        Some(Record::Begin { makes, .. }) => makes.iter().filter_map(Fact::subject).collect(),
        _ => Vec::new(),
    };
    let lasting = crate::run::reopen::lasting(&past.transcript.records);
    let lost = lasting.iter().filter(|fact| !fact.subject().is_some_and(|s| open.contains(&s)));
    let lost =
        lost.map(|fact| past.names.data_now(fact)).find(|fact| fact.is_lost(environment.machine()));
    let Some(fact) = lost else { return Ok(()) };
    Err(Failure::of(Lost { fact: fact.to_string() }))
}

/// The title of the chapter of restoring.
const RESTORING: &str = "Reopen devices and mounts of the run";

/// A call in the journal that was to be restored, but neither opens nor mounts anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the journal was not written by gscript: call {call}, {name}, neither opens nor mounts \
    anything"
)]
struct NotRestored {
    call: u64,
    name: String,
}

impl crate::error::Rule for NotRestored {
    fn remedy(&self) -> Option<String> {
        Some("do not resume this run; find out where its journal comes from".into())
    }

    fn exit(&self) -> crate::error::Exit {
        crate::error::Exit::Refused
    }
}

/// A fact of the run that no longer holds, because another program changed the disks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the disks were changed after the run was interrupted; no longer true: {fact}")]
struct Lost {
    fact: String,
}

impl crate::error::Rule for Lost {
    fn remedy(&self) -> Option<String> {
        Some(
            "this run cannot be resumed: release what it left open (gscript release) and run the \
            recipe again"
                .into(),
        )
    }

    fn exit(&self) -> crate::error::Exit {
        crate::error::Exit::Refused
    }
}

/// Restores everything, runs an interactive shell in the root, and releases everything.
///
/// Returns the failure, if there was one, and whether every release succeeded.
pub fn shell(
    past: &Past,
    variables: &Map,
    root: &str,
    real_machine: RealMachine,
    approval: Approval,
    journal: Journal,
) -> (Option<Failure>, bool) {
    let gate = Gate::Enforce(approval, Box::new(NoopApprover));
    let setup = Setup { terminal: true, ..real_machine.setup(gate, Some(journal)) };
    let mut session = Session::new(setup);
    session.parts().log.trace(Tracing::Off);
    let result = restore(&mut session, past, variables).result.and_then(|()| {
        // This call does not belong to the recipe.
        let parts = session.parts();
        let journal = parts.ledger.close();
        *parts.replay = Replay::default();
        let site = Site { file: "".into(), line: 0 };
        let args = vec![("root".to_owned(), Value::from(root))];
        let result = primitive("chroot.shell")
            .map_or(Ok(Value::Unit), |shell| session.call_by_name(shell, site, args));
        session.parts().ledger.open(journal);
        result.map(drop)
    });
    let clean = release_all(&mut session.parts());
    (result.err(), clean)
}

/// Returns the releases of everything that a run made until the next reboot and that is still open,
/// in order.
pub fn remaining_releases(past: &Past, machine: &Machine) -> Vec<Release> {
    let actions = present_actions(&past.transcript.records, machine);
    let owned = actions.iter().rev().filter(|one| one.owned);
    let facts = owned.flat_map(|one| past.names.data_now(&one.facts).into_iter().rev());
    let shown = facts.filter(|fact| fact.is_present(machine));
    let releases = joined_releases(shown.filter_map(|fact| fact.release()), machine);
    let mut due = Vec::new();
    for release in releases.iter().flat_map(|release| release.pending(machine)) {
        if !due.contains(&release) {
            due.push(release);
        }
    }
    due
}

/// Releases everything that a run made until the next reboot, newest first.
///
/// Returns whether every release succeeded.
pub fn release_run(past: &Past, real_machine: RealMachine, journal: Option<Journal>) -> bool {
    let gate = Gate::Enforce(Approval::default(), Box::new(NoopApprover));
    let mut session = Session::new(real_machine.setup(gate, journal));
    let mut parts = session.parts();
    *parts.replay = Replay::named(past.names.clone());
    let live = present_actions(&past.transcript.records, parts.environment.machine());
    for one in live.iter().filter(|one| one.owned) {
        let mut facts = past.names.data_now(&one.facts);
        facts.retain(|fact| fact.is_present(parts.environment.machine()));
        parts.ledger.adopt(&facts);
    }
    release_all(&mut parts)
}
