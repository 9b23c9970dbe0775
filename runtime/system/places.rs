//! The places of a step: which it changes, and the same step at the places that their names lead to.

use std::path::Path;

use super::{Cmd, Program, Step};
use crate::machine::MountOrigin;
use crate::machine::files::{FileError, Files};
use crate::types::Place;

/// What a step does with the last component of a path that is a symbolic link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// It goes where the link leads.
    Followed,
    /// It is about the link itself.
    Itself,
}

impl Step {
    /// The place that it makes, changes or removes, and whether a link there is followed.
    pub fn written(&self) -> Option<(&Place, bool)> {
        match self {
            Self::MakeDir { place, .. } | Self::Unpack { into: place, .. } => Some((place, true)),
            Self::Write { place, .. }
            | Self::Copy { to: place, .. }
            | Self::CopyTree { to: place, .. }
            | Self::Link { place, .. }
            | Self::Remove { place }
            | Self::Chmod { place, .. }
            | Self::Chown { place, .. }
            | Self::MakeKey { place, .. }
            | Self::Keep { place, .. }
            | Self::SaveHeader { place, .. }
            | Self::MakeImage { place, .. }
            | Self::Allocate { place, .. } => Some((place, false)),
            Self::Run(_)
            | Self::Mount(_)
            | Self::Unmount { .. }
            | Self::SwapOn { .. }
            | Self::SwapOff { .. }
            | Self::Claim { .. }
            | Self::Settle { .. }
            | Self::FillRandom { .. }
            | Self::Verify { .. }
            | Self::WaitFor { .. } => None,
        }
    }

    /// The devices that it names, by what looks like one in its command.
    pub fn devices(&self) -> Vec<&str> {
        match self {
            Self::Run(cmd) | Self::Keep { cmd, .. } | Self::SaveHeader { cmd, .. } => {
                match cmd.program {
                    Program::Tool(_) => cmd.args.iter().filter_map(|arg| device_in(arg)).collect(),
                    // What a program sees in a root has names of its own.
                    Program::Inside { .. } => Vec::new(),
                }
            }
            Self::Mount(call) => match &call.origin {
                MountOrigin::Device { device, .. } => vec![device],
                MountOrigin::Pseudo { .. } | MountOrigin::Bind { .. } => Vec::new(),
            },
            Self::SwapOn { device, .. } | Self::FillRandom { device, .. } => vec![device],
            _ => Vec::new(),
        }
    }

    /// Replaces its paths by those without symbolic links.
    pub fn lead(&mut self, files: &dyn Files) -> Result<(), FileError> {
        use Last::{Followed, Itself};
        match self {
            Self::Run(cmd) => lead_cmd(cmd, files),
            Self::Keep { cmd, place } | Self::SaveHeader { cmd, place, .. } => {
                lead_cmd(cmd, files)?;
                lead(place, Itself, files)
            }
            Self::MakeDir { place, .. } => lead(place, Followed, files),
            Self::Copy { from, to, .. } | Self::CopyTree { from, to } => {
                lead(from, Followed, files)?;
                lead(to, Itself, files)
            }
            Self::Unpack { archive, into } => {
                lead(archive, Followed, files)?;
                lead(into, Followed, files)
            }
            Self::Write { place, .. }
            | Self::Link { place, .. }
            | Self::Remove { place }
            | Self::Chmod { place, .. }
            | Self::Chown { place, .. }
            | Self::MakeKey { place, .. }
            | Self::MakeImage { place, .. }
            | Self::Allocate { place, .. } => lead(place, Itself, files),
            Self::Mount(call) => {
                lead_origin(&mut call.origin, files)?;
                lead_path(&mut call.at, files)
            }
            Self::SwapOn { device, .. } | Self::SwapOff { device } => lead_swap(device, files),
            // The places of these are what is mounted already, or devices.
            Self::Unmount { .. }
            | Self::Claim { .. }
            | Self::Settle { .. }
            | Self::FillRandom { .. }
            | Self::Verify { .. }
            | Self::WaitFor { .. } => Ok(()),
        }
    }
}

/// The device of an argument: the word itself, or what follows an equals sign.
fn device_in(arg: &str) -> Option<&str> {
    let word = arg.split_once('=').map_or(arg, |(_, value)| value);
    word.starts_with("/dev/").then_some(word)
}

fn lead(place: &mut Place, last: Last, files: &dyn Files) -> Result<(), FileError> {
    *place = files.reach(place, last == Last::Followed)?.place;
    Ok(())
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

fn lead_cmd(cmd: &mut Cmd, files: &dyn Files) -> Result<(), FileError> {
    if let Program::Inside { root, .. } = &mut cmd.program {
        *root = files.reach(&Place::here(&*root), true)?.place.outside();
    }
    Ok(())
}
