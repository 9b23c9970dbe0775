//! Making a container.

use super::{LuksRule, Unlock};
use crate::args;
use crate::error::Result;
use crate::machine::{Content, StorageFact};
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::primitives::key::not_on_the_same_disk;
use crate::primitives::{may_stay, wipe};
use crate::system::{Cmd, Step};
use crate::types::{
    AbsPath, Choice, Cipher, DevicePath, KdfKind, KeyBits, LuksVersion, MIB, Secret, Size,
};

args! {
    /// How a key is derived from what a person types or a file contains. What is left out,
    /// cryptsetup measures on this machine.
    pub struct Kdf {
        /// The function.
        pub kind: Option<KdfKind>,
        /// How much memory each try costs (argon2).
        pub memory: Option<Size>,
        /// How many passes each try costs, instead of a measured time.
        pub iterations: Option<u32>,
    }
}

args! {
    /// Makes a LUKS container; everything on the device is lost. Returns the container's UUID.
    ///
    /// Give a key file *or* a passphrase; more keys are added with `luks.add_key`. The key file must
    /// not be empty, readable by others, or on the disk that it opens.
    ///
    /// Source: cryptsetup-luksFormat(8); guide ER, "Create And Mount The Encrypted Partition". The
    /// guide's `aes-xts-plain` repeats its numbering after 2 TiB: `aes-xts-plain64` is the default.
    ///
    /// ```
    /// luks::format("/dev/sda2", #{ key: "/mnt/key/keyfile.bin" });
    /// luks::format("/dev/sda2", #{ key: "/mnt/key/keyfile.bin", version: "luks1" });
    /// luks::format("/dev/sda2", #{
    ///     key: "/mnt/key/keyfile.bin",
    ///     kdf: #{ kind: "argon2id", memory: "32M", iterations: 4 },
    /// });
    /// ```
    "luks.format" => pub struct Format {
        /// The partition or other device.
        pub device: DevicePath,
        /// A key file.
        pub key: Option<AbsPath>,
        /// A passphrase, from a parameter of type `secret`.
        pub passphrase: Option<Secret>,
        /// The format of the header.
        pub version: LuksVersion = "luks2",
        /// The cipher with its mode.
        pub cipher: Cipher = "aes-xts-plain64",
        /// Bits of the volume key; xts splits them in two halves.
        pub key_size: KeyBits = 512,
        /// How keys are derived; argon2id on LUKS2 and pbkdf2 on LUKS1 by default.
        pub kdf: Option<Kdf>,
        /// Whether to leave a container alone, with all that is in it, where one of this version
        /// and cipher is there already. Whether the key opens it shows when it is opened.
        pub keep: bool = false,
    }
}

/// Where `aes-xts-plain` begins to repeat itself: 2^32 sectors.
const PLAIN_LIMIT: u64 = (1 << 32) * 512;

/// Where the data begins. We choose it, so that the plan knows the size of the inside.
pub(super) const fn offset(version: LuksVersion) -> u64 {
    match version {
        LuksVersion::Luks1 => 2 * MIB,
        LuksVersion::Luks2 => 16 * MIB,
    }
}

impl Format {
    fn command(&self, device: &str, uuid: &str) -> Result<Cmd> {
        let cmd = Cmd::tool("cryptsetup")
            .args(["luksFormat", "--batch-mode", "--type", self.version.word()])
            .args(["--cipher", self.cipher.as_str(), "--key-size"])
            .arg(self.key_size.get().to_string())
            .args(["--uuid", uuid, "--offset", &(offset(self.version) / 512).to_string()]);
        let cmd = derive(cmd, self.kdf.as_ref(), self.version)?;
        Ok(cmd.arg(device))
    }
}

/// Adds the options for the key derivation.
pub(super) fn derive(cmd: Cmd, kdf: Option<&Kdf>, version: LuksVersion) -> Result<Cmd> {
    let kind = kdf.and_then(|kdf| kdf.kind);
    if version == LuksVersion::Luks1 && kind.is_some_and(|kind| kind != KdfKind::Pbkdf2) {
        return Err(LuksRule::NoArgon.into());
    }
    let default = (version == LuksVersion::Luks2).then_some(KdfKind::Argon2id);
    let kind = kind.or(default);
    let memory = kdf.and_then(|kdf| kdf.memory).filter(|_| kind != Some(KdfKind::Pbkdf2));
    Ok(cmd
        .option("--pbkdf", kind.map(Choice::word))
        .option("--pbkdf-memory", memory.map(|size| size.get() / 1024))
        .option("--pbkdf-force-iterations", kdf.and_then(|kdf| kdf.iterations)))
}

impl Action for Format {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let device = cx.device(&self.device)?;
        let unlock =
            Unlock::choose(self.key.as_ref(), self.passphrase.as_ref(), ("key", "passphrase"))?;
        if self.keep
            && let Some(Content::Luks { version, uuid, cipher, .. }) = &device.content
            && (*version, cipher.as_str()) == (self.version, self.cipher.as_str())
        {
            let why = format!("{} is a LUKS container with {cipher}", device.path);
            return Ok(Plan::already(why).returns(uuid.clone()));
        }
        unlock.check(cx)?;
        if let Unlock::Key(key) = unlock {
            not_on_the_same_disk(key, &device.path, cx)?;
        }
        if device.size <= offset(self.version) {
            return Err(LuksRule::TooSmall {
                device: device.path.clone(),
                size: Size::bytes(device.size),
                header: Size::bytes(offset(self.version)),
            }
            .into());
        }
        let plain = self.cipher.ends_with("-plain") && device.size >= PLAIN_LIMIT;
        let warning = plain.then(|| {
            format!(
                "{} has {}: {} repeats its numbering after 2 TiB, use aes-xts-plain64",
                device.path,
                Size::bytes(device.size),
                self.cipher
            )
        });
        let uuid = cx.uuid();
        let format = unlock.give_to(self.command(&device.path, &uuid)?);
        let mut steps: Vec<Step> = wipe(device).into_iter().collect();
        steps.push(Step::Run(format));
        Ok(Plan::steps(steps)
            .makes(StorageFact::Holds {
                device: device.path.clone(),
                content: Content::Luks {
                    version: self.version,
                    uuid: uuid.clone(),
                    offset: offset(self.version),
                    slots: vec![0],
                    cipher: self.cipher.to_string(),
                },
            })
            .warn(warning)
            .warn(may_stay(device, self.keep))
            .undo(Undo::Impossible("the old data can't be told from the new header's room"))
            .returns(uuid))
    }
}
