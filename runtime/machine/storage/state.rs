//! Storage in machine files.

use serde::de::MapAccess;
use serde::ser::SerializeMap;

use super::Storage;
use super::compare::compare;
use crate::machine::state::PartState;
use crate::machine::valid::{Problems, Unique};
use crate::machine::{Device, Differences, Machine, Scope};

impl Machine {
    /// Adds a device under its path.
    pub fn insert(&mut self, device: Device) {
        self.storage.devices.insert(device.path.clone(), device);
    }
}

impl PartState for Storage {
    const KEYS: &'static [&'static str] = &["devices", "aliases", "groups", "mounts", "swaps"];
    const REQUIRED: &'static [&'static str] = &["devices"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        key: &'static str,
        from: &mut A,
    ) -> Result<(), A::Error> {
        match key {
            "devices" => self.devices = from.next_value::<Unique<_>>()?.0,
            "aliases" => self.aliases = from.next_value::<Unique<_>>()?.0,
            "groups" => self.groups = from.next_value::<Unique<_>>()?.0,
            "mounts" => self.mounts = from.next_value()?,
            _ => self.swaps = from.next_value::<Unique<_>>()?.0,
        }
        Ok(())
    }

    fn write<M: SerializeMap>(&self, to: &mut M) -> Result<(), M::Error> {
        to.serialize_entry("devices", &self.devices)?;
        if !self.aliases.is_empty() {
            to.serialize_entry("aliases", &self.aliases)?;
        }
        if !self.groups.is_empty() {
            to.serialize_entry("groups", &self.groups)?;
        }
        if !self.mounts.is_empty() {
            to.serialize_entry("mounts", &self.mounts)?;
        }
        if !self.swaps.is_empty() {
            to.serialize_entry("swaps", &self.swaps)?;
        }
        Ok(())
    }

    fn check(machine: &Machine, notes: &mut Problems) {
        machine.check_storage(notes);
    }

    fn compare(
        predicted: &Machine,
        found: &Machine,
        scope: Option<&Scope>,
        differences: &mut Differences,
    ) {
        compare(predicted, found, scope.map(|scope| &scope.storage), differences);
    }
}
