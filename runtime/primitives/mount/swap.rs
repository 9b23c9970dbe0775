//! Activating and deactivating swap areas.

use super::MountRule;
use crate::args;
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::machine::{Content, Release, StorageFact, StorageRelease, is_below};
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, StorageEffect, Undo};
use crate::primitives::contents::{Contents, contents};
use crate::primitives::fs::has_swap_signature;
use crate::system::StorageStep;
use crate::types::{AbsPath, DevicePath, Place, SwapPriority};

args! {
    /// Activates a swap area on a device or in a file.
    ///
    /// Undo deactivates it.
    ///
    /// Source: swapon(2); guide ER. Swap areas are created by `fs.swap` and `fs.swap_file`.
    ///
    /// ```
    /// fs::swap("/dev/sda1");
    /// mount::swap_on("/dev/sda1", #{ priority: 10 });
    /// ```
    "mount.swap_on" => pub struct SwapOn {
        /// The swap area: a device or a file.
        pub device: AbsPath,
        /// The priority, from 0 to 32767; areas with a higher priority are used first. By default,
        /// the kernel chooses.
        pub priority: Option<SwapPriority>,
    }
}

args! {
    /// Deactivates a swap area on a device or in a file.
    ///
    /// Source: swapoff(2).
    ///
    /// ```
    /// mount::swap_off("/dev/sda1");
    /// ```
    "mount.swap_off" => pub struct SwapOff {
        /// The swap area: a device or a file.
        pub device: AbsPath,
    }
}

/// Returns the canonical path of a swap device, or the path of a swap file.
fn swap_area(area: &AbsPath, cx: &Planning<'_>) -> Result<String> {
    let path = area.to_string();
    if !is_below(&path, "/dev") {
        let place = Place::new(area, None);
        return match cx.look(&place)? {
            FileStatus::File { .. } if has_swap_signature(&place, cx)? != Some(false) => Ok(path),
            FileStatus::Unknown(_) => Ok(path),
            _ => Err(MountRule::NotSwap { device: path, found: None }.into()),
        };
    }
    let device = cx.device(&DevicePath::assume_valid(path))?;
    let found = match contents(device)? {
        Contents::Known(Content::Swap { .. }) | Contents::AtRunTime => {
            return Ok(device.path.clone());
        }
        Contents::Known(other) => Some(other.to_string()),
        Contents::Blank => None,
    };
    Err(MountRule::NotSwap { device: device.path.clone(), found }.into())
}

impl Action for SwapOn {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::SwapsTo { area: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let path = swap_area(&self.device, cx)?;
        let priority = self.priority.and_then(|priority| u16::try_from(priority.get()).ok());
        Ok(Plan::step(StorageStep::SwapOn { device: path.clone(), priority })
            .makes(StorageFact::Swapping { device: path, on: Some(priority.map_or(-2, i32::from)) })
            .undo(Undo::Release))
    }
}

impl Action for SwapOff {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let device = self.device.to_string();
        vec![Effect::Program(ProgramEffect::Ends {
            what: Release::Storage(StorageRelease::SwapOff { device }).to_string(),
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let device = self.device.to_string();
        let device = cx.machine.find(&device).map_or(device, |found| found.path.clone());
        Ok(Plan::step(StorageStep::SwapOff { device: device.clone() })
            .makes(StorageFact::Swapping { device, on: None }))
    }
}
