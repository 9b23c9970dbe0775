//! Key files that are encrypted with a passphrase by GnuPG. The plain key passes only through pipes
//! and the memory of gscript, unless the recipe itself stores it in a file.

use super::{KeyRule, check_key};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::{Cmd, FilesStep, Stdin, Step};
use crate::types::{AbsPath, Place, Secret};

args! {
    /// Encrypts a key file with a passphrase into a new file and returns the path of that file.
    ///
    /// GnuPG encrypts the copy with AES-256; only its owner can read it. An existing file is never
    /// overwritten. The plain key file remains until `file.remove` deletes it. Pass the encrypted
    /// file to `luks.open` as `gpg_key`. Undo removes the encrypted file.
    ///
    /// Source: gpg(1), `--symmetric`; guide ER, "gpg --symmetric" for the key on the USB drive.
    ///
    /// ```
    /// key::generate("/mnt/key/laptop.bin");
    /// key::protect("/mnt/key/laptop.bin", "/mnt/key/laptop.gpg", passphrase);
    /// ```
    "key.protect" => pub struct Protect {
        /// The path of the plain key file.
        pub key: AbsPath,
        /// The path of the encrypted file, conventionally with the extension `.gpg`.
        pub to: AbsPath,
        /// The passphrase, from a parameter of type `secret`.
        pub passphrase: Secret,
    }
}

args! {
    /// Decrypts an encrypted key into a new file in memory and returns the path of that file.
    ///
    /// Use it to change the passphrase of the key or to pass the key to other programs. The target
    /// must be on a tmpfs or ramfs; paths on a disk are rejected. Delete the file with
    /// `file.remove`, or by undoing the action. To open a container it is not needed: `luks.open`
    /// accepts the encrypted key.
    ///
    /// Source: gpg(1), `--decrypt`.
    ///
    /// ```
    /// let key = key::unlock("/mnt/key/laptop.gpg", "/run/laptop.bin", passphrase);
    /// print(luks::test_key("/dev/sda3", #{ key: key }));
    /// file::remove(key);
    /// ```
    "key.unlock" => pub struct Unlock {
        /// The path of the encrypted key.
        pub key: AbsPath,
        /// The path of the plain key file, for example below `/run`.
        pub to: AbsPath,
        /// The passphrase of the key, from a parameter of type `secret`.
        pub passphrase: Secret,
    }
}

/// Returns a gpg(1) command that reads the passphrase from standard input, uses no home directory,
/// starts no agent that would outlive the command, and never prompts.
fn gpg(passphrase: &Secret) -> Cmd {
    Cmd::tool("gpg")
        .args(["--batch", "--quiet", "--no-tty", "--no-options", "--homedir", "/nonexistent"])
        .args(["--no-autostart", "--no-keyring", "--no-random-seed-file"])
        .args(["--pinentry-mode", "loopback", "--passphrase-fd", "0"])
        .stdin(Stdin::Secret(passphrase.clone()))
}

/// Returns a command that prints the plain key to standard output, which must be a pipe.
pub(in crate::primitives) fn unprotect(key: &AbsPath, passphrase: &Secret) -> Cmd {
    gpg(passphrase).args(["--decrypt", &key.to_string()])
}

impl Action for Protect {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        let writes = FilesEffect::Writes { path: self.to.to_string() };
        vec![Effect::Files(writes), Effect::reads(&self.key.to_string())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        check_key(&Place::new(&self.key, None), cx)?;
        let place = Place::new(&self.to, None);
        must_not_exist(&place, cx)?;
        // The maximum iteration count of the format: without an agent, gpg does not benchmark the
        // machine.
        let cmd = gpg(&self.passphrase)
            .args(["--cipher-algo", "AES256", "--s2k-digest-algo", "SHA512"])
            .args(["--s2k-count", "65011712", "--output", "-", "--symmetric"])
            .arg(self.key.to_string());
        Ok(key_file_plan(cmd, place))
    }
}

fn must_not_exist(place: &Place, cx: &Planning<'_>) -> Result<()> {
    match cx.look(place)? {
        FileStatus::Missing | FileStatus::Unknown(_) => Ok(()),
        _ => Err(KeyRule::Exists { place: place.clone() }.into()),
    }
}

/// Returns the plan that stores the output of a command as a key file.
fn key_file_plan(cmd: Cmd, place: Place) -> Plan<String> {
    let output = place.to_string();
    Plan::step(FilesStep::SaveOutput { cmd, place: place.clone() })
        .makes(FilesFact::File { place: place.clone(), digest: None, mode: None })
        .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
        .returns(output)
}

impl Action for Unlock {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        let writes = FilesEffect::Writes { path: self.to.to_string() };
        vec![Effect::Files(writes), Effect::reads(&self.key.to_string())]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let key = Place::new(&self.key, None);
        if cx.look(&key)? == FileStatus::Missing {
            return Err(KeyRule::Missing { place: key }.into());
        }
        let place = Place::new(&self.to, None);
        if let Some(mount) = cx.machine.mount_of(&self.to.to_string())
            && !matches!(mount.kind.as_str(), "tmpfs" | "ramfs")
        {
            return Err(KeyRule::OnDisk { place, kind: mount.kind.clone() }.into());
        }
        must_not_exist(&place, cx)?;
        Ok(key_file_plan(unprotect(&self.key, &self.passphrase), place))
    }
}
