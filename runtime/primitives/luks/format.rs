//! Creating LUKS containers.

use super::{LuksRule, Unlock, reads};
use crate::args;
use crate::error::Result;
use crate::machine::{Content, Device, LuksDetails, StorageFact};
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::primitives::key::reject_key_on_same_disk;
use crate::primitives::{unknown_contents_warning, wipe};
use crate::system::{Cmd, Step};
use crate::types::{
    AbsPath, Choice, Cipher, DevicePath, KdfKind, KeyBits, LuksVersion, MIB, Secret, SectorSize,
    Size,
};

args! {
    /// Parameters of the key derivation function. cryptsetup benchmarks the machine for omitted
    /// values.
    pub struct Kdf {
        /// The key derivation function; LUKS1 supports only pbkdf2.
        pub kind: Option<KdfKind>,
        /// The memory cost (argon2 only; ignored for pbkdf2).
        pub memory: Option<Size>,
        /// The number of iterations, instead of a benchmarked time cost.
        pub iterations: Option<u32>,
    }
}

args! {
    /// Formats a device as a LUKS container and returns the UUID of the container.
    ///
    /// All data on the device is lost; this cannot be undone. The container stays closed: open it
    /// with `luks.open`.
    ///
    /// Requires either a key file or a passphrase; `luks.add_key` adds further keys. The key file
    /// must not be empty, readable by other users, or stored on the disk that it unlocks. The LUKS1
    /// header takes 2 MiB, the LUKS2 header 16 MiB.
    ///
    /// Source: cryptsetup-luksFormat(8); guide ER, "Create And Mount The Encrypted Partition". The
    /// guide's `aes-xts-plain` repeats its initialization vectors after 2 TiB, so the default is
    /// `aes-xts-plain64`.
    ///
    /// By itself, cryptsetup would choose sectors of 4096 bytes on most disks, although these
    /// disks, and other containers in the same volume group, have sectors of 512 bytes. With
    /// `sector: 4096`, a container is faster on a disk with physical sectors of this size.
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
        /// The partition, disk or volume to format.
        pub device: DevicePath,
        /// The path of a key file.
        pub key: Option<AbsPath>,
        /// A passphrase, from a parameter of type `secret`.
        pub passphrase: Option<Secret>,
        /// The version of the LUKS header.
        pub version: LuksVersion = "luks2",
        /// The cipher and its mode, in the notation of cryptsetup(8).
        pub cipher: Cipher = "aes-xts-plain64",
        /// The size of the volume key in bits, a multiple of 64 from 128 to 1024; XTS mode splits
        /// the key in two.
        pub key_size: KeyBits = 512,
        /// The key derivation function and its costs; the default function is argon2id for LUKS2
        /// and pbkdf2 for LUKS1.
        pub kdf: Option<Kdf>,
        /// The size of an encrypted sector in bytes: 512, 1024, 2048 or 4096; by default that of
        /// the device. LUKS2 only.
        pub sector: Option<SectorSize>,
        /// Whether to keep an existing container of the same version and cipher unchanged, with all
        /// its data. A container without key slots is not kept: formatting it was interrupted. The
        /// key is not tested: `luks.open` reports a key that does not fit.
        pub keep: bool = false,
    }
}

/// The size at which `aes-xts-plain` begins to repeat its initialization vectors: 2^32 sectors.
const PLAIN_LIMIT: u64 = (1 << 32) * 512;

/// Returns the data offset in bytes. It is fixed instead of left to cryptsetup, so that the plan
/// can compute the size of the mapped device.
pub(super) const fn offset(version: LuksVersion) -> u64 {
    match version {
        LuksVersion::Luks1 => 2 * MIB,
        LuksVersion::Luks2 => 16 * MIB,
    }
}

