//! Overwriting devices with random data, which hides how much of an encrypted disk is in use.

use crate::args;
use crate::error::Result;
use crate::machine::StorageFact;
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::primitives::wipe;
use crate::system::{Step, StorageStep};
use crate::types::{DevicePath, Size};

args! {
    /// Overwrites a whole device with random data.
    ///
    /// All data on the device is lost; this cannot be undone. The old data cannot be recovered, and
    /// data that is encrypted on the device later is indistinguishable from unused space. Ctrl-C
    /// interrupts the action at any time and leaves the device partly overwritten.
    ///
    /// Source: guide ER, "Populate $ROOT_DEV With Random Data"; the random data is AES-256 in
    /// counter mode with a disposable key.
    ///
    /// ```
    /// disk::fill_random("/dev/sda2");
    /// ```
    "disk.fill_random" => pub struct FillRandom {
        /// The disk, partition or volume.
        pub device: DevicePath,
    }
}

impl Action for FillRandom {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let device = cx.device(&self.device)?;
        // The kernel drops the partitions when the table is wiped, but not when it is overwritten.
        let mut steps: Vec<Step> = wipe(device).into_iter().collect();
        let size = Size::bytes(device.size);
        steps.push(Step::Storage(StorageStep::FillRandom { device: device.path.clone(), size }));
        Ok(Plan::steps(steps)
            .makes(StorageFact::Blank { device: device.path.clone() })
            .undo(Undo::Impossible("the old data is overwritten")))
    }
}
