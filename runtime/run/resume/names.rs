//! Device names that have changed since the start of the run; devices are found again by identity.
//!
//! The script and the journal keep the names of the start of the run, so that names which the
//! recipe derives from them (of a key file, of a mapping) stay the same. Names are translated where
//! a call leaves the script, and back where its result returns.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::journal::{Record, Transcript};
use crate::machine::{Device, Fact, Identity, Machine, StorageFact, partition_path};
use crate::types::{Map, Value};

/// Pairs of old and new name of the renamed devices. See the module documentation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pairs: Vec<(String, String)>,
}

/// A device of the run that is not connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingDevice {
    /// The device of the run.
    pub then: Identity,
    /// The device that has its name now.
    pub now: Option<Identity>,
}

impl Names {
    /// Finds the devices of a run. Devices that the run may change must be connected.
    pub fn find(transcript: &Transcript, machine: &Machine) -> Result<Self, Box<MissingDevice>> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for then in &transcript.head().devices {
            if let Some(now) = by_identity(then, machine) {
                with_disk(&mut found, &then.path, now, machine);
            }
        }
        for fact in made(transcript) {
            if let Fact::Storage(StorageFact::Partitioned { disk, parts, .. }) = fact {
                for part in parts {
                    let entry = |device: &&Device| {
                        device.partition().is_some_and(|entry| entry.uuid == part.uuid)
                    };
                    if let Some(now) = only(machine, entry) {
                        // The disk with our partition table is the disk of the run, whatever its
                        // name is.
                        let parents = machine.parents(now);
                        if let Some(parent) = parents.first() {
                            found.entry(disk.clone()).or_insert_with(|| (*parent).to_string());
                        }
                        found.insert(partition_path(disk, part.number), now.path.clone());
                    }
                }
            }
            if let Some((device, uuid)) = held(fact)
                && !found.contains_key(device)
                && !is_shared(device, uuid, transcript)
            {
                let same = |found: &&Device| {
                    found.content.as_ref().and_then(|content| content.uuid()) == Some(uuid)
                };
                if let Some(now) = only(machine, same) {
                    found.insert(device.to_owned(), now.path.clone());
                }
            }
        }
        require_devices(transcript, machine, &found)?;
        match_remaining_disks(transcript, machine, &mut found);
        let pairs = found.into_iter().filter(|(then, now)| then != now).collect();
        Ok(Self { pairs })
    }

    /// Returns the pairs of old and new name.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Returns whether no device was renamed.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Returns the new name of a device.
    pub fn now(&self, then: &str) -> String {
        translate(then, self.pairs.iter().map(|(then, now)| (then.as_str(), now.as_str())))
    }

    /// Returns the old name of a device, from the start of the run.
    pub fn then(&self, now: &str) -> String {
        translate(now, self.pairs.iter().map(|(then, now)| (now.as_str(), then.as_str())))
    }

    /// Translates a value of the script to new names.
    pub fn value_now(&self, value: &Value) -> Value {
        walk(value, &|text| self.now(text))
    }

    /// Translates a value for the script to old names.
    pub fn value_then(&self, value: &Value) -> Value {
        walk(value, &|text| self.then(text))
    }

    /// Translates arguments to new names.
    pub fn args_now(&self, args: &Map) -> Map {
        args.iter().map(|(name, value)| (name.clone(), self.value_now(value))).collect()
    }

    /// Translates facts or effects to new names.
    pub fn data_now<T: Serialize + DeserializeOwned + Clone>(&self, data: &T) -> T {
        self.data(data, &|text| self.now(text))
    }

    /// Translates facts or effects to old names.
    pub fn data_then<T: Serialize + DeserializeOwned + Clone>(&self, data: &T) -> T {
        self.data(data, &|text| self.then(text))
    }

    fn data<T>(&self, data: &T, name: &dyn Fn(&str) -> String) -> T
    where
        T: Serialize + DeserializeOwned + Clone,
    {
        if self.is_empty() {
            return data.clone();
        }
        let json = serde_json::to_value(data).unwrap_or_default();
        let moved = walk_json(json, name);
        // Only strings were replaced, so this does not fail.
        serde_json::from_value(moved).unwrap_or_else(|_| data.clone())
    }
}

/// Returns the facts of the journal, oldest first.
fn made(transcript: &Transcript) -> impl Iterator<Item = &Fact> {
    transcript.records.iter().flat_map(|record| match record {
        Record::Done { facts, .. } => facts.as_slice(),
        Record::Begin { makes, .. } => makes.as_slice(),
        _ => &[],
    })
}

/// Returns the identifier of what the run wrote to a device.
fn held(fact: &Fact) -> Option<(&str, &str)> {
    match fact {
        Fact::Storage(
            StorageFact::Holds { device, content } | StorageFact::Header { device, content, .. },
        ) => Some((device, content.uuid()?)),
        _ => None,
    }
}

/// Returns whether the run wrote this identifier to another device as well. An interrupted mdadm or
/// mkfs.btrfs may have written it to one of them only, which says nothing about the other.
fn is_shared(device: &str, uuid: &str, transcript: &Transcript) -> bool {
    made(transcript).filter_map(held).any(|(other, same)| other != device && same == uuid)
}

