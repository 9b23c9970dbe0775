//! LUKS containers: creating, opening and closing them, their keys and headers.

mod enroll;
mod format;
mod header;
mod keys;
mod open;
mod rule;
mod version;

pub use enroll::{Enroll, Token};
pub use format::Format;
pub use header::{BackupHeader, Containers, Info, RestoreHeader};
pub use keys::{AddKey, RemoveKey, TestKey};
pub use open::{Close, Open};
pub use rule::LuksRule;
pub use version::Version;

use std::sync::LazyLock;

use crate::error::Result;
use crate::machine::{Content, Device, LuksDetails};
use crate::operation::{Effect, Planning};
use crate::system::{Cmd, Stdin};
use crate::types::{AbsPath, DevicePath, LuksVersion, MIB, Place, Secret};

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

/// Returns the effects of reading these files and devices.
fn reads<'a>(paths: impl IntoIterator<Item = Option<&'a AbsPath>>) -> impl Iterator<Item = Effect> {
    paths.into_iter().flatten().map(|path| Effect::reads(&path.to_string()))
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

/// The header that is assumed for a device whose contents only the run can know, such as an array that
/// the run starts: the defaults of cryptsetup.
static ASSUMED: LazyLock<Content> = LazyLock::new(|| Content::Luks {
    version: LuksVersion::Luks2,
    uuid: "00000000-0000-0000-0000-000000000000".into(),
    offset: 16 * MIB,
    slots: vec![0],
    details: None,
    cipher: "unknown".into(),
});

/// Returns the container on a device. In a plan, a device with unknown contents is assumed to hold one.
fn container_or_assumed<'a>(path: &DevicePath, cx: &Planning<'a>) -> Result<Container<'a>> {
    let device = cx.device(path)?;
    match &device.content {
        None if device.unprobed => described(device, &ASSUMED),
        _ => container(path, cx),
    }
}

fn container<'a>(path: &DevicePath, cx: &Planning<'a>) -> Result<Container<'a>> {
    let device = cx.device(path)?;
    match &device.content {
        Some(content) => described(device, content),
        None => Err(LuksRule::NotLuks { device: device.path.clone(), is: None }.into()),
    }
}

/// Returns the container that the content describes.
fn described<'a>(device: &'a Device, content: &'a Content) -> Result<Container<'a>> {
    match content {
        Content::Luks { version, uuid, offset, slots, cipher, details } => Ok(Container {
            device,
            content,
            version: *version,
            uuid,
            offset: *offset,
            slots,
            cipher,
            details: details.as_ref(),
        }),
        other => {
            let (device, is) = (device.path.clone(), Some(other.to_string()));
            Err(LuksRule::NotLuks { device, is }.into())
        }
    }
}
