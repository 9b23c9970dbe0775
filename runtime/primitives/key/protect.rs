//! Key files that a passphrase protects, by GnuPG. The plain key goes through pipes and through our
//! memory only: where it is used, no file of it ever exists.

use super::{KeyRule, check_key};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::Look;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::{Cmd, FilesStep, Stdin, Step};
use crate::types::{AbsPath, Place, Secret};

args! {
    /// Protects a key file by a passphrase: a copy is encrypted with AES-256 by GnuPG, and only its
    /// owner can read it. A file that is there already is not overwritten. The plain key stays until
    /// `file::remove` takes it away. `luks.open` takes the protected one as `gpg_key`. Returns its path.
    ///
    /// Source: gpg(1), `--symmetric`; guide ER, "gpg --symmetric" for the key on the stick.
    ///
    /// ```
    /// key::generate("/mnt/key/laptop.bin");
    /// key::protect("/mnt/key/laptop.bin", "/mnt/key/laptop.gpg", passphrase);
    /// ```
    "key.protect" => pub struct Protect {
        /// The plain key file.
        pub key: AbsPath,
        /// Where the protected one goes, `.gpg` by custom.
        pub to: AbsPath,
        /// The passphrase, from a parameter of type `secret`.
        pub passphrase: Secret,
    }
}

args! {
    /// Unlocks a key that a passphrase protects into a file in memory, to give it another passphrase or to
    /// use it with other programs; on a disk it is refused. Take the file away with `file.remove`. To open a
    /// container there is no need for it: `luks.open` takes the protected key. Returns the path.
    ///
    /// Source: gpg(1), `--decrypt`.
    ///
    /// ```
    /// let key = key::unlock("/mnt/key/laptop.gpg", "/run/laptop.bin", passphrase);
    /// print(luks::test_key("/dev/sda3", #{ key: key }));
    /// file::remove(key);
    /// ```
    "key.unlock" => pub struct Unlock {
        /// The protected key.
        pub key: AbsPath,
        /// Where the plain one goes: below `/run`, say.
        pub to: AbsPath,
        /// Its passphrase, from a parameter of type `secret`.
        pub passphrase: Secret,
    }
}

/// `GnuPG` for one file and a passphrase on standard input: no folder of its own, no agent that would
/// stay behind, no question.
fn gpg(passphrase: &Secret) -> Cmd {
    Cmd::tool("gpg")
        .args(["--batch", "--quiet", "--no-tty", "--no-options", "--homedir", "/nonexistent"])
        .args(["--no-autostart", "--no-keyring", "--no-random-seed-file"])
        .args(["--pinentry-mode", "loopback", "--passphrase-fd", "0"])
        .stdin(Stdin::Secret(passphrase.clone()))
}

/// Prints the plain key: for a pipe only.
pub(in crate::primitives) fn unprotect(key: &AbsPath, passphrase: &Secret) -> Cmd {
    gpg(passphrase).args(["--decrypt", &key.to_string()])
}

impl Action for Protect {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.to.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        check_key(&Place::new(&self.key, None), cx)?;
        let place = Place::new(&self.to, None);
        must_not_exist(&place, cx)?;
        // As many rounds as the format can say: without an agent gpg does not measure the machine.
        let cmd = gpg(&self.passphrase)
            .args(["--cipher-algo", "AES256", "--s2k-digest-algo", "SHA512"])
            .args(["--s2k-count", "65011712", "--output", "-", "--symmetric"])
            .arg(self.key.to_string());
        Ok(kept(cmd, place))
    }
}

fn must_not_exist(place: &Place, cx: &Planning<'_>) -> Result<()> {
    match cx.look(place)? {
        Look::Missing | Look::Unknown(_) => Ok(()),
        _ => Err(KeyRule::Exists { place: place.clone() }.into()),
    }
}

/// The plan that keeps what a program prints as a key.
fn kept(cmd: Cmd, place: Place) -> Plan<String> {
    let output = place.to_string();
    Plan::step(FilesStep::Keep { cmd, place: place.clone() })
        .makes(FilesFact::File { place: place.clone(), digest: None, mode: None })
        .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
        .returns(output)
}

impl Action for Unlock {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.to.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let key = Place::new(&self.key, None);
        if cx.look(&key)? == Look::Missing {
            return Err(KeyRule::Missing { place: key }.into());
        }
        let place = Place::new(&self.to, None);
        if let Some(mount) = cx.machine.mount_of(&self.to.to_string())
            && !matches!(mount.kind.as_str(), "tmpfs" | "ramfs")
        {
            return Err(KeyRule::OnDisk { place, kind: mount.kind.clone() }.into());
        }
        must_not_exist(&place, cx)?;
        Ok(kept(unprotect(&self.key, &self.passphrase), place))
    }
}
