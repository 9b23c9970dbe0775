//! LUKS containers: creating, opening and closing them, their keys and headers.

mod format;
mod header;
mod keys;
mod open;
mod rule;
mod version;

pub use format::Format;
pub use header::{BackupHeader, Containers, Info, RestoreHeader};
pub use keys::{AddKey, RemoveKey, TestKey};
pub use open::{Close, Open};
pub use rule::LuksRule;
pub use version::Version;

use crate::error::Result;
use crate::machine::{Content, Device, LuksDetails};
use crate::operation::Planning;
use crate::system::{Cmd, Stdin};
use crate::types::{AbsPath, DevicePath, LuksVersion, Place, Secret};

use super::key::check_key;

/// The means of unlocking a container.
enum Unlock<'a> {
    Key(&'a AbsPath),
    Passphrase(&'a Secret),
}

impl<'a> Unlock<'a> {
    /// Returns the key file or the passphrase; an error if both or neither are given.
    fn choose(
        key: Option<&'a AbsPath>,
        passphrase: Option<&'a Secret>,
        names: (&'static str, &'static str),
    ) -> Result<Self> {
        match (key, passphrase) {
            (Some(key), None) => Ok(Self::Key(key)),
            (None, Some(passphrase)) => Ok(Self::Passphrase(passphrase)),
            (Some(_), Some(_)) => Err(LuksRule::TwoKeys { names }.into()),
            (None, None) => Err(LuksRule::NoKey { names }.into()),
        }
    }

    /// Rejects an unsafe key file.
    fn check(&self, cx: &Planning<'_>) -> Result<()> {
        match self {
            Self::Key(path) => check_key(&Place::new(path, None), cx).map(drop),
            Self::Passphrase(_) => Ok(()),
        }
    }

    /// Adds the key to a cryptsetup command. A passphrase is passed as a key file on standard
    /// input, so that cryptsetup reads it to the end and no character is special.
    fn add_to(&self, cmd: Cmd) -> Cmd {
        match self {
            Self::Key(path) => cmd.arg("--key-file").arg(path.to_string()),
            Self::Passphrase(secret) => {
                cmd.arg("--key-file").arg("-").stdin(Stdin::Secret((*secret).clone()))
            }
        }
    }
}

/// A device and its LUKS header.
struct Container<'a> {
    device: &'a Device,
    content: &'a Content,
    version: LuksVersion,
    uuid: &'a str,
    offset: u64,
    slots: &'a [u32],
    cipher: &'a str,
    details: Option<&'a LuksDetails>,
}

fn container<'a>(path: &DevicePath, cx: &Planning<'a>) -> Result<Container<'a>> {
    let device = cx.device(path)?;
    match &device.content {
        Some(content @ Content::Luks { version, uuid, offset, slots, cipher, details }) => {
            Ok(Container {
                device,
                content,
                version: *version,
                uuid,
                offset: *offset,
                slots,
                cipher,
                details: details.as_ref(),
            })
        }
        other => Err(LuksRule::NotLuks {
            device: device.path.clone(),
            is: other.as_ref().map(ToString::to_string),
        }
        .into()),
    }
}
