//! Devices whose names have moved since the run began: found again by what they are.
//!
//! The script, and everything in the journal, keeps the names that the run began with, so that
//! what a recipe derives from a name (of a key file, of a mapping) stays the same. Names are
//! translated where a call leaves the script, and back where its result returns.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::journal::{Record, Transcript};
use crate::machine::{Device, Fact, Identity, Machine, StorageFact, partition_path};
use crate::types::{Map, Value};

/// See the module. Pairs of the name then and the name now, where they differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pairs: Vec<(String, String)>,
}

/// A device of the run that is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingDevice {
    /// What it was.
    pub then: Identity,
    /// What has its name now.
    pub now: Option<Identity>,
}

impl Names {
    /// Where the devices of a run are now; those that it was allowed to change have to be here.
    pub fn find(transcript: &Transcript, machine: &Machine) -> Result<Self, Box<MissingDevice>> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for then in &transcript.head().devices {
            if let Some(now) = by_identity(then, machine) {
                with_disk(&mut found, &then.path, now, machine);
            }
        }
        for fact in made(transcript) {
            match fact {
                Fact::Storage(StorageFact::Partitioned { disk, parts, .. }) => {
                    for part in parts {
                        let entry = |device: &&Device| {
                            device.partition().is_some_and(|entry| entry.uuid == part.uuid)
                        };
                        if let Some(now) = only(machine, entry) {
                            // Whoever carries our table is the disk, whatever it is called.
                            let parents = machine.parents(now);
                            if let Some(parent) = parents.first() {
                                found.entry(disk.clone()).or_insert_with(|| (*parent).to_string());
                            }
                            found.insert(partition_path(disk, part.number), now.path.clone());
                        }
                    }
                }
                Fact::Storage(
                    StorageFact::Holds { device, content }
                    | StorageFact::Header { device, content, .. },
                ) if !found.contains_key(device) => {
                    let same = |found: &&Device| {
                        let holds = found.content.as_ref().and_then(|content| content.uuid());
                        holds.is_some() && holds == content.uuid()
                    };
                    if let Some(now) = only(machine, same) {
                        found.insert(device.clone(), now.path.clone());
                    }
                }
                _ => {}
            }
        }
        all_here(transcript, machine, &found)?;
        by_what_is_left(transcript, machine, &mut found);
        let pairs = found.into_iter().filter(|(then, now)| then != now).collect();
        Ok(Self { pairs })
    }

    /// Name then, name now.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Whether every device has its old name.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The name that a device has now.
    pub fn now(&self, then: &str) -> String {
        translate(then, self.pairs.iter().map(|(then, now)| (then.as_str(), now.as_str())))
    }

    /// The name that it had when the run began.
    pub fn then(&self, now: &str) -> String {
        translate(now, self.pairs.iter().map(|(then, now)| (now.as_str(), then.as_str())))
    }

    /// A value of the script with the names of now.
    pub fn value_now(&self, value: &Value) -> Value {
        walk(value, &|text| self.now(text))
    }

    /// A value for the script, with the names of then.
    pub fn value_then(&self, value: &Value) -> Value {
        walk(value, &|text| self.then(text))
    }

    /// Arguments with the names of now.
    pub fn args_now(&self, args: &Map) -> Map {
        args.iter().map(|(name, value)| (name.clone(), self.value_now(value))).collect()
    }

    /// Facts or effects with the names of now.
    pub fn data_now<T: Serialize + DeserializeOwned + Clone>(&self, data: &T) -> T {
        self.data(data, &|text| self.now(text))
    }

    /// Facts or effects with the names of then.
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
        // Only texts have been replaced by texts.
        serde_json::from_value(moved).unwrap_or_else(|_| data.clone())
    }
}

/// Facts of the journal, the later ones last.
fn made(transcript: &Transcript) -> impl Iterator<Item = &Fact> {
    transcript.records.iter().flat_map(|record| match record {
        Record::Done { facts, .. } => facts.as_slice(),
        Record::Begin { makes, .. } => makes.as_slice(),
        _ => &[],
    })
}

/// A partition that is found tells where its disk is.
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

/// The device that is this one beyond doubt.
fn by_identity<'a>(then: &Identity, machine: &'a Machine) -> Option<&'a Device> {
    let telling = then.hardware.is_some() || then.uuid.is_some();
    let same = |device: &&Device| {
        let now = machine.identity(device);
        telling && (now.size, &now.hardware, &now.uuid) == (then.size, &then.hardware, &then.uuid)
    };
    // Twins can't be told apart: the one that has the name is taken, as it would be in a new run.
    machine.find(&then.path).filter(|device| same(device)).or_else(|| only(machine, same))
}

fn only(machine: &Machine, like: impl Fn(&&Device) -> bool) -> Option<&Device> {
    let mut devices = machine.storage.devices.values().filter(|device| like(device));
    devices.next().filter(|_| devices.next().is_none())
}

/// Where a disk without a name of its own is, when another one has taken the name that it had: the only
/// such disk of its size that is nobody else. Nothing that the run may change is found in this way; the
/// whole machine is compared with its plan by it.
fn by_what_is_left(
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

/// What the run may change, and what it was given, has to be known for certain.
fn all_here(
    transcript: &Transcript,
    machine: &Machine,
    found: &BTreeMap<String, String>,
) -> Result<(), Box<MissingDevice>> {
    let head = transcript.head();
    let taken = |path: &str| found.iter().any(|(then, now)| now == path && then != path);
    let targets = head.effects.iter().filter_map(|bound| Some(&bound.target.as_ref()?.identity));
    let given = head.devices.iter().filter(|device| mentions(&head.params, &device.path));
    for then in targets.chain(given) {
        // What the run makes itself is not here at its beginning.
        let there = head.devices.iter().any(|device| device.path == then.path);
        if !there || found.contains_key(&then.path) {
            continue;
        }
        let now = machine.find(&then.path).map(|device| machine.identity(device));
        // Without a name of its own it is known by its size and place only.
        let silent = then.hardware.is_none() && then.uuid.is_none();
        let fits = now.as_ref().is_some_and(|now| {
            silent && now.size == then.size && now.hardware.is_none() && !taken(&then.path)
        });
        // A partition of the old table is gone once the disk has a new one.
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
    // A partition that did not exist when the names were compared.
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
