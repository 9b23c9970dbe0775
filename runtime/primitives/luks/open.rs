//! Opening and closing LUKS containers.

use super::{LuksRule, Unlock, container_or_assumed, reads};
use crate::args;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::machine::probe::parse_luks;
use crate::machine::{Content, Device, DeviceKind, Release, StorageFact, StorageRelease, is_below};
use crate::operation::guard::check_unused;
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, StorageEffect, Undo};
use crate::primitives::key::{check_protected, unprotect};
use crate::system::{Cmd, Stdin};
use crate::types::{AbsPath, DevicePath, MapName, Place, Secret};

args! {
    /// Opens a LUKS container and returns the mapped device, `/dev/mapper/NAME`.
    ///
    /// Requires `key`, `passphrase`, or `gpg_key` together with `passphrase`. Undo closes the
    /// container.
    ///
    /// Source: cryptsetup-open(8); guide ER, `luksOpen $ROOT_DEV $ENC_HDD`.
    ///
    /// ```
    /// let inside = luks::open("/dev/sda3", "hdd_a3", #{ key: "/mnt/key/keyfile.bin" });
    /// lvm::pv_create(inside);
    /// ```
    "luks.open" => pub struct Open {
        /// The container.
        pub device: DevicePath,
        /// The name of the mapped device below `/dev/mapper`, for example `hdd_a3` for `/dev/sda3`.
        pub name: MapName,
        /// The path of a key file.
        pub key: Option<AbsPath>,
        /// The passphrase of the container, or of `gpg_key` if that is given; from a parameter of
        /// type `secret`.
        pub passphrase: Option<Secret>,
        /// The path of a key file that is encrypted with `key.protect` or `gpg --symmetric`. The
        /// decrypted key is piped from gpg to cryptsetup and never written to a file.
        pub gpg_key: Option<AbsPath>,
        /// The path of a file or device with the header, if it is not on the device itself (a
        /// detached header). The device must then not be in use, and its present contents are taken for encrypted data.
        pub header: Option<AbsPath>,
        /// Whether to open the container read-only.
        pub read_only: bool = false,
        /// Whether to pass discards (TRIM) to the underlying disk. This improves the performance of
        /// SSDs, but reveals which blocks are unused.
        pub discard: bool = false,
    }
}

args! {
    /// Closes a LUKS container.
    ///
    /// Filesystems, swap areas and volume groups on the mapped device must be released first.
    ///
    /// Source: cryptsetup-close(8).
    ///
    /// ```
    /// luks::open("/dev/sda3", "hdd_a3", #{ key: "/mnt/key/keyfile.bin" });
    /// luks::close("hdd_a3");
    /// ```
    "luks.close" => pub struct Close {
        /// The name of the mapped device below `/dev/mapper`.
        pub name: MapName,
    }
}

/// The means of opening a container: those of [`Unlock`], or a key that is encrypted with GnuPG.
enum OpenMethod<'a> {
    Plain(Unlock<'a>),
    Protected(&'a AbsPath, &'a Secret),
}

impl OpenMethod<'_> {
    fn check(&self, cx: &Planning<'_>) -> Result<()> {
        match self {
            Self::Plain(unlock) => unlock.check(cx),
            Self::Protected(key, _) => check_protected(&Place::new(key, None), cx),
        }
    }

    fn add_input(&self, cmd: Cmd) -> Cmd {
        match self {
            Self::Plain(unlock) => unlock.add_to(cmd),
            Self::Protected(key, passphrase) => {
                let plain = Stdin::Output(Box::new(unprotect(key, passphrase)));
                cmd.args(["--key-file", "-"]).stdin(plain)
            }
        }
    }

    /// Returns the advice that is shown if the container cannot be opened.
    const fn hint(&self) -> &'static str {
        match self {
            Self::Plain(Unlock::Key(_)) => {
                "check that the key belongs to this disk with luks::test_key"
            }
            Self::Plain(Unlock::Passphrase(_)) => {
                "run again and retype the passphrase; check Caps Lock and the keyboard layout (loadkeys)"
            }
            Self::Protected(..) => {
                "if gpg reports \"Bad session key\", run again and retype the passphrase of the \
                 key; check Caps Lock and the keyboard layout (loadkeys); if cryptsetup fails, the key belongs to another disk"
            }
        }
    }
}

impl Open {
    fn method(&self) -> Result<OpenMethod<'_>> {
        match (&self.gpg_key, &self.key, &self.passphrase) {
            (Some(_), Some(_), _) => Err(LuksRule::TwoKeys { names: ("gpg_key", "key") }.into()),
            (Some(key), None, Some(passphrase)) => Ok(OpenMethod::Protected(key, passphrase)),
            (Some(key), None, None) => Err(LuksRule::NoPassphrase { key: key.to_string() }.into()),
            (None, key, passphrase) => {
                Unlock::choose(key.as_ref(), passphrase.as_ref(), ("key", "passphrase"))
                    .map(OpenMethod::Plain)
            }
        }
    }
}

