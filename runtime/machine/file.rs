//! Machine files: the keys of all parts are on one level.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parts::parts;
use super::state::PartState;
use super::{HostState, Machine};

/// The keys that belong to no part.
const NON_PART_KEYS: [&str; 2] = ["format", "host"];

struct File;

macro_rules! file {
    ($($module:ident $Part:ident,)*) => {
        /// Reads the value of a key of any part; returns `false` if no part has the key.
        fn read<'de, A: MapAccess<'de>>(
            machine: &mut Machine,
            key: &str,
            from: &mut A,
        ) -> Result<bool, A::Error> {
            $(
                if let Some(key) = known(&machine.$module, key) {
                    machine.$module.read(key, from)?;
                    return Ok(true);
                }
            )*
            Ok(false)
        }

        /// Returns all keys of a machine file, and the required ones.
        fn keys() -> (Vec<&'static str>, Vec<&'static str>) {
            let machine = Machine::empty();
            let (mut all, mut required) = (NON_PART_KEYS.to_vec(), NON_PART_KEYS.to_vec());
            $(
                let (keys, always) = keys_of(&machine.$module);
                all.extend(keys);
                required.extend(always);
            )*
            (all, required)
        }

        /// Removes from every part what identifies the owner of the machine.
        pub(super) fn anonymise(machine: &mut Machine, new: &dyn Fn(&str) -> String) {
            $(machine.$module.anonymise(new);)*
        }

        impl Serialize for Machine {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let mut map = to.serialize_map(None)?;
                map.serialize_entry("format", &self.format)?;
                map.serialize_entry("host", &self.host)?;
                $(self.$module.write(&mut map)?;)*
                map.end()
            }
        }
    };
}

parts!(file);

fn known<S: PartState>(_state: &S, key: &str) -> Option<&'static str> {
    S::KEYS.iter().find(|known| **known == key).copied()
}

fn keys_of<S: PartState>(_state: &S) -> (&'static [&'static str], &'static [&'static str]) {
    (S::KEYS, S::REQUIRED)
}

impl<'de> Deserialize<'de> for Machine {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(File)
    }
}

/// A valid key of a machine file.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let key = String::deserialize(from)?;
        let known = keys().0;
        if known.contains(&key.as_str()) {
            return Ok(Self(key));
        }
        let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
        let known = known.join(", ");
        Err(Error::custom(format!("unknown field `{key}`, expected one of {known}")))
    }
}

impl<'de> Visitor<'de> for File {
    type Value = Machine;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Machine")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Machine, A::Error> {
        let mut machine = Machine::empty();
        let mut seen: Vec<String> = Vec::new();
        while let Some(Key(key)) = from.next_key()? {
            if seen.contains(&key) {
                return Err(Error::custom(format!("duplicate field `{key}`")));
            }
            match key.as_str() {
                "format" => machine.format = from.next_value()?,
                "host" => machine.host = from.next_value::<HostState>()?,
                part => drop(read(&mut machine, part, &mut from)?),
            }
            seen.push(key);
        }
        match keys().1.into_iter().find(|required| !seen.iter().any(|key| key == required)) {
            Some(missing) => Err(Error::missing_field(missing)),
            None => Ok(machine),
        }
    }
}
