//! Encryption with a random key and without a header (dm-crypt plain mode).

use crate::args;
use crate::error::{Exit, Result, Rule};
use crate::machine::{DeviceKind, StorageFact};
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::system::{Cmd, Step, StorageStep};
use crate::types::{Cipher, DevicePath, KeyBits, MapName};

use super::wipe;

args! {
    /// Activates encrypted swap with a random key and returns its device, `/dev/mapper/NAME`.
    ///
    /// All data on the device is lost, and the swapped data cannot be read after the machine is
    /// switched off. The key exists only until the mapping is closed, so hibernation does not work.
    /// Undo deactivates the swap area and closes the mapping; it does not restore the old data.
    ///
    /// Source: cryptsetup-open(8), "PLAIN"; the kernel generates the key (urandom(4)). Any header
    /// on the device, such as a LUKS header, is destroyed.
    ///
    /// ```
    /// crypt::swap_on("/dev/sda1", "swap");
    /// ```
    "crypt.swap_on" => pub struct SwapOn {
        /// The partition or volume.
        pub device: DevicePath,
        /// The name of the mapped device below `/dev/mapper`.
        pub name: MapName,
        /// The cipher and its mode, in the notation of cryptsetup(8).
        pub cipher: Cipher = "aes-xts-plain64",
        /// The size of the key in bits, a multiple of 64 from 128 to 1024; XTS mode splits the key
        /// in two.
        pub key_size: KeyBits = 512,
    }
}

/// A violated rule about encrypted swap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptRule {
    /// The name of the mapped device is in use.
    #[error("the name {name} is in use: it is open on {holder}")]
    NameTaken {
        /// The name.
        name: String,
        /// The device that is open under this name.
        holder: String,
    },
}

impl Rule for CryptRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NameTaken { name, .. } => {
                format!("choose another name, or close it: cryptsetup close {name}")
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NameTaken { .. } => Exit::Refused,
        }
    }
}

impl Action for SwapOn {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let device = cx.device(&self.device)?;
        let (name, inside) = (self.name.as_str().to_owned(), self.name.path());
        let bits = self.key_size.get();
        if let Some(taken) = cx.machine.find(&inside) {
            let ours = matches!(&taken.kind, DeviceKind::Crypt { on, .. } if *on == device.path);
            if ours && cx.machine.storage.swaps.contains_key(&inside) {
                let why = format!("{inside} on {} is active swap", device.path);
                return Ok(Plan::already(why).returns(inside));
            }
            let holder = cx.machine.parents(taken).join(" ");
            return Err(CryptRule::NameTaken { name, holder }.into());
        }
        let open = Cmd::tool("cryptsetup")
            .args(["open", "--batch-mode", "--type", "plain", "--cipher", self.cipher.as_str()])
            .args(["--key-size", &bits.to_string(), "--key-file", "/dev/urandom"])
            .args([device.path.as_str(), name.as_str()]);
        let mut steps: Vec<Step> = wipe(device).into_iter().collect();
        steps.push(Step::Run(open));
        steps.push(Step::Run(Cmd::tool("mkswap").arg(&inside)));
        steps.push(Step::Storage(StorageStep::SwapOn { device: inside.clone(), priority: None }));
        // The swap area is lost with the key when the kernel stops; the device then contains only
        // unreadable data.
        let (size, sector) = (device.size, device.sector);
        Ok(Plan::steps(steps)
            .makes(StorageFact::Blank { device: device.path.clone() })
            .makes(StorageFact::Opened {
                on: device.path.clone(),
                name,
                size,
                sector,
                header: None,
            })
            .makes(StorageFact::Swapping { device: inside.clone(), on: Some(-2) })
            .undo(Undo::Release)
            .returns(inside))
    }
}
