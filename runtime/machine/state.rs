//! What the model knows of each part: reading and writing it, and holding it against what was found.

use serde::de::MapAccess;
use serde::ser::SerializeMap;

use super::valid::Notes;
use super::{Differences, Machine, Scope};

/// The state of a part in the model of a machine.
pub(crate) trait PartState: Sized {
    /// Its keys in a machine file.
    const KEYS: &'static [&'static str] = &[];
    /// Those that every machine file has.
    const REQUIRED: &'static [&'static str] = &[];

    /// Reads the value of one of its keys.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        key: &'static str,
        from: &mut A,
    ) -> Result<(), A::Error>;

    /// Writes its keys.
    fn write<M: SerializeMap>(&self, to: &mut M) -> Result<(), M::Error>;

    /// Notes what can't be true together.
    fn check(_machine: &Machine, _notes: &mut Notes) {}

    /// Hides what tells whose machine it is; `new` rewrites names that people choose.
    fn anonymise(&mut self, _new: &dyn Fn(&str) -> String) {}

    /// Notes where a machine is not as it was predicted.
    fn compare(
        _predicted: &Machine,
        _found: &Machine,
        _scope: Option<&Scope>,
        _differences: &mut Differences,
    ) {
    }
}

/// A part of which the model knows nothing.
impl PartState for () {
    fn read<'de, A: MapAccess<'de>>(&mut self, _: &'static str, _: &mut A) -> Result<(), A::Error> {
        Ok(())
    }

    fn write<M: SerializeMap>(&self, _to: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}
