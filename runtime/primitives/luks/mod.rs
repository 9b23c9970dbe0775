//! Encrypted containers (LUKS).

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
use crate::machine::{Content, Device};
use crate::operation::Planning;
use crate::system::{Cmd, Stdin};
use crate::types::{AbsPath, DevicePath, LuksVersion, Place, Secret};

use super::key::check_key;

/// How a container is unlocked: by a key file or by a passphrase.
enum Unlock<'a> {
    Key(&'a AbsPath),
    Passphrase(&'a Secret),
}

impl<'a> Unlock<'a> {
    /// Exactly one of both.
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

    /// Refuses a key file that must not be trusted.
    fn check(&self, cx: &Planning<'_>) -> Result<()> {
        match self {
            Self::Key(path) => check_key(&Place::new(path, None), cx).map(drop),
            Self::Passphrase(_) => Ok(()),
        }
    }

    /// Lets cryptsetup read it. A passphrase is read whole, so that no character of it is special.
    fn give_to(&self, cmd: Cmd) -> Cmd {
        match self {
            Self::Key(path) => cmd.arg("--key-file").arg(path.to_string()),
            Self::Passphrase(secret) => {
                cmd.arg("--key-file").arg("-").stdin(Stdin::Secret((*secret).clone()))
            }
        }
    }
}

/// A device and the header on it; an error where there is none.
struct Container<'a> {
    device: &'a Device,
    content: &'a Content,
    version: LuksVersion,
    uuid: &'a str,
    offset: u64,
    slots: &'a [u32],
    cipher: &'a str,
}

fn container<'a>(path: &DevicePath, cx: &Planning<'a>) -> Result<Container<'a>> {
    let device = cx.device(path)?;
    match &device.content {
        Some(content @ Content::Luks { version, uuid, offset, slots, cipher }) => Ok(Container {
            device,
            content,
            version: *version,
            uuid,
            offset: *offset,
            slots,
            cipher,
        }),
        other => Err(LuksRule::NotLuks {
            device: device.path.clone(),
            is: other.as_ref().map(ToString::to_string),
        }
        .into()),
    }
}
