//! Physical volumes.

use super::{LvmRule, lvm};
use crate::args;
use crate::error::Result;
use crate::machine::{Content, StorageFact};
use crate::operation::{Action, Effect, Ids, Plan, Planning, StorageEffect, Undo};
use crate::primitives::{unknown_contents_warning, wipe};
use crate::system::Step;
use crate::types::{DevicePath, MIB, Size};

args! {
    /// Creates an LVM physical volume and returns the path of the device, for `lvm.vg_create`.
    ///
    /// All data on the device is lost; this cannot be undone. The device must have at least 2 MiB.
    ///
    /// Source: pvcreate(8); guide ER, "Use LVM".
    ///
    /// ```
    /// let pv = lvm::pv_create("/dev/sda2");
    /// lvm::vg_create("vg", [pv]);
    /// ```
    "lvm.pv_create" => pub struct PvCreate {
        /// The partition, or the mapped device of a LUKS container.
        pub device: DevicePath,
        /// Whether to keep an existing physical volume unchanged, with its logical volumes.
        pub keep: bool = false,
    }
}

/// The offset of the first extent; the LVM label and metadata precede it.
pub(super) const DATA_START: u64 = MIB;

/// Generates an LVM identifier: 32 letters and digits in groups of 6-4-4-4-4-4-6.
fn lvm_uuid(ids: &mut Ids) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut number = ids.uuid().as_u128() ^ ids.uuid().as_u128().rotate_left(64);
    let mut uuid = String::with_capacity(38);
    for (group, length) in [6, 4, 4, 4, 4, 4, 6].into_iter().enumerate() {
        if group > 0 {
            uuid.push('-');
            number ^= ids.uuid().as_u128();
        }
        for _ in 0..length {
            uuid.push(ALPHABET[(number % 62) as usize] as char);
            number /= 62;
        }
    }
    uuid
}

impl Action for PvCreate {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let device = cx.device(&self.device)?;
        if device.size < 2 * DATA_START {
            let (device, size) = (device.path.clone(), Size::bytes(device.size));
            return Err(LvmRule::TooSmall { device, size }.into());
        }
        let path = device.path.clone();
        if self.keep && matches!(device.content, Some(Content::Physical { .. })) {
            return Ok(Plan::already(format!("{path} is a physical volume")).returns(path));
        }
        let uuid = lvm_uuid(cx.ids);
        let mut steps: Vec<Step> = wipe(device).into_iter().collect();
        let create = lvm("pvcreate", cx)
            .args(["--yes", "--uuid", &uuid, "--norestorefile"])
            .arg(&device.path);
        steps.push(Step::Run(create));
        Ok(Plan::steps(steps)
            .makes(StorageFact::Holds { device: path.clone(), content: Content::Physical { uuid } })
            .warn(unknown_contents_warning(device, self.keep))
            .undo(Undo::Impossible("the old contents are overwritten"))
            .returns(path))
    }
}