/// Adds a device, and the disk of a partition.
fn with_disk(found: &mut BTreeMap<String, String>, then: &str, now: &Device, machine: &Machine) {
    if let (Some(entry), Some(disk)) = (now.partition(), machine.parents(now).first()) {
        let suffix = partition_path("", entry.number);
        let disk_then = then.strip_suffix(&suffix).map(|disk| {
            let stem = disk.strip_suffix('p').unwrap_or(disk);
            if partition_path(stem, entry.number) == then { stem } else { disk }
        });
        if let Some(disk_then) = disk_then {
            found.entry(disk_then.to_owned()).or_insert_with(|| (*disk).to_string());
        }
    }
    found.insert(then.to_owned(), now.path.clone());
}

/// Returns the device if it can be identified unambiguously.
fn by_identity<'a>(then: &Identity, machine: &'a Machine) -> Option<&'a Device> {
    let telling = then.hardware.is_some() || then.uuid.is_some();
    let same = |device: &&Device| {
        let now = machine.identity(device);
        telling && (now.size, &now.hardware, &now.uuid) == (then.size, &then.hardware, &then.uuid)
    };
    // Identical disks cannot be told apart; the one with the old name is taken, as in a new run.
    machine.find(&then.path).filter(|device| same(device)).or_else(|| only(machine, same))
}

fn only(machine: &Machine, like: impl Fn(&&Device) -> bool) -> Option<&Device> {
    let mut devices = machine.storage.devices.values().filter(|device| like(device));
    devices.next().filter(|_| devices.next().is_none())
}

/// Adds disks without an identity whose name has been taken by another disk: the only unassigned
/// disk without an identity and of the same size. Devices that the run may change are not found in
/// this way; the result only serves to compare the whole machine with its plan.
fn match_remaining_disks(
    transcript: &Transcript,
    machine: &Machine,
    found: &mut BTreeMap<String, String>,
) {
    let silent = |identity: &Identity| identity.hardware.is_none() && identity.uuid.is_none();
    let moved: Vec<&Identity> = transcript
        .head()
        .devices
        .iter()
        .filter(|then| silent(then) && !found.contains_key(&then.path))
        .filter(|then| found.values().any(|now| *now == then.path))
        .collect();
    for then in moved {
        let fits = |device: &&Device| {
            let now = machine.identity(device);
            silent(&now) && now.size == then.size && !found.values().any(|path| *path == now.path)
        };
        if let Some(now) = only(machine, fits) {
            found.insert(then.path.clone(), now.path.clone());
        }
    }
}

/// Fails unless the devices that the run may change, or that are parameters, were identified.
fn require_devices(
    transcript: &Transcript,
    machine: &Machine,
    found: &BTreeMap<String, String>,
) -> Result<(), Box<MissingDevice>> {
    let head = transcript.head();
    let taken = |path: &str| found.iter().any(|(then, now)| now == path && then != path);
    let targets = head.effects.iter().filter_map(|bound| Some(&bound.target.as_ref()?.identity));
    let given = head.devices.iter().filter(|device| mentions(&head.params, &device.path));
    for then in targets.chain(given) {
        // Devices that the run creates did not exist at its start.
        let there = head.devices.iter().any(|device| device.path == then.path);
        if !there || found.contains_key(&then.path) {
            continue;
        }
        let now = machine.find(&then.path).map(|device| machine.identity(device));
        // A disk without an identity is only known by its size and name.
        let silent = then.hardware.is_none() && then.uuid.is_none();
        let fits = now.as_ref().is_some_and(|now| {
            silent && now.size == then.size && now.hardware.is_none() && !taken(&then.path)
        });
        // A partition of the old table no longer exists once the disk has a new table.
        let replaced = then.hardware.is_none() && then.uuid.is_some();
        if !fits && !replaced {
            return Err(Box::new(MissingDevice { then: then.clone(), now }));
        }
    }
    Ok(())
}

fn mentions(params: &serde_json::Value, path: &str) -> bool {
    match params {
        serde_json::Value::String(text) => text == path,
        serde_json::Value::Array(items) => items.iter().any(|item| mentions(item, path)),
        serde_json::Value::Object(map) => map.values().any(|item| mentions(item, path)),
        _ => false,
    }
}

fn translate<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
    if !path.starts_with("/dev/") {
        return path.to_owned();
    }
    if let Some((_, to)) = pairs.clone().find(|(from, _)| *from == path) {
        return to.to_owned();
    }
    // A partition that did not exist when the devices were compared.
    for (from, to) in pairs {
        let Some(rest) = path.strip_prefix(from) else { continue };
        let digits = rest.trim_start_matches("-part").trim_start_matches('p');
        if let Ok(number) = digits.parse::<u32>()
            && partition_path(from, number) == path
        {
            return partition_path(to, number);
        }
    }
    path.to_owned()
}

fn walk(value: &Value, name: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Text(text) => Value::Text(name(text)),
        Value::List(items) => Value::List(items.iter().map(|item| walk(item, name)).collect()),
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, item)| (key.clone(), walk(item, name))).collect())
        }
        other => other.clone(),
    }
}

fn walk_json(json: serde_json::Value, name: &dyn Fn(&str) -> String) -> serde_json::Value {
    match json {
        serde_json::Value::String(text) => name(&text).into(),
        serde_json::Value::Array(items) => {
            items.into_iter().map(|item| walk_json(item, name)).collect()
        }
        serde_json::Value::Object(map) => {
            map.into_iter().map(|(key, item)| (name(&key), walk_json(item, name))).collect()
        }
        other => other,
    }
}