impl Format {
    /// Returns the UUID and the key slots of the container to keep.
    fn existing<'a>(&self, device: &'a Device) -> Option<(&'a str, &'a [u32])> {
        match &device.content {
            Some(Content::Luks { version, uuid, cipher, slots, .. })
                if self.keep && (*version, cipher.as_str()) == (self.version, &*self.cipher) =>
            {
                Some((uuid, slots))
            }
            _ => None,
        }
    }

    /// Returns the size of an encrypted sector in bytes.
    fn sector(&self, device: &Device) -> Result<u32> {
        let sector = match (self.sector, self.version) {
            (None, LuksVersion::Luks1) => 512,
            (None, LuksVersion::Luks2) => device.sector.min(SectorSize::MAX),
            (Some(sector), LuksVersion::Luks2) => sector.get(),
            (Some(sector), LuksVersion::Luks1) if sector.get() == 512 => 512,
            (Some(sector), LuksVersion::Luks1) => {
                return Err(LuksRule::NoSectorSize { sector: sector.get() }.into());
            }
        };
        if !device.size.is_multiple_of(u64::from(sector)) {
            let (device, size) = (device.path.clone(), device.size);
            return Err(LuksRule::PartOfASector { device, size, sector }.into());
        }
        Ok(sector)
    }

    fn command(&self, device: &str, uuid: &str, sector: u32) -> Result<Cmd> {
        let sector = (self.version == LuksVersion::Luks2).then_some(sector);
        let cmd = Cmd::tool("cryptsetup")
            .args(["luksFormat", "--batch-mode", "--type", self.version.word()])
            .args(["--cipher", self.cipher.as_str(), "--key-size"])
            .arg(self.key_size.get().to_string())
            .args(["--uuid", uuid, "--offset", &(offset(self.version) / 512).to_string()])
            .option("--sector-size", sector);
        let cmd = derive(cmd, self.kdf.as_ref(), self.version)?;
        Ok(cmd.arg(device))
    }
}

fn no_key_slots(device: &str) -> String {
    format!(
        "{device} is a LUKS container without key slots, which no key opens: it is formatted; only \
         a backup of its header could restore its data"
    )
}

/// Returns the key derivation function of a new key. It does not depend on the defaults with which
/// cryptsetup was built.
pub(super) fn kdf_kind(kdf: Option<&Kdf>, version: LuksVersion) -> KdfKind {
    let default = match version {
        LuksVersion::Luks1 => KdfKind::Pbkdf2,
        LuksVersion::Luks2 => KdfKind::Argon2id,
    };
    kdf.and_then(|kdf| kdf.kind).unwrap_or(default)
}

/// Adds the options for the key derivation function.
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
        let destroys = StorageEffect::Destroys { device: self.device.to_string() };
        [Effect::Storage(destroys)].into_iter().chain(reads([self.key.as_ref()])).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let device = cx.device(&self.device)?;
        let unlock =
            Unlock::choose(self.key.as_ref(), self.passphrase.as_ref(), ("key", "passphrase"))?;
        let unfinished = match self.existing(device) {
            // cryptsetup writes the key slot last.
            Some((_, [])) => Some(no_key_slots(&device.path)),
            Some((uuid, _)) => {
                let why = format!("{} is a LUKS container with {}", device.path, self.cipher);
                return Ok(Plan::already(why).returns(uuid.to_owned()));
            }
            None => None,
        };
        unlock.check(cx)?;
        if let Unlock::Key(key) = unlock {
            reject_key_on_same_disk(key, &device.path, cx)?;
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
        let sector = self.sector(device)?;
        let format = unlock.add_to(self.command(&device.path, &uuid, sector)?);
        let argon2 = kdf_kind(self.kdf.as_ref(), self.version).is_argon2();
        let argon2 = if argon2 { vec![0] } else { Vec::new() };
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
                    details: Some(LuksDetails { sector, argon2 }),
                },
            })
            .warn(warning)
            .warn(unfinished)
            .warn(unknown_contents_warning(device, self.keep))
            .undo(Undo::Impossible("the new header overwrites the old data"))
            .returns(uuid))
    }
}

#[cfg(test)]
mod tests;
