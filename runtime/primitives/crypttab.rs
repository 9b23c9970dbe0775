//! The containers that a system opens at boot: `/etc/crypttab` for systemd and dracut,
//! `/etc/conf.d/dmcrypt` for OpenRC.

use serde::Serialize;

use super::copies::reject_copies;
use super::edit::{edit, exists, system_file, unreadable, writes};
use crate::args;
use crate::config::{crypttab, dmcrypt};
use crate::error::{Result, Rule};
use crate::machine::files::FileContents;
use crate::machine::{Content, Device, Machine};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query};
use crate::types::{
    AbsPath, Choice, CrypttabField, DevicePath, DmcryptText, MapName, Place, UUID_AT_RUN_TIME,
};

args! {
    /// Sets the entry of a container in `/etc/crypttab`, so that it is opened at boot.
    ///
    /// Other entries are unchanged. A LUKS container is named by its UUID, another partition by its
    /// PARTUUID, and another device, such as a disk whose header is in a file (`header=PATH` in
    /// `options`), by its volume group or its link below `/dev/disk/by-id`. If the file has several
    /// entries of this name, the first is set, because the others have no effect, and they are
    /// reported. A key that is encrypted with GPG (`.gpg`) is refused without a `keyscript`, because
    /// systemd and dracut do not decrypt it. Undo restores the previous file.
    ///
    /// Source: crypttab(5).
    ///
    /// ```
    /// crypttab::set("/mnt/old", "hdd_a3", "/dev/sda3", #{ options: "luks,discard" });
    /// ```
    "crypttab.set" => pub struct Set {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the mapped device below `/dev/mapper`.
        pub name: MapName,
        /// The container.
        pub device: DevicePath,
        /// The key: the path of a key file, `FILE:UUID=…` for a file on a USB drive, or `none` for
        /// a passphrase.
        pub key: CrypttabField = "none",
        /// The options, separated by commas.
        pub options: CrypttabField = "luks",
    }
}

args! {
    /// Removes the entry of a container from the `/etc/crypttab` of a system.
    ///
    /// The container is no longer opened at boot. All other lines are unchanged. Nothing is done if
    /// there is no such entry; several entries of this name are all removed. Undo restores the
    /// previous file.
    ///
    /// Source: crypttab(5).
    ///
    /// ```
    /// crypttab::remove("/mnt/old", "hdd_a3");
    /// ```
    "crypttab.remove" => pub struct RemoveEntry {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the mapped device below `/dev/mapper`.
        pub name: MapName,
    }
}

args! {
    /// Returns the entries of the `/etc/crypttab` of a system.
    ///
    /// The result is a list of maps with `name`, `device`, `key` and `options`. The list is empty
    /// if the file does not exist. A line with one field is not in it, and is reported.
    ///
    /// Source: crypttab(5).
    ///
    /// ```
    /// let entries = crypttab::entries("/mnt/old");
    /// ```
    "crypttab.entries" => pub struct Entries {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
    }
}

args! {
    /// Sets the entry of a container in `/etc/conf.d/dmcrypt`, so that OpenRC opens it at boot.
    ///
    /// Other entries are unchanged. The service `dmcrypt` must be enabled in the runlevel `boot`;
    /// see `service.enable`. Undo restores the previous file.
    ///
    /// Source: the comments in the file itself (sys-fs/cryptsetup); Gentoo wiki, "Dm-crypt".
    ///
    /// ```
    /// dmcrypt::set("/mnt/old", "home", "/dev/sda3", #{ key: "/keyfile.gpg:gpg" });
    /// ```
    "dmcrypt.set" => pub struct SetDmcrypt {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the mapped device below `/dev/mapper`.
        pub name: MapName,
        /// The container.
        pub device: DevicePath,
        /// The purpose of the container: target for a filesystem, swap for a swap area that is
        /// recreated at every boot.
        pub kind: Purpose = "target",
        /// The path of the key file, followed by `:gpg` if it is encrypted with GnuPG; by default,
        /// a passphrase is requested.
        pub key: Option<DmcryptText>,
        /// Options for cryptsetup(8).
        pub options: Option<DmcryptText>,
        /// The partition of the USB drive that contains the key file.
        pub stick: Option<DevicePath>,
    }
}