/// The encrypted data of a container.
struct EncryptedData {
    /// Offset on the device in bytes.
    offset: u64,
    /// Size of an encrypted sector in bytes; 0 if it is unknown.
    sector: u32,
    /// The UUID of a detached header, if it is known.
    header: Option<String>,
}

impl Open {
    fn device_and_data<'a>(&self, cx: &Planning<'a>) -> Result<(&'a Device, EncryptedData)> {
        let Some(header) = &self.header else {
            let found = container_or_assumed(&self.device, cx)?;
            let sector = found.details.map_or(0, |details| details.sector);
            return Ok((
                found.device,
                EncryptedData { offset: found.offset, sector, header: None },
            ));
        };
        let device = cx.device(&self.device)?;
        let data = match detached_header(header, cx)? {
            Some(Content::Luks { offset, details, uuid, .. }) => {
                let sector = details.map_or(0, |details| details.sector);
                EncryptedData { offset, sector, header: Some(uuid) }
            }
            // cryptsetup puts the data of a detached header at the beginning of the device.
            _ => EncryptedData { offset: 0, sector: 0, header: None },
        };
        Ok((device, data))
    }
}

/// Returns the contents of a header that is in a file or on another device; `None` if only the run
/// can read it.
fn detached_header(header: &AbsPath, cx: &Planning<'_>) -> Result<Option<Content>> {
    let path = header.to_string();
    if is_below(&path, "/dev") {
        let found = container_or_assumed(&DevicePath::assume_valid(path), cx)?;
        return Ok(found.device.content.clone());
    }
    let place = Place::new(header, None);
    match cx.files.read(&place)? {
        FileContents::Known(bytes) => match parse_luks(&bytes) {
            Some(content) => Ok(Some(content)),
            None => Err(LuksRule::NotABackup { file: place.to_string() }.into()),
        },
        FileContents::Unknown(_) => Ok(cx.machine.saved_header(&place.to_string()).cloned()),
    }
}

impl Action for Open {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        let opens = StorageEffect::Opens { device: self.device.to_string() };
        let files = [self.key.as_ref(), self.gpg_key.as_ref(), self.header.as_ref()];
        [Effect::Storage(opens)].into_iter().chain(reads(files)).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let (device, data) = self.device_and_data(cx)?;
        let inside = self.name.path();
        let means = self.method()?;
        let open = cx
            .machine
            .children(&device.path)
            .into_iter()
            .find(|child| matches!(child.kind, DeviceKind::Crypt { .. }));
        if let Some(other) = open.filter(|open| open.path != inside) {
            let (device, open) = (device.path.clone(), other.path.clone());
            return Err(LuksRule::AlreadyOpen { device, open }.into());
        }
        if let Some(taken) = cx.machine.find(&inside).filter(|_| open.is_none()) {
            let holder = cx.machine.parents(taken).join(" ");
            let name = self.name.as_str().to_owned();
            return Err(LuksRule::NameTaken { name, holder }.into());
        }
        if open.is_none() {
            means.check(cx)?;
            if self.header.is_some() {
                check_unused(cx.machine, &device.path)?;
            }
        }
        let mut cmd = Cmd::tool("cryptsetup").arg("open");
        if let Some(header) = &self.header {
            cmd = cmd.arg("--header").arg(header.to_string());
        }
        if self.read_only {
            cmd = cmd.arg("--readonly");
        }
        if self.discard {
            cmd = cmd.arg("--allow-discards");
        }
        let cmd = means.add_input(cmd).arg(&device.path).arg(self.name.as_str());
        Ok(Plan::run(cmd)
            .makes(StorageFact::Opened {
                on: device.path.clone(),
                name: self.name.as_str().to_owned(),
                size: device.size.saturating_sub(data.offset),
                sector: data.sector.max(device.sector),
                header: data.header,
            })
            .undo(Undo::Release)
            .hint(means.hint())
            .returns(inside))
    }
}

impl Action for Close {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let name = self.name.as_str().to_owned();
        vec![Effect::Program(ProgramEffect::Ends {
            what: Release::Storage(StorageRelease::Close { name }).to_string(),
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        check_unused(cx.machine, &self.name.path())?;
        let release =
            Release::Storage(StorageRelease::Close { name: self.name.as_str().to_owned() });
        Ok(Plan::step(release.step(cx.machine))
            .makes(StorageFact::Closed { name: self.name.as_str().to_owned() }))
    }
}
