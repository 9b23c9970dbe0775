//! The tarball that a Gentoo installation begins with.

use serde::{Deserialize, Serialize};

use crate::args;
use crate::error::{Result, Rule};
use crate::machine::FilesFact;
use crate::machine::files::Look;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::system::{Broken, FilesStep, Step, StepError};
use crate::types::{AbsPath, Fingerprint, Place};

args! {
    /// Verifies a stage3 tarball: its digests must be those of the digest file (SHA-512 and
    /// BLAKE2b, whichever are listed), and the digest file must be signed by a key of the key file
    /// that is neither expired nor revoked. Anything that is missing or does not fit is an error.
    /// Returns a map with `sha512` and `signer` (the fingerprint of the key).
    ///
    /// The digest file is signed in itself (Gentoo's `.DIGESTS`), or by a separate `signature`.
    ///
    /// Source: Gentoo handbook, "Verifying and validating"; gpg(1), doc/DETAILS of GnuPG.
    ///
    /// ```
    /// stage3::verify("/mnt/gentoo/stage3.tar.xz", #{ keys: "/usr/share/openpgp-keys/gentoo-release.asc" });
    /// ```
    "stage3.verify" => pub struct Verify {
        /// The tarball.
        pub archive: AbsPath,
        /// The digest file; the archive's name with `.DIGESTS` by default.
        pub digests: Option<AbsPath>,
        /// A detached signature of the digest file, where it is not signed in itself.
        pub signature: Option<AbsPath>,
        /// The public keys to trust.
        pub keys: Option<AbsPath>,
        /// The fingerprint of the only key to trust, where the key file holds several.
        pub fingerprint: Option<Fingerprint>,
    }
}

args! {
    /// Unpacks a tarball into a mounted filesystem: numeric owners, permissions, links, extended
    /// attributes and capabilities as they are in it.
    ///
    /// Source: Gentoo handbook, `tar xpvf stage3-*.tar.xz --xattrs-include='*.*' --numeric-owner`.
    ///
    /// ```
    /// fs::make("/dev/sda1");
    /// mount::mount("/dev/sda1", "/mnt/gentoo");
    /// stage3::unpack("/var/tmp/stage3.tar.xz", "/mnt/gentoo");
    /// ```
    "stage3.unpack" => pub struct Unpack {
        /// The tarball: plain, xz, zstd, gzip or bzip2.
        pub archive: AbsPath,
        /// The mount point of the new root.
        pub into: AbsPath,
    }
}

/// Where Gentoo keeps its release keys.
const RELEASE_KEYS: &str = "/usr/share/openpgp-keys/gentoo-release.asc";

/// A rule about stage3 tarballs that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stage3Rule {
    /// A file is missing.
    #[error("there is no {what} {place}")]
    Missing {
        /// What it is.
        what: &'static str,
        /// Which.
        place: Place,
    },
    /// The target is not a mount point.
    #[error("nothing is mounted at {into}: the archive would fill the running system's own disk")]
    NotMounted {
        /// The folder.
        into: String,
    },
}

impl Rule for Stage3Rule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Missing { what: "key file", .. } => {
                "emerge sec-keys/openpgp-keys-gentoo-release, or name a key file: keys".into()
            }
            Self::Missing { .. } => "download it from the mirror that has the tarball".into(),
            Self::NotMounted { .. } => "mount the new root there first: mount::mount".into(),
        })
    }
}

/// What was verified.
#[derive(Debug, Serialize, Deserialize)]
pub struct Verified {
    /// The archive's SHA-512.
    pub sha512: String,
    /// The fingerprint of the key that signed.
    pub signer: String,
}

fn must_exist(what: &'static str, path: &AbsPath, cx: &Planning<'_>) -> Result<Place> {
    let place = Place::new(path, None);
    match cx.look(&place)? {
        Look::Missing => Err(Stage3Rule::Missing { what, place }.into()),
        _ => Ok(place),
    }
}

impl Action for Verify {
    type Output = Verified;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Reads { path: self.archive.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<Verified>> {
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
        let guess = Verified { sha512: "~".into(), signer: "~".into() };
        Ok(Plan::step(step).reads(guess, move |outcomes| {
            let text = outcomes.first().map_or("", |outcome| outcome.stdout.as_str());
            serde_json::from_str(text).map_err(|error| {
                StepError::new(&shown, Broken::Unreadable(error.to_string())).into()
            })
        }))
    }
}

impl Action for Unpack {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        // Which archive it is belongs to what is approved, as for its verification.
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
            .undo(Undo::Impossible("its files lie among whatever was there; format again")))
    }
}
