//! Restores what a reboot ended: opens containers, activates volume groups and mounts filesystems
//! as recorded in a journal. Also finds the lasting facts of a journal, which must still hold.

mod mounts;

use std::collections::{BTreeMap, HashMap};

use crate::event::Site;
use crate::journal::{Record, valid_records};
use crate::machine::{Fact, Lifetime, StorageFact};
use crate::types::{Map, Secret, Value};

use mounts::MountHistory;

/// A call to repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatedCall {
    /// The name of the primitive.
    pub name: String,
    /// The arguments by name.
    pub args: Map,
    /// The position of the original call.
    pub site: Site,
}

impl RepeatedCall {
    /// Returns whether the name and arguments are the same, regardless of the position.
    fn is_like(&self, other: &Self) -> bool {
        (&self.name, &self.args) == (&other.name, &other.args)
    }
}

/// Returns the calls whose results ended with the reboot, in order.
///
/// Secrets are looked up by the name under which they were recorded.
pub fn calls(records: &[Record], secrets: &dyn Fn(&str) -> Option<Secret>) -> Vec<RepeatedCall> {
    let mut begun: BTreeMap<u64, (&String, &serde_json::Value, &Site)> = BTreeMap::new();
    let mut again: Vec<RepeatedCall> = Vec::new();
    let mounts = MountHistory::of(records);
    // Repeated last, because a filesystem keeps the options of its first mount.
    let (temporary, replaced) = (mounts.temporary(), mounts.replaced());
    let mut last: Vec<RepeatedCall> = Vec::new();
    for record in valid_records(records) {
        match record {
            Record::Begin { call, name, args, site, .. } => {
                begun.insert(*call, (name, args, site));
            }
            Record::Done { call: number, facts, .. }
            | Record::Already { call: number, facts, .. } => {
                if let Record::Already { name, args, site, .. } = record {
                    begun.insert(*number, (name, args, site));
                }
                let Some((name, args, site)) = begun.get(number) else { continue };
                if replaced.contains(number) {
                    continue;
                }
                for call in restoring_calls(name, args, site, facts, secrets) {
                    // Swap with a random key contains nothing to restore.
                    if call.name != "crypt.swap_on"
                        && !again.iter().any(|known| known.is_like(&call))
                    {
                        let when = if temporary.contains(number) { &mut last } else { &mut again };
                        when.push(call);
                    }
                }
            }
            _ => {}
        }
    }
    again.append(&mut last);
    again
}

/// Returns the calls that restore the results of one action that ended with the reboot.
pub(crate) fn restoring_calls(
    name: &str,
    args: &serde_json::Value,
    site: &Site,
    facts: &[Fact],
    secrets: &dyn Fn(&str) -> Option<Secret>,
) -> Vec<RepeatedCall> {
    let mut again: Vec<RepeatedCall> = Vec::new();
    // A new volume is active at once; after a reboot, its group has to be activated.
    for fact in facts {
        if let Fact::Storage(StorageFact::VolumeMade { group, .. }) = fact {
            let args = vec![("name".to_owned(), Value::from(group.as_str()))];
            again.push(RepeatedCall {
                name: "lvm.vg_activate".to_owned(),
                args,
                site: site.clone(),
            });
        }
    }
    again.dedup();
    if facts.iter().any(|fact| fact.lifetime() == Lifetime::UntilReboot) {
        let mut args = arguments(args, secrets);
        // A new array runs at once; after a reboot, it has to be assembled.
        let name = match name {
            "md.create" => {
                args.retain(|(param, _)| param == "name");
                "md.assemble".to_owned()
            }
            other => other.to_owned(),
        };
        again.push(RepeatedCall { name, args, site: site.clone() });
    }
    again
}

fn arguments(args: &serde_json::Value, secrets: &dyn Fn(&str) -> Option<Secret>) -> Map {
    match restored(args, secrets) {
        Value::Map(map) => map.into_iter().filter(|(_, value)| *value != Value::Unit).collect(),
        _ => Map::new(),
    }
}

/// Converts a recorded value; `{"secret": name}` becomes the secret again.
fn restored(json: &serde_json::Value, secrets: &dyn Fn(&str) -> Option<Secret>) -> Value {
    match json {
        serde_json::Value::Object(map) => {
            if let (1, Some(serde_json::Value::String(name))) = (map.len(), map.get("secret")) {
                return secrets(name).map_or(Value::Unit, Value::Secret);
            }
            Value::Map(map.iter().map(|(k, v)| (k.clone(), restored(v, secrets))).collect())
        }
        serde_json::Value::Array(items) => {
            Value::List(items.iter().map(|item| restored(item, secrets)).collect())
        }
        plain => plain.clone().into(),
    }
}

/// Returns the lasting facts of a run that no later fact replaced.
pub fn lasting(records: &[Record]) -> Vec<Fact> {
    let facts = valid_records(records).flat_map(|record| match record {
        Record::Done { facts, .. } => facts.as_slice(),
        _ => &[],
    });
    latest(facts.filter(|fact| fact.lifetime() == Lifetime::Lasting).cloned())
}

/// Returns the lasting facts that no later fact replaced, with files at their paths of the end of
/// the run, and the number of facts about files that are not mounted then.
pub fn lasting_at_end(records: &[Record]) -> (Vec<Fact>, usize) {
    let (facts, unmounted) = MountHistory::of(records).facts_at_end();
    (latest(facts.into_iter()), unmounted)
}

/// Returns the last fact about each subject.
fn latest(facts: impl Iterator<Item = Fact>) -> Vec<Fact> {
    // Hashed by subject, because a journal may have a hundred thousand facts.
    let latest: HashMap<String, (usize, Fact)> = facts
        .enumerate()
        .filter_map(|(place, fact)| Some((fact.subject()?, (place, fact))))
        .collect();
    let mut latest: Vec<(usize, Fact)> = latest.into_values().collect();
    latest.sort_by_key(|(place, _)| *place);
    latest.into_iter().map(|(_, fact)| fact).collect()
}
