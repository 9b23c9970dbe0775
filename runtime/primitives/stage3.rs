//! The stage3 tarball of a Gentoo installation: verifying and unpacking it.

use serde::{Deserialize, Serialize};

use crate::args;
use crate::error::{Result, Rule};
use crate::machine::FilesFact;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::{FailureKind, FilesStep, Step, StepError};
use crate::types::{AbsPath, Fingerprint, Place};

args! {
    /// Verifies the digests and the signature of a stage3 tarball.
    ///
    /// The tarball must match all SHA-512 and BLAKE2b digests that are listed for it in the digest
    /// file, and the digest file must be signed by a key in the key file that is neither expired
    /// nor revoked. Missing or invalid files, digests and signatures are errors. Returns a map with
    /// `sha512` and `signer` (the fingerprint of the signing key).
    ///
    /// The digest file has an inline signature (Gentoo's `.DIGESTS`), or a detached one:
    /// `signature`.
    ///
    /// Source: Gentoo handbook, "Verifying and validating"; gpg(1), doc/DETAILS of GnuPG.
    ///
    /// ```
    /// stage3::verify("/mnt/gentoo/stage3.tar.xz", #{ keys: "/usr/share/openpgp-keys/gentoo-release.asc" });
    /// ```
    "stage3.verify" => pub struct Verify {
        /// The path of the tarball.
        pub archive: AbsPath,
        /// The digest file; by default the path of the tarball with `.DIGESTS` appended.
        pub digests: Option<AbsPath>,
        /// The detached signature of the digest file, if it has no inline signature.
        pub signature: Option<AbsPath>,
        /// The file with the trusted public keys; by default
        /// `/usr/share/openpgp-keys/gentoo-release.asc`.
        pub keys: Option<AbsPath>,
        /// The fingerprint of the only trusted key, if the key file contains several.
        pub fingerprint: Option<Fingerprint>,
    }
}

args! {
    /// Unpacks a stage3 tarball into a mounted filesystem.
    ///
    /// Preserves numeric owners, permissions, links, extended attributes and capabilities. Cannot
    /// be undone: the unpacked files are mixed with existing ones; format the filesystem again.
    ///
    /// Source: Gentoo handbook, `tar xpvf stage3-*.tar.xz --xattrs-include='*.*' --numeric-owner`.
    ///
    /// ```
    /// fs::make("/dev/sda1");
    /// mount::mount("/dev/sda1", "/mnt/gentoo");
    /// stage3::unpack("/var/tmp/stage3.tar.xz", "/mnt/gentoo");
    /// ```
    "stage3.unpack" => pub struct Unpack {
        /// The tarball, uncompressed or compressed with xz, zstd, gzip or bzip2.
        pub archive: AbsPath,
        /// The mount point of the new system.
        pub into: AbsPath,
    }
}

/// The release keys as installed by sec-keys/openpgp-keys-gentoo-release.
const RELEASE_KEYS: &str = "/usr/share/openpgp-keys/gentoo-release.asc";

/// A violated rule about stage3 tarballs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stage3Rule {
    /// A required file does not exist.
    #[error("there is no {what} {place}")]
    Missing {
        /// The role of the file.
        what: &'static str,
        /// The path of the file.
        place: Place,
    },
    /// The target is not a mount point.
    #[error(
        "nothing is mounted at {into}: the archive would be unpacked onto the disk of the \
        running system"
    )]
    NotMounted {
        /// The target directory.
        into: String,
    },
}

impl Rule for Stage3Rule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Missing { what: "key file", .. } => {
                "emerge sec-keys/openpgp-keys-gentoo-release, or give a key file: keys".into()
            }
            Self::Missing { .. } => "download it from the mirror that has the tarball".into(),
            Self::NotMounted { .. } => "mount the new root there first: mount::mount".into(),
        })
    }
}

/// The result of `stage3.verify`.
#[derive(Debug, Serialize, Deserialize)]
pub struct StageVerification {
    /// The SHA-512 digest of the tarball.
    pub sha512: String,
    /// The fingerprint of the signing key.
    pub signer: String,
}

fn must_exist(what: &'static str, path: &AbsPath, cx: &Planning<'_>) -> Result<Place> {
    let place = Place::new(path, None);
    match cx.look(&place)? {
        FileStatus::Missing => Err(Stage3Rule::Missing { what, place }.into()),
        _ => Ok(place),
    }
}

impl Action for Verify {
    type Output = StageVerification;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Reads { path: self.archive.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<StageVerification>> {
        let beside = || AbsPath::known(format!("{}.DIGESTS", self.archive));
        let keys = self.keys.clone().unwrap_or_else(|| AbsPath::known(RELEASE_KEYS));
        let signature = self.signature.as_ref();
        let step = Step::Files(FilesStep::Verify {
            archive: must_exist("archive", &self.archive, cx)?,
            digests: must_exist("digest file", &self.digests.clone().unwrap_or_else(beside), cx)?,
            signature: signature.map(|path| must_exist("signature", path, cx)).transpose()?,
            keys: must_exist("key file", &keys, cx)?,
            fingerprint: self.fingerprint.as_ref().map(ToString::to_string),
        });
        let shown = step.to_string();
        let guess = StageVerification { sha512: "~".into(), signer: "~".into() };
        Ok(Plan::step(step).reads(guess, move |outcomes| {
            let text = outcomes.first().map_or("", |outcome| outcome.stdout.as_str());
            serde_json::from_str(text).map_err(|error| {
                StepError::new(&shown, FailureKind::Unreadable(error.to_string())).into()
            })
        }))
    }
}

impl Action for Unpack {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        // The path of the tarball is part of the approved effects, as for `stage3.verify`.
        let archive = Effect::Files(FilesEffect::Reads { path: self.archive.to_string() });
        vec![archive, Effect::Files(FilesEffect::Writes { path: self.into.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let archive = must_exist("archive", &self.archive, cx)?;
        let into = self.into.to_string();
        if !cx.machine.storage.mounts.iter().any(|mount| mount.at == into) {
            return Err(Stage3Rule::NotMounted { into }.into());
        }
        let etc = Place::new(&AbsPath::known("/etc"), Some(&self.into));
        Ok(Plan::step(FilesStep::Unpack { archive, into: Place::new(&self.into, None) })
            .makes(FilesFact::Dir { place: etc })
            .always()
            .undo(Undo::Impossible(
                "its files are mixed with existing files; format the \
                filesystem again",
            )))
    }
}
