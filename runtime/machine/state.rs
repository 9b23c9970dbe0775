//! The state of a part in the model: machine files and comparison.

use serde::de::MapAccess;
use serde::ser::SerializeMap;

use super::valid::Problems;
use super::{Differences, Machine, Release, Scope};

/// The state of a part in the model of a machine.
pub(crate) trait PartState: Sized {
    /// The keys of the part in a machine file.
    const KEYS: &'static [&'static str] = &[];
    /// The keys that every machine file must have.
    const REQUIRED: &'static [&'static str] = &[];

    /// Reads the value of one of the keys.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        key: &'static str,
        from: &mut A,
    ) -> Result<(), A::Error>;

    /// Writes the keys and their values.
    fn write<M: SerializeMap>(&self, to: &mut M) -> Result<(), M::Error>;

    /// Adds a note for each contradiction in the machine.
    fn check(_machine: &Machine, _notes: &mut Problems) {}

    /// Removes what identifies the owner of the machine; `new` replaces user-chosen names.
    fn anonymise(&mut self, _new: &dyn Fn(&str) -> String) {}

    /// Returns the items in the scope: all that [`Self::compare`] reads of the predicted state.
    fn excerpt(&self, _scope: &Scope) -> Self
    where
        Self: Clone,
    {
        self.clone()
    }

    /// Adds a difference for each item that is not as predicted.
    fn compare(
        _predicted: &Machine,
        _found: &Machine,
        _scope: Option<&Scope>,
        _differences: &mut Differences,
    ) {
    }

    /// Replaces releases by fewer ones that do the same; see [`joined_releases`](super::joined_releases).
    fn join(&self, releases: Vec<Release>) -> Vec<Release> {
        releases
    }

    /// Describes the items of the part that a drawing of the storage does not show, one on each line.
    fn list(_machine: &Machine, _before: &Machine) -> Vec<String> {
        Vec::new()
    }
}

/// The state of a part that the model does not represent.
impl PartState for () {
    fn read<'de, A: MapAccess<'de>>(&mut self, _: &'static str, _: &mut A) -> Result<(), A::Error> {
        Ok(())
    }

    fn write<M: SerializeMap>(&self, _to: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}
