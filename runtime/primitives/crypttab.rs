//! Which containers a system opens while it boots: `/etc/crypttab` for systemd and dracut,
//! `/etc/conf.d/dmcrypt` for OpenRC.

use serde::Serialize;

use super::edit::{edit, there, unreadable, writes};
use crate::args;
use crate::config::{crypttab, dmcrypt};
use crate::error::{Result, Rule};
use crate::machine::Content;
use crate::machine::files::Text;
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query};
use crate::types::{AbsPath, Choice, CrypttabField, DevicePath, DmcryptText, MapName};

args! {
    /// Has a container opened at boot: sets its line in `/etc/crypttab`, and leaves the others as they
    /// are. A container is named by its UUID, another partition by its PARTUUID.
    ///
    /// Source: crypttab(5).
    ///
    /// ```
    /// crypttab::set("/mnt/old", "hdd_a3", "/dev/sda3", #{ options: "luks,discard" });
    /// ```
    "crypttab.set" => pub struct Set {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name below `/dev/mapper`.
        pub name: MapName,
        /// The container.
        pub device: DevicePath,
        /// The key: a file, `FILE:UUID=…` for one on a stick, `none` for a passphrase.
        pub key: CrypttabField = "none",
        /// Options, with commas between them.
        pub options: CrypttabField = "luks",
    }
}

args! {
    /// Reads `/etc/crypttab`: a list of maps with `name`, `device`, `key` and `options`.
    ///
    /// Source: crypttab(5).
    ///
    /// ```
    /// let entries = crypttab::entries("/mnt/old");
    /// ```
    "crypttab.entries" => pub struct Entries {
        /// The mount point of the system; `/` for the running one.
        pub root: AbsPath,
    }
}

args! {
    /// Has OpenRC's `dmcrypt` service open a container: sets its stanza in `/etc/conf.d/dmcrypt`, and
    /// leaves the others as they are. The service has to be enabled in the runlevel `boot`.
    ///
    /// Source: the comments in the file itself (sys-fs/cryptsetup); Gentoo wiki, "Dm-crypt".
    ///
    /// ```
    /// dmcrypt::set("/mnt/old", "home", "/dev/sda3", #{ key: "/keyfile.gpg:gpg" });
    /// ```
    "dmcrypt.set" => pub struct SetDmcrypt {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name below `/dev/mapper`.
        pub name: MapName,
        /// The container.
        pub device: DevicePath,
        /// What it is for: swap gets a signature at every boot.
        pub kind: Purpose = "target",
        /// The key file, with `:gpg` behind it when GPG protects it; a passphrase when absent.
        pub key: Option<DmcryptText>,
        /// Options of cryptsetup.
        pub options: Option<DmcryptText>,
        /// The stick that the key is on.
        pub stick: Option<DevicePath>,
    }
}

/// What a stanza of dmcrypt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A filesystem.
    Target,
    /// Swap.
    Swap,
}

impl Choice for Purpose {
    const NAME: &'static str = "purpose";
    const WORDS: &'static [&'static str] = &["target", "swap"];
    const ALL: &'static [Self] = &[Self::Target, Self::Swap];
}

/// A rule about these files that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrypttabRule {
    /// Nothing names the device for good.
    #[error("{device} has no persistent identifier: neither a container nor a partition")]
    NoIdentifier {
        /// The device.
        device: String,
    },
}

impl Rule for CrypttabRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoIdentifier { .. } => "format it as a container first: luks::format".into(),
        })
    }
}

/// What names a device whatever it is called after the next boot.
fn identifier(path: &DevicePath, cx: &Planning<'_>) -> Result<String> {
    let device = cx.device(path)?;
    let content = device.content.as_ref();
    let content =
        content.filter(|c| matches!(c, Content::Luks { .. } | Content::Filesystem { .. }));
    match (content.and_then(Content::identifier), device.partition()) {
        (Some(uuid), _) => Ok(format!("UUID={uuid}")),
        (_, Some(partition)) => Ok(format!("PARTUUID={}", partition.uuid)),
        _ => Err(CrypttabRule::NoIdentifier { device: device.path.clone() }.into()),
    }
}

const CRYPTTAB: &str = "/etc/crypttab";
const DMCRYPT: &str = "/etc/conf.d/dmcrypt";

impl Action for Set {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, CRYPTTAB)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let device = identifier(&self.device, cx)?;
        let fields = [self.name.as_str(), &device, &self.key, &self.options];
        edit(there(&self.root, CRYPTTAB), cx, |text| Ok(crypttab::set(text, &fields)))
    }
}

/// A line as scripts see it.
#[derive(Debug, Serialize)]
pub struct Line {
    name: String,
    device: String,
    key: String,
    options: String,
}

impl Query for Entries {
    type Output = Vec<Line>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let bytes = match super::file::text(&there(&self.root, CRYPTTAB), cx)? {
            None => return Ok(Answer::Known(Vec::new())),
            Some(Text::Unknown(_)) => return Ok(Answer::Guess(Vec::new())),
            Some(Text::Known(bytes)) => bytes,
        };
        let text = String::from_utf8_lossy(&bytes);
        let line = |fields: Vec<&str>| {
            let field =
                |index: usize, default: &str| (*fields.get(index).unwrap_or(&default)).to_owned();
            let (name, device) = (field(0, ""), field(1, ""));
            Line { name, device, key: field(2, "none"), options: field(3, "") }
        };
        Ok(Answer::Known(text.lines().filter_map(crypttab::fields).map(line).collect()))
    }
}

impl Action for SetDmcrypt {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, DMCRYPT)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = there(&self.root, DMCRYPT);
        let source = identifier(&self.device, cx)?;
        let stick = self.stick.as_ref().map(|stick| identifier(stick, cx)).transpose()?;
        let mut settings = vec![("source", source.as_str())];
        let optional = [
            ("key", self.key.as_deref()),
            ("options", self.options.as_deref()),
            ("remdev", stick.as_deref()),
        ];
        settings.extend(optional.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
        let head = (self.kind.word(), self.name.as_str());
        edit(place.clone(), cx, |text| {
            dmcrypt::set(text, head, &settings).map_err(|why| unreadable(&place, &why))
        })
    }
}
