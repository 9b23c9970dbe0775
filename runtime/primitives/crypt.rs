//! Encryption without a header: what nobody can open again.

use crate::args;
use crate::error::{Exit, Result, Rule};
use crate::machine::{Kind, StorageFact};
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::system::{Cmd, Step, StorageStep};
use crate::types::{Cipher, DevicePath, KeyBits, MapName};

use super::wipe;

args! {
    /// Swaps to a device through a key that nobody knows: what was swapped out can't be read after
    /// the machine is off. Everything on the device is lost, at each start anew, and the machine
    /// can't hibernate. Returns the device that is swapped to, `/dev/mapper/NAME`.
    ///
    /// Source: cryptsetup-open(8), "PLAIN"; the kernel makes the key (urandom(4)). A device with a
    /// header of its own, LUKS for example, is nothing for this: the header would be gone.
    ///
    /// ```
    /// crypt::swap_on("/dev/sda1", "swap");
    /// ```
    "crypt.swap_on" => pub struct SwapOn {
        /// The partition or volume.
        pub device: DevicePath,
        /// The name below `/dev/mapper`.
        pub name: MapName,
        /// The cipher with its mode.
        pub cipher: Cipher = "aes-xts-plain64",
        /// Bits of the key; xts splits them in two halves.
        pub key_size: KeyBits = 512,
    }
}

/// A rule about such devices that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptRule {
    /// The name is taken.
    #[error("the name {name} is taken: it is open on {holder}")]
    NameTaken {
        /// The name.
        name: String,
        /// What it is open on.
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
            let ours = matches!(&taken.kind, Kind::Crypt { on } if *on == device.path);
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
        // All of it ends with the kernel that has the key; what lasts is noise.
        let (size, sector) = (device.size, device.sector);
        Ok(Plan::steps(steps)
            .makes(StorageFact::Blank { device: device.path.clone() })
            .makes(StorageFact::Opened { on: device.path.clone(), name, size, sector })
            .makes(StorageFact::Swapping { device: inside.clone(), on: Some(-2) })
            .undo(Undo::Release)
            .returns(inside))
    }
}
