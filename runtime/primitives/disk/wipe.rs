//! Erasing signatures.

use crate::args;
use crate::error::Result;
use crate::machine::StorageFact;
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::primitives::{wipe, wipefs};
use crate::system::Step;
use crate::types::DevicePath;

args! {
    /// Erases all signatures from a device: filesystems, LUKS, LVM, RAID and the partition table.
    ///
    /// On a disk, the signatures of its partitions are erased first, so that they are not detected
    /// again when new partitions are created at the same positions. The data itself remains on the
    /// device until it is overwritten, but the erased signatures are not saved: this cannot be
    /// undone.
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
            .undo(Undo::Impossible("the erased signatures are not kept")))
    }
}
