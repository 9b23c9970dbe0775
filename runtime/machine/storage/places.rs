//! Requirements of steps on storage, and resolution of symbolic links in steps and facts.

use std::path::Path;

use super::{MountOrigin, StorageFact, StorageStep};
use crate::machine::files::{FileError, Files};
use crate::machine::step::PartStep;
use crate::types::Place;

impl PartStep for StorageStep {
    fn needs_root(&self) -> bool {
        match self {
            Self::Mount(_)
            | Self::Unmount { .. }
            | Self::SwapOn { .. }
            | Self::SwapOff { .. }
            | Self::FillRandom { .. } => true,
            Self::Claim { .. } | Self::WaitFor { .. } => false,
        }
    }

    fn devices(&self) -> Vec<&str> {
        match self {
            Self::Mount(call) => match &call.origin {
                MountOrigin::Device { device, .. } => vec![device],
                MountOrigin::Pseudo { .. } | MountOrigin::Bind { .. } => Vec::new(),
            },
            Self::SwapOn { device, .. } | Self::FillRandom { device, .. } => vec![device],
            _ => Vec::new(),
        }
    }

    fn follow_links(&mut self, files: &dyn Files) -> Result<(), FileError> {
        match self {
            Self::Mount(call) => {
                resolve_origin(&mut call.origin, files)?;
                resolve_path(&mut call.at, files)
            }
            Self::SwapOn { device, .. } | Self::SwapOff { device } => {
                resolve_swap_path(device, files)
            }
            // These steps name devices, or mount points as listed by the kernel.
            Self::Unmount { .. }
            | Self::Claim { .. }
            | Self::FillRandom { .. }
            | Self::WaitFor { .. } => Ok(()),
        }
    }
}

impl StorageFact {
    pub(super) fn resolve_paths(&mut self, files: &dyn Files) -> Result<(), FileError> {
        match self {
            Self::Mounted { at, origin, .. } => {
                resolve_origin(origin, files)?;
                resolve_path(at, files)
            }
            Self::Swapping { device, .. } => resolve_swap_path(device, files),
            _ => Ok(()),
        }
    }
}

fn resolve_path(path: &mut String, files: &dyn Files) -> Result<(), FileError> {
    let place = files.resolve_place(&Place::here(&*path), true)?.place;
    *path = place.to_string();
    Ok(())
}

fn resolve_origin(origin: &mut MountOrigin, files: &dyn Files) -> Result<(), FileError> {
    match origin {
        MountOrigin::Bind { from, .. } => resolve_path(from, files),
        MountOrigin::Device { .. } | MountOrigin::Pseudo { .. } => Ok(()),
    }
}

/// Resolves the path of a swap file. Device paths are already canonical.
fn resolve_swap_path(area: &mut String, files: &dyn Files) -> Result<(), FileError> {
    if Path::new(area).starts_with("/dev") { Ok(()) } else { resolve_path(area, files) }
}
