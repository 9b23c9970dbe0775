//! Removing signatures.

use crate::args;
use crate::error::Result;
use crate::machine::StorageFact;
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::primitives::{wipe, wipefs};
use crate::system::Step;
use crate::types::DevicePath;

args! {
    /// Removes every signature from a device: filesystems, LUKS, LVM, RAID, the partition table;
    /// on a disk from its partitions first, so that none of it is found again later. The data
    /// itself stays until something is written over it.
    ///
    /// Source: wipefs(8).
    ///
    /// ```
    /// disk::wipe("/dev/sda");
    /// ```
    "disk.wipe" => pub struct Wipe {
        /// The disk, partition or volume.
        pub device: DevicePath,
    }
}

impl Action for Wipe {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let device = cx.device(&self.device)?;
        let parts = cx.machine.partitions(&device.path);
        let mut steps: Vec<Step> = parts.iter().rev().filter_map(|part| wipe(part)).collect();
        steps.push(Step::Run(wipefs(&device.path)));
        Ok(Plan::steps(steps)
            .makes(StorageFact::Blank { device: device.path.clone() })
            .undo(Undo::Impossible("the signatures are gone")))
    }
}
