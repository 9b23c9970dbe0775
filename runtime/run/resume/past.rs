//! The past of a run that is resumed or cleaned up: its journal, and the names of its devices.

use std::collections::BTreeMap;

use super::{Live, Names, Replay, live};
use crate::event::Site;
use crate::journal::{Record, Transcript};
use crate::machine::{Fact, StorageFact, is_below};

/// What a resumed run knows of its past.
#[derive(Debug, Clone)]
pub struct Past {
    /// Its journal.
    pub transcript: Transcript,
    /// Where the devices are now.
    pub names: Names,
    /// Whether the recipe has another text.
    pub changed: bool,
}

/// The calls of a journal: primitive, arguments, place.
pub(super) type Calls<'a> = BTreeMap<u64, (&'a str, &'a serde_json::Value, &'a Site)>;

impl Past {
    /// The root of a shell: what was prepared to be entered and is still mounted, else what was
    /// mounted last and lies in nothing else that is mounted.
    pub fn root(&self) -> Option<String> {
        let live = live(&self.transcript.records);
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
    /// What the journal has of the run's calls.
    pub(super) fn replay(&self) -> Replay {
        Replay::of(&self.transcript, self.names.clone(), self.changed)
    }

    /// What the run made until the next reboot, in its order.
    pub(super) fn ended(&self) -> impl Iterator<Item = Live> {
        live(&self.transcript.records).into_iter().filter(|one| one.ended)
    }
}
