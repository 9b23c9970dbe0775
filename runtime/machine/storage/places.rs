//! The places of facts about storage, and the same facts at the places that their names lead to.

use std::path::Path;

use super::{MountOrigin, StorageFact};
use crate::machine::files::{FileError, Files};
use crate::types::Place;

impl StorageFact {
    pub(super) fn lead_places(&mut self, files: &dyn Files) -> Result<(), FileError> {
        match self {
            Self::Mounted { at, origin, .. } => {
                lead_origin(origin, files)?;
                lead_path(at, files)
            }
            Self::Swapping { device, .. } => lead_swap(device, files),
            _ => Ok(()),
        }
    }
}

fn lead_path(path: &mut String, files: &dyn Files) -> Result<(), FileError> {
    let place = files.reach(&Place::here(&*path), true)?.place;
    *path = place.to_string();
    Ok(())
}

fn lead_origin(origin: &mut MountOrigin, files: &dyn Files) -> Result<(), FileError> {
    match origin {
        MountOrigin::Bind { from, .. } => lead_path(from, files),
        MountOrigin::Device { .. } | MountOrigin::Pseudo { .. } => Ok(()),
    }
}

/// A swap file has a path like any other; the names of devices are the model's.
fn lead_swap(area: &mut String, files: &dyn Files) -> Result<(), FileError> {
    if Path::new(area).starts_with("/dev") { Ok(()) } else { lead_path(area, files) }
}
