//! The past of a run that is resumed or cleaned up: its journal, and the names of its devices.

use std::collections::BTreeMap;

use super::{LiveAction, Names, Replay, live_actions, present_actions, undone_calls};
use crate::event::Site;
use crate::journal::{Record, Transcript};
use crate::machine::{Fact, Machine, StorageFact, is_below};

/// The past of a run.
#[derive(Debug, Clone)]
pub struct Past {
    /// The journal.
    pub transcript: Transcript,
    /// The device names that have changed since.
    pub names: Names,
    /// Whether the recipe was changed since.
    pub changed: bool,
    /// The records of calls that were rolled back since. The transcript has them, the journal does
    /// not.
    pub undone: Vec<Record>,
}

/// The calls of a journal by number: primitive, arguments and position.
pub(super) type Calls<'a> = BTreeMap<u64, (&'a str, &'a serde_json::Value, &'a Site)>;

impl Past {
    /// Returns the past of a run that is to be resumed on the present machine.
    pub fn to_resume(
        mut transcript: Transcript,
        names: Names,
        changed: bool,
        machine: &Machine,
    ) -> Self {
        let undone = undone_calls(&transcript.records, machine);
        transcript.records.extend(undone.iter().cloned());
        Self { transcript, names, changed, undone }
    }

    /// Returns the root for a shell: the last root prepared by `chroot.prepare` that is still
    /// mounted, or else the last mount point that is not below another one.
    pub fn root(&self) -> Option<String> {
        let live = live_actions(&self.transcript.records);
        let mounted: Vec<&str> = live
            .iter()
            .flat_map(|one| &one.facts)
            .filter_map(|fact| match fact {
                Fact::Storage(StorageFact::Mounted { at, .. }) => Some(at.as_str()),
                _ => None,
            })
            .collect();
        let calls = self.calls();
        let prepared = calls.values().filter(|(name, ..)| *name == "chroot.prepare");
        let mut prepared = prepared.filter_map(|(_, args, _)| args.get("root")?.as_str());
        let outermost = |at: &&&str| !mounted.iter().any(|o| o != *at && is_below(at, o));
        prepared
            .rfind(|root| mounted.contains(root))
            .or_else(|| mounted.iter().rev().find(outermost).copied())
            .map(str::to_owned)
    }

    pub(super) fn calls(&self) -> Calls<'_> {
        let call = |record| match record {
            &Record::Begin { call, ref name, ref args, ref site, .. }
            | &Record::Already { call, ref name, ref args, ref site, .. } => {
                Some((call, (name.as_str(), args, site)))
            }
            _ => None,
        };
        self.transcript.records.iter().filter_map(call).collect()
    }
}

impl Past {
    /// Returns the replay of the calls in the journal.
    pub(super) fn replay(&self) -> Replay {
        Replay::of(&self.transcript, self.names.clone(), self.changed)
    }

    /// Returns the succeeded actions with results that end with a reboot, in order.
    pub(super) fn ended(&self, machine: &Machine) -> impl Iterator<Item = LiveAction> + use<> {
        let all = present_actions(&self.transcript.records, machine);
        all.into_iter().filter(|one| one.ended)
    }
}
