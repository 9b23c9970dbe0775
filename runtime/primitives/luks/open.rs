//! Opening and closing containers.

use super::{LuksRule, Unlock, container};
use crate::args;
use crate::error::Result;
use crate::machine::{Kind, Release, StorageFact, StorageRelease};
use crate::operation::guard::must_be_free;
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, StorageEffect, Undo};
use crate::primitives::key::{check_protected, unprotect};
use crate::system::{Cmd, Stdin};
use crate::types::{AbsPath, DevicePath, MapName, Place, Secret};

args! {
    /// Opens a container: its inside appears as `/dev/mapper/NAME`, which is returned.
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
        /// The name below `/dev/mapper`; a telling one is `hdd_a3` for `/dev/sda3`.
        pub name: MapName,
        /// A key file.
        pub key: Option<AbsPath>,
        /// A passphrase, from a parameter of type `secret`: the container's, or that of `gpg_key`.
        pub passphrase: Option<Secret>,
        /// A key file that `key.protect` or `gpg --symmetric` made. The plain key goes from gpg to
        /// cryptsetup through pipes, and into no file.
        pub gpg_key: Option<AbsPath>,
        /// Whether nothing can be written to it.
        pub read_only: bool = false,
        /// Whether discards reach the disk below: faster SSDs, but free space can be told.
        pub discard: bool = false,
    }
}

args! {
    /// Closes a container. What is mounted, swapped to or active inside has to be given back first.
    ///
    /// Source: cryptsetup-close(8).
    ///
    /// ```
    /// luks::open("/dev/sda3", "hdd_a3", #{ key: "/mnt/key/keyfile.bin" });
    /// luks::close("hdd_a3");
    /// ```
    "luks.close" => pub struct Close {
        /// The name below `/dev/mapper`.
        pub name: MapName,
    }
}

/// How a container is opened: as everywhere, or by a key that GnuPG protects.
enum Means<'a> {
    Plain(Unlock<'a>),
    Protected(&'a AbsPath, &'a Secret),
}

impl Means<'_> {
    fn check(&self, cx: &Planning<'_>) -> Result<()> {
        match self {
            Self::Plain(unlock) => unlock.check(cx),
            Self::Protected(key, _) => check_protected(&Place::new(key, None), cx),
        }
    }

    fn give_to(&self, cmd: Cmd) -> Cmd {
        match self {
            Self::Plain(unlock) => unlock.give_to(cmd),
            Self::Protected(key, passphrase) => {
                let plain = Stdin::Output(Box::new(unprotect(key, passphrase)));
                cmd.args(["--key-file", "-"]).stdin(plain)
            }
        }
    }

    /// What to try when the container stays closed.
    const fn hint(&self) -> &'static str {
        match self {
            Self::Plain(Unlock::Key(_)) => {
                "is it this disk's key? luks::test_key tells; a damaged header comes back with \
                 luks::restore_header"
            }
            Self::Plain(Unlock::Passphrase(_)) => {
                "run the same once more and type the passphrase again; think of Caps Lock and of the \
                 keyboard's layout (loadkeys); a damaged header comes back with luks::restore_header"
            }
            Self::Protected(..) => {
                "when gpg says \"Bad session key\", run the same once more and type the passphrase of \
                 the key again; think of Caps Lock and of the keyboard's layout (loadkeys); when \
                 cryptsetup complains, it is another disk's key"
            }
        }
    }
}

impl Open {
    fn means(&self) -> Result<Means<'_>> {
        match (&self.gpg_key, &self.key, &self.passphrase) {
            (Some(_), Some(_), _) => Err(LuksRule::TwoKeys { names: ("gpg_key", "key") }.into()),
            (Some(key), None, Some(passphrase)) => Ok(Means::Protected(key, passphrase)),
            (Some(key), None, None) => Err(LuksRule::NoPassphrase { key: key.to_string() }.into()),
            (None, key, passphrase) => {
                Unlock::choose(key.as_ref(), passphrase.as_ref(), ("key", "passphrase"))
                    .map(Means::Plain)
            }
        }
    }
}

impl Action for Open {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Opens { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let found = container(&self.device, cx)?;
        let device = found.device;
        let inside = self.name.path();
        let means = self.means()?;
        let open = cx
            .machine
            .children(&device.path)
            .into_iter()
            .find(|child| matches!(child.kind, Kind::Crypt { .. }));
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
        }
        let mut cmd = Cmd::tool("cryptsetup").arg("open");
        if self.read_only {
            cmd = cmd.arg("--readonly");
        }
        if self.discard {
            cmd = cmd.arg("--allow-discards");
        }
        let cmd = means.give_to(cmd).arg(&device.path).arg(self.name.as_str());
        Ok(Plan::run(cmd)
            .makes(StorageFact::Opened {
                on: device.path.clone(),
                name: self.name.as_str().to_owned(),
                size: device.size.saturating_sub(found.offset),
                sector: device.sector,
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
        must_be_free(cx.machine, &self.name.path())?;
        let release =
            Release::Storage(StorageRelease::Close { name: self.name.as_str().to_owned() });
        Ok(Plan::step(release.step(cx.machine.host.udev))
            .makes(StorageFact::Closed { name: self.name.as_str().to_owned() }))
    }
}
