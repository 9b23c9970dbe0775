//! What facts about files mean to the rest of the program.

use super::{FileError, Files, FilesFact, FilesRelease};
use crate::machine::fact::{PartFact, PartRelease};
use crate::machine::{Contradiction, Fact, Machine, Release, Step};
use crate::types::Place;

impl PartFact for FilesFact {
    fn subject(&self) -> Option<String> {
        Some(match self {
            Self::File { place, .. }
            | Self::HeaderSaved { place, .. }
            | Self::Dir { place }
            | Self::Subvolume { place }
            | Self::Link { place, .. }
            | Self::Absent { place } => format!("file {place}"),
            Self::Mode { place, .. } => format!("mode of {place}"),
            Self::Owned { place, .. } => format!("owner of {place}"),
        })
    }

    fn holds(&self, _machine: &Machine, files: &dyn Files) -> Option<bool> {
        self.holds_for(files)
    }

    /// Saves the header in the model. Files themselves are not part of the model; [`Files`] reads
    /// them.
    fn learn(&self, machine: &mut Machine) -> Result<(), Contradiction> {
        if let Self::HeaderSaved { place, content } = self {
            machine.save_header(place.to_string(), content.clone());
        }
        Ok(())
    }

    fn follow_links(&mut self, files: &dyn Files) -> Result<(), FileError> {
        let follow = matches!(self, Self::Dir { .. });
        let place = self.at_mut();
        *place = files.resolve_place(place, follow)?.place;
        Ok(())
    }

    fn place(&self) -> Option<&Place> {
        match self {
            Self::File { place, .. }
            | Self::HeaderSaved { place, .. }
            | Self::Dir { place }
            | Self::Subvolume { place }
            | Self::Link { place, .. } => Some(place),
            Self::Absent { .. } | Self::Mode { .. } | Self::Owned { .. } => None,
        }
    }
}

impl PartRelease for FilesRelease {
    fn resulting_fact(&self) -> Fact {
        match *self {}
    }

    fn step(&self, _machine: &Machine) -> Step {
        match *self {}
    }

    fn pending(&self, _machine: &Machine) -> Vec<Release> {
        match *self {}
    }
}