/// The purpose of an entry in `/etc/conf.d/dmcrypt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A filesystem.
    Target,
    /// A swap area that is recreated at every boot.
    Swap,
}

impl Choice for Purpose {
    const NAME: &'static str = "purpose";
    const WORDS: &'static [&'static str] = &["target", "swap"];
    const ALL: &'static [Self] = &[Self::Target, Self::Swap];
}

/// A violated rule about `/etc/crypttab` or `/etc/conf.d/dmcrypt`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrypttabRule {
    /// The device has no identifier that survives a reboot.
    #[error(
        "{device} has no persistent identifier: it is no container, partition or logical volume, and has no link below /dev/disk/by-id"
    )]
    NoIdentifier {
        /// The device.
        device: String,
    },
    /// GPG encrypts the key file.
    #[error(
        "{key} cannot be the key of {name}: it is encrypted with GPG, which the programs that read \
        /etc/crypttab do not use"
    )]
    EncryptedKey {
        /// The key file.
        key: String,
        /// The name of the mapped device.
        name: String,
    },
    /// The mode of an encrypted key file is missing.
    #[error(
        "{key} cannot be the key of {name}: a key that is encrypted with GPG needs the mode gpg"
    )]
    NoKeyMode {
        /// The key file.
        key: String,
        /// The name of the mapped device.
        name: String,
    },
}

impl Rule for CrypttabRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::EncryptedKey { .. } => {
                "give a plain key file on an encrypted filesystem; or use \
                dmcrypt::set (OpenRC), or let the initramfs open the container: boot::cmdline(…, \
                #{ containers: […] })"
                    .into()
            }
            Self::NoKeyMode { key, .. } => format!("add it to the path: {key}:gpg"),
            Self::NoIdentifier { .. } => "check with lsblk -f that it is the right device".into(),
        })
    }
}

/// Returns an identifier of a device that is the same after a reboot.
fn identifier(path: &DevicePath, cx: &Planning<'_>) -> Result<String> {
    let device = cx.device(path)?;
    reject_copies(device, cx.machine)?;
    known_identifier(device, cx.machine)
        .ok_or_else(|| CrypttabRule::NoIdentifier { device: device.path.clone() }.into())
}

fn known_identifier(device: &Device, machine: &Machine) -> Option<String> {
    let content = device.content.as_ref();
    let content =
        content.filter(|c| matches!(c, Content::Luks { .. } | Content::Filesystem { .. }));
    match (content.and_then(Content::identifier), device.partition()) {
        (Some(uuid), _) => Some(format!("UUID={uuid}")),
        _ if device.is_unseen() => Some(format!("UUID={UUID_AT_RUN_TIME}")),
        (_, Some(partition)) => Some(format!("PARTUUID={}", partition.uuid)),
        _ => match machine.volume_name(device) {
            Some(volume) => Some(format!("/dev/{volume}")),
            None => machine.by_id(&device.path),
        },
    }
}

/// Returns whether a key file is encrypted with GPG, by its extension.
fn is_encrypted(key: &str) -> bool {
    key.rsplit('.').next() == Some("gpg")
}

const CRYPTTAB: &str = "/etc/crypttab";
/// The number of fields without which systemd ignores a line.
const CRYPTTAB_FIELDS: usize = 2;
const DMCRYPT: &str = "/etc/conf.d/dmcrypt";

