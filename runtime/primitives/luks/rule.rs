//! Errors about LUKS containers.

use crate::error::{Exit, Rule};
use crate::types::{Size, rhai_literal};

/// A violated rule about LUKS containers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LuksRule {
    /// Neither a key file nor a passphrase is given.
    #[error("neither {:?} nor {:?} is given", names.0, names.1)]
    NoKey {
        /// The names of the two options.
        names: (&'static str, &'static str),
    },
    /// An encrypted key file is given without its passphrase.
    #[error("{key} is protected by a passphrase, and none is given")]
    NoPassphrase {
        /// The path of the encrypted key file.
        key: String,
    },
    /// Both a key file and a passphrase are given.
    #[error("{:?} and {:?} are both given", names.0, names.1)]
    TwoKeys {
        /// The names of the two options.
        names: (&'static str, &'static str),
    },
    /// A container in the old format cannot store tokens.
    #[error("{device} is a LUKS1 container, which has no tokens")]
    NoTokens {
        /// The device.
        device: String,
    },
    /// The device has no LUKS header.
    #[error("{device} is not a LUKS container{}", is.as_ref().map(|is| format!(", but holds {is}")).unwrap_or_default())]
    NotLuks {
        /// The device.
        device: String,
        /// A description of its content.
        is: Option<String>,
    },
    /// The name of the mapped device is used by another container.
    #[error("the name {name:?} is in use: {holder} is open as /dev/mapper/{name}")]
    NameTaken {
        /// The name.
        name: String,
        /// The device that is open under this name.
        holder: String,
    },
    /// The container is already open under another name.
    #[error("{device} is already open as {open}")]
    AlreadyOpen {
        /// The container.
        device: String,
        /// The mapped device.
        open: String,
    },
    /// The device is too small for the header.
    #[error("{device} has {size}, but the header alone needs {header}")]
    TooSmall {
        /// The device.
        device: String,
        /// The size of the device.
        size: Size,
        /// The size of the header.
        header: Size,
    },
    /// The device does not consist of whole encrypted sectors.
    #[error("{device} has {size} bytes, which is not a multiple of its sector size of {sector}")]
    PartOfASector {
        /// The device.
        device: String,
        /// The size of the device in bytes.
        size: u64,
        /// The size of an encrypted sector in bytes.
        sector: u32,
    },
    /// A sector size is requested for LUKS1.
    #[error("LUKS1 supports only sectors of 512 bytes, and not of {sector}")]
    NoSectorSize {
        /// The requested size in bytes.
        sector: u32,
    },
    /// An argon2 key derivation function is requested for LUKS1.
    #[error("LUKS1 supports only the key derivation pbkdf2")]
    NoArgon,
    /// The only remaining key was to be removed.
    #[error(
        "slot {slot} is the last key of {device}; without it the container can never be \
        opened again"
    )]
    LastKey {
        /// The container.
        device: String,
        /// The key slot.
        slot: u32,
    },
    /// The key slot has no key.
    #[error("{device} has no key in slot {slot}; its keys are in {used:?}")]
    NoSuchSlot {
        /// The container.
        device: String,
        /// The key slot.
        slot: u32,
        /// The key slots in use.
        used: Vec<u32>,
    },
    /// The key slot is in use, or does not exist in this LUKS version.
    #[error("slot {slot} of {device} cannot take a new key: slots {used:?} of {most} are in use")]
    SlotTaken {
        /// The container.
        device: String,
        /// The requested key slot.
        slot: u32,
        /// The key slots in use.
        used: Vec<u32>,
        /// The number of key slots of this LUKS version.
        most: u32,
    },
    /// The backup file already exists.
    #[error("{file} exists: header backups are never overwritten")]
    BackupExists {
        /// The file.
        file: String,
    },
    /// The output of `cryptsetup --version` contains no version.
    #[error("cryptsetup --version prints no version: {said:?}")]
    NoVersion {
        /// The output.
        said: String,
    },
    /// The file does not contain a LUKS header.
    #[error("{file} contains no LUKS header")]
    NotABackup {
        /// The file.
        file: String,
    },
}

impl Rule for LuksRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoKey { names } => {
                format!("add one of them: #{{ {}: \"/mnt/key/keyfile.bin\" }}", names.0)
            }
            Self::NoPassphrase { .. } => {
                "give it as well, from a parameter of type secret: #{ gpg_key: …, passphrase: passphrase }".into()
            }
            Self::TwoKeys { .. } => {
                "give only one; add the second with luks::add_key".into()
            }
            Self::NoTokens { device } => {
                format!("convert it while it is closed: cryptsetup convert --type luks2 {device}")
            }
            Self::NotLuks { is: Some(is), .. } if is.contains("member of") => {
                let name = is.rsplit(' ').next().unwrap_or_default();
                format!(
                    "start the array, which may hold the container: md::assemble({})",
                    rhai_literal(name)
                )
            }
            Self::NotLuks { .. } => {
                "check with lsblk -f that it is the right device; if its header is in a file, give it \
                 to luks::open: #{ header: \"/path/of/the/header\" }"
                    .into()
            }
            Self::NameTaken { name, .. } => {
                format!("choose another name, or close it: cryptsetup close {name}")
            }
            Self::AlreadyOpen { open, .. } => {
                let name = open.trim_start_matches("/dev/mapper/");
                format!("use {open}, or close it: cryptsetup close {name}")
            }
            Self::TooSmall { .. } => "make the partition larger".into(),
            Self::PartOfASector { .. } => "use sector: 512".into(),
            Self::NoSectorSize { .. } => "omit sector, or use version: \"luks2\"".into(),
            Self::NoArgon => "omit kdf, or use version: \"luks2\"".into(),
            Self::LastKey { .. } => "add another key first with luks::add_key".into(),
            Self::NoSuchSlot { .. } | Self::SlotTaken { .. } => {
                "list the slots with luks::info, or omit the slot".into()
            }
            Self::BackupExists { .. } => "choose a name with the container's UUID in it".into(),
            Self::NoVersion { .. } => {
                "run it manually; check that the first cryptsetup in PATH is the real one".into()
            }
            Self::NotABackup { .. } => "give a file created by luks::backup_header or cryptsetup luksHeaderBackup".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NameTaken { .. }
            | Self::AlreadyOpen { .. }
            | Self::LastKey { .. }
            | Self::BackupExists { .. } => Exit::Refused,
            Self::NoVersion { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
