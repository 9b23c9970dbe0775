//! Checks that a journal still matches the machine: the files that the run wrote, and the answers
//! that the recipe received.

use std::collections::{BTreeMap, BTreeSet};

use super::{Past, Replay};
use crate::error::{Exit, Result, Rule};
use crate::event::Site;
use crate::journal::{Record, valid_records};
use crate::machine::files::FileStatus;
use crate::machine::{Fact, FilesFact, StorageFact, is_below};
use crate::operation::{Answer, AnyQuery};
use crate::run::call::Call;
use crate::run::environment::Environment;
use crate::types::Value;

/// A file of the run, with its last record.
struct LastWrite<'a> {
    fact: &'a Fact,
    /// The calls that wrote the file.
    calls: BTreeSet<u64>,
    /// Whether all of these calls would write the same content again.
    known: bool,
    /// The mount on which the file was written, as an index into the list of mounts.
    mount: Option<usize>,
}

/// Checks the files that the run wrote. A deleted file is written again if its content is known; a
/// file that was changed since is kept. Returns warnings about both.
pub(super) fn check_files(
    environment: &Environment,
    replay: &mut Replay,
    past: &Past,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for kept in files(&past.transcript.records).into_values() {
        let Some(place) = kept.fact.place() else { continue };
        if !environment.refutes(kept.fact) {
            continue;
        }
        let gone =
            matches!(environment.files().file_status(place), Ok(FileStatus::Missing) | Err(_));
        match (gone, kept.known) {
            (true, true) => {
                warnings.push(format!("{place} was removed after the run wrote it: written again"));
                replay.repeat(kept.calls);
            }
            (true, false) => warnings.push(format!(
                "{place} was removed after the run wrote it and cannot be written identically again"
            )),
            (false, _) => {
                warnings.push(format!("{place} was changed after the run wrote it: kept as it is"));
            }
        }
    }
    warnings
}

/// Repeats a query of the run if no later action can have changed its answer. Fails if the answer
/// differs.
pub(crate) fn check_recorded_answer(
    replay: &Replay,
    environment: &mut Environment,
    call: &Call,
    query: &dyn AnyQuery,
    then: &Value,
) -> Result<()> {
    if !replay.unchanged_since(call.number(), &query.arguments()) {
        return Ok(());
    }
    // A query that needs a program is not repeated, because the user would not see that it runs.
    let Ok(Answer::Known(now)) = query.answer(&mut environment.view()) else {
        return Ok(());
    };
    let now = replay.names().value_then(&now);
    if now.recorded() == then.recorded() {
        return Ok(());
    }
    let (call, site) = (call.name().to_owned(), call.site().clone());
    Err(ChangedAnswer { call, site, then: truncated(then), now: truncated(&now) }.into())
}

/// An answer that differs from the journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the recipe diverges from the journal at {site}: {call} is {now}, journal has {then}")]
struct ChangedAnswer {
    call: String,
    site: Site,
    then: String,
    now: String,
}

impl Rule for ChangedAnswer {
    fn remedy(&self) -> Option<String> {
        Some(super::replay::START_OVER_HELP.into())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn ends_the_run(&self) -> bool {
        true
    }
}

/// Returns the start of a value for messages.
fn truncated(value: &Value) -> String {
    const MAX_LENGTH: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Returns the files of a run by subject.
fn files(records: &[Record]) -> BTreeMap<String, LastWrite<'_>> {
    let mut kept: BTreeMap<String, LastWrite<'_>> = BTreeMap::new();
    // The mount points, and whether they are still mounted according to the journal.
    let mut mounts: Vec<(&str, bool)> = Vec::new();
    for record in valid_records(records) {
        let (Record::Done { call, facts, .. } | Record::Already { call, facts, .. }) = record
        else {
            continue;
        };
        for fact in facts {
            match fact {
                Fact::Storage(StorageFact::Mounted { at, .. }) => mounts.push((at, true)),
                Fact::Storage(StorageFact::Unmounted { at }) => {
                    let below = mounts.iter_mut().filter(|(old, _)| is_below(old, at));
                    below.for_each(|mount| mount.1 = false);
                }
                Fact::Files(FilesFact::Absent { .. }) => {
                    fact.subject().map(|subject| kept.remove(&subject));
                }
                _ => {}
            }
            let (Some(place), Some(subject)) = (fact.place(), fact.subject()) else { continue };
            let path = place.to_string();
            let covers = |(_, (at, on)): &(usize, &(&str, bool))| *on && is_below(&path, at);
            let mount = mounts.iter().enumerate().filter(covers);
            let mount = mount.max_by_key(|(_, (at, _))| at.len()).map(|(index, _)| index);
            let known = !matches!(
                fact,
                Fact::Files(
                    FilesFact::File { digest: None, .. }
                        | FilesFact::HeaderSaved { .. }
                        | FilesFact::Subvolume { .. }
                )
            );
            let before = kept.remove(&subject);
            let (mut calls, was_known) =
                before.map_or((BTreeSet::new(), true), |kept| (kept.calls, kept.known));
            calls.insert(*call);
            kept.insert(subject, LastWrite { fact, calls, known: known && was_known, mount });
        }
    }
    // Files on a filesystem that the run unmounted cannot be checked.
    kept.retain(|_, kept| kept.mount.is_none_or(|index| mounts[index].1));
    kept
}
