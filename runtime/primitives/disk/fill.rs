//! Random data, so that nobody sees how much of an encrypted disk is in use.

use crate::args;
use crate::error::Result;
use crate::machine::StorageFact;
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::primitives::wipe;
use crate::system::{Step, StorageStep};
use crate::types::{DevicePath, Size};

args! {
    /// Overwrites a whole device with random data, as fast as it can be written.
    ///
    /// What was on it before can't be read again, and what will be encrypted on it later can't be
    /// told from what was never written. Ctrl-C stops it at any time; the device is then partly
    /// overwritten.
    ///
    /// Source: guide ER, "Populate $ROOT_DEV With Random Data"; the key stream is AES-256 in counter
    /// mode with a throw-away key.
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
        // Wiping a table makes the kernel forget its partitions; overwriting it does not.
        let mut steps: Vec<Step> = wipe(device).into_iter().collect();
        let size = Size::bytes(device.size);
        steps.push(Step::Storage(StorageStep::FillRandom { device: device.path.clone(), size }));
        Ok(Plan::steps(steps)
            .makes(StorageFact::Blank { device: device.path.clone() })
            .undo(Undo::Impossible("the old data is overwritten")))
    }
}
