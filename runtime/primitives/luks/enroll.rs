//! Security chips and tokens that unlock a container.

use super::keys::{free_slot, with_slots};
use super::{LuksRule, Unlock, container, reads};
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::system::{Cmd, Step};
use crate::types::{AbsPath, Choice, DevicePath, LuksVersion, PcrList, Secret, TokenDevice};

args! {
    /// Enrolls the TPM2 chip of this machine, or a FIDO2 token, as a further key of a LUKS2
    /// container, and returns the number of its key slot.
    ///
    /// Requires an existing key (`key` or `passphrase`), which stays: a chip or a token can be lost.
    /// systemd unlocks the container with it at boot, where `tpm2-device=auto` or
    /// `fido2-device=auto` is among the options of the container: in `crypttab.set`, and for the
    /// root in `boot.cmdline`. The key is sealed to the chip and to the values of its registers (PCR)
    /// at this moment; register 7 changes with Secure Boot and its keys, so that a passphrase is
    /// requested then. Without a PIN, the chip unlocks the container for anyone who switches the
    /// machine on. A FIDO2 token has to be touched, now and at every boot. Undo removes the key.
    ///
    /// The passphrase is passed to systemd-cryptenroll in its environment, which only root can read.
    ///
    /// Source: systemd-cryptenroll(1), crypttab(5).
    ///
    /// ```
    /// luks::enroll("/dev/sda3", "tpm2", #{ key: "/mnt/key/keyfile.bin" });
    /// ```
    "luks.enroll" => pub struct Enroll {
        /// The container.
        pub device: DevicePath,
        /// The kind of the chip or token.
        pub token: Token,
        /// The path of a key file that unlocks the container now.
        pub key: Option<AbsPath>,
        /// A passphrase that unlocks the container now, from a parameter of type `secret`.
        pub passphrase: Option<Secret>,
        /// The registers of the chip that the key is sealed to, joined by `+`; for `tpm2` only.
        pub pcrs: PcrList = "7",
        /// The device, if there are several: a path, or for `tpm2` a driver of tpm2-tss and its
        /// argument, such as `swtpm:path=/run/swtpm`.
        pub hardware: TokenDevice = "auto",
    }
}

/// A kind of hardware that unlocks a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// The security chip of the machine.
    Tpm2,
    /// A security token that is plugged in.
    Fido2,
}

impl Choice for Token {
    const NAME: &'static str = "token";
    const WORDS: &'static [&'static str] = &["tpm2", "fido2"];
    const ALL: &'static [Self] = &[Self::Tpm2, Self::Fido2];
}

impl Token {
    /// Returns the option of crypttab(5) with which systemd uses it.
    pub(in crate::primitives) fn option(self) -> &'static str {
        match self {
            Self::Tpm2 => "tpm2-device=auto",
            Self::Fido2 => "fido2-device=auto",
        }
    }
}

impl Enroll {
    /// Returns the command, without the device.
    fn command(&self, unlock: &Unlock<'_>) -> Cmd {
        let cmd = Cmd::tool("systemd-cryptenroll");
        let cmd = match unlock {
            Unlock::Key(path) => cmd.arg(format!("--unlock-key-file={path}")),
            Unlock::Passphrase(secret) => cmd.secret_variable("PASSWORD", (*secret).clone()),
        };
        match self.token {
            Token::Tpm2 => cmd
                .arg(format!("--tpm2-device={}", self.hardware))
                .arg(format!("--tpm2-pcrs={}", self.pcrs)),
            // The PIN would be requested on a terminal.
            Token::Fido2 => cmd
                .arg(format!("--fido2-device={}", self.hardware))
                .arg("--fido2-with-client-pin=no"),
        }
    }
}

impl Action for Enroll {
    type Output = u32;

    fn effects(&self) -> Vec<Effect> {
        let alters = StorageEffect::Alters { device: self.device.to_string() };
        [Effect::Storage(alters)].into_iter().chain(reads([self.key.as_ref()])).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<u32>> {
        let found = container(&self.device, cx)?;
        let device = found.device.path.clone();
        let unlock =
            Unlock::choose(self.key.as_ref(), self.passphrase.as_ref(), ("key", "passphrase"))?;
        unlock.check(cx)?;
        if found.version == LuksVersion::Luks1 {
            return Err(LuksRule::NoTokens { device }.into());
        }
        let slot = free_slot(&device, found.slots, None, found.version)?;
        let mut slots = found.slots.to_vec();
        slots.push(slot);
        slots.sort_unstable();
        let wipe = Cmd::tool("systemd-cryptenroll").args([&format!("--wipe-slot={slot}"), &device]);
        Ok(Plan::run(self.command(&unlock).arg(&device))
            .makes(with_slots(&found, slots, None))
            .undo(Undo::Steps(vec![Step::Run(wipe)]))
            .hint(match self.token {
                Token::Tpm2 => {
                    "check that the chip is on in the firmware, and that /dev/tpmrm0 exists"
                }
                Token::Fido2 => "plug in the token, and touch it when it blinks",
            })
            .returns(slot))
    }
}