impl Action for Set {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, CRYPTTAB)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let found = cx.device(&self.device)?;
        reject_copies(found, cx.machine)?;
        let key = self.key.split(':').next().unwrap_or_default();
        // The script decrypts the key; Debian's cryptsetup has such scripts.
        let has_script = self.options.split(',').any(|option| option.starts_with("keyscript="));
        if is_encrypted(key) && !has_script {
            let (key, name) = (key.to_owned(), self.name.to_string());
            return Err(CrypttabRule::EncryptedKey { key, name }.into());
        }
        let is_bare = self.options.split(',').any(|option| option.starts_with("header="));
        let (device, renamed) = match known_identifier(found, cx.machine) {
            Some(identifier) => (identifier, None),
            // Without a header on it, a disk may have nothing else by which it could be named.
            None if is_bare => {
                let path = found.path.clone();
                let warning = format!("{path} may have another name at the next boot");
                (path, Some(warning))
            }
            None => return Err(CrypttabRule::NoIdentifier { device: found.path.clone() }.into()),
        };
        let fields = [self.name.as_str(), &device, &self.key, &self.options];
        let place = system_file(&self.root, CRYPTTAB);
        let mut ignored = None;
        let plan = edit(place.clone(), cx, |text| {
            if let [first, others @ ..] = &crypttab::lines_of(text, self.name.as_str())[..] {
                ignored = others.first().map(|line| {
                    let name = &self.name;
                    format!("{place}:{line}: {name} is ignored: line {first} defines it first")
                });
            }
            Ok(crypttab::set(text, &fields))
        })?;
        Ok(plan.warn(ignored).warn(renamed))
    }
}

impl Action for RemoveEntry {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, CRYPTTAB)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = system_file(&self.root, CRYPTTAB);
        if exists(&place, cx)? == Some(false) {
            return Ok(Plan::already(format!("{place} does not exist")));
        }
        edit(place, cx, |text| Ok(crypttab::remove(text, self.name.as_str())))
    }
}

/// An element of the result of `crypttab.entries`.
#[derive(Debug, Serialize)]
pub struct CrypttabLine {
    name: String,
    device: String,
    key: String,
    options: String,
}

impl Entries {
    /// Returns the place of the file, and its text: empty without a file, `None` if it is unknown.
    fn file(&self, cx: &Planning<'_>) -> Result<(Place, Option<String>)> {
        let place = system_file(&self.root, CRYPTTAB);
        let text = match super::file::text(&place, cx)? {
            None => Some(String::new()),
            Some(FileContents::Unknown(_)) => None,
            Some(FileContents::Known(bytes)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        };
        Ok((place, text))
    }
}

impl Query for Entries {
    type Output = Vec<CrypttabLine>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let (_, Some(text)) = self.file(cx)? else { return Ok(Answer::Assumed(Vec::new())) };
        let entry = |fields: Vec<&str>| {
            let [name, device, rest @ ..] = fields.as_slice() else { return None };
            let field =
                |index: usize, default: &str| (*rest.get(index).unwrap_or(&default)).to_owned();
            let (name, device) = ((*name).to_owned(), (*device).to_owned());
            Some(CrypttabLine { name, device, key: field(0, "none"), options: field(1, "") })
        };
        Ok(Answer::Known(text.lines().filter_map(crypttab::fields).filter_map(entry).collect()))
    }

    fn warnings(&self, cx: &mut Planning<'_>) -> Result<Vec<String>> {
        let (place, Some(text)) = self.file(cx)? else { return Ok(Vec::new()) };
        let ignored = text.lines().enumerate().filter(|(_, line)| {
            crypttab::fields(line).is_some_and(|fields| fields.len() < CRYPTTAB_FIELDS)
        });
        Ok(ignored
            .map(|(index, _)| {
                format!(
                    "{place}:{}: ignored, as systemd does: an entry has at least two fields",
                    index + 1
                )
            })
            .collect())
    }
}

impl Action for SetDmcrypt {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, DMCRYPT)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = system_file(&self.root, DMCRYPT);
        if let Some(key) = self.key.as_deref().filter(|key| is_encrypted(key)) {
            let (key, name) = (key.to_owned(), self.name.to_string());
            return Err(CrypttabRule::NoKeyMode { key, name }.into());
        }
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

#[cfg(test)]
mod tests;
