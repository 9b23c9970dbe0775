//! `stage3.verify`: verifies the signature of a stage3 tarball.

use super::{Stage3Rule, StageVerification, key_file, must_exist, verifying};
use crate::args;
use crate::error::Result;
use crate::machine::files::{ArchiveProof, FileStatus};
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Fingerprint, Place};

args! {
    /// Verifies the signature of a stage3 tarball.
    ///
    /// Gentoo publishes three files next to a tarball, and one of them is enough: `.asc` is a
    /// signature of the tarball itself, `.DIGESTS` and `.sha256` have an inline signature and list
    /// digests. They are tried in this order. A file that is missing, is not signed, or is signed
    /// by a key that is not in the key file is passed over; any other fault is an error: a bad
    /// signature, an expired or revoked key, or a digest that the tarball does not have. All
    /// SHA-512, BLAKE2b and SHA-256 digests that are listed for the tarball must match.
    ///
    /// If `digests` is given, only this file is used, with an inline signature or with a detached
    /// one: `signature`.
    ///
    /// Returns a map with `sha512` and `signer` (the fingerprint of the signing key).
    ///
    /// Source: Gentoo handbook, "Verifying and validating"; gpg(1), doc/DETAILS of GnuPG.
    ///
    /// ```
    /// stage3::verify("/mnt/gentoo/stage3.tar.xz", #{ keys: "/usr/share/openpgp-keys/gentoo-release.asc" });
    /// ```
    "stage3.verify" => pub struct Verify {
        /// The path of the tarball.
        pub archive: AbsPath,
        /// The digest file; by default the files that Gentoo publishes next to the tarball.
        pub digests: Option<AbsPath>,
        /// The detached signature of the digest file, if it has no inline signature; without
        /// `digests`, that of the tarball.
        pub signature: Option<AbsPath>,
        /// The file with the trusted public keys; by default
        /// `/usr/share/openpgp-keys/gentoo-release.asc`.
        pub keys: Option<AbsPath>,
        /// The fingerprint of the only trusted key, if the key file contains several.
        pub fingerprint: Option<Fingerprint>,
    }
}

impl Verify {
    /// Returns the files that may prove the tarball; with the files that Gentoo publishes, at least
    /// one of them exists.
    fn proofs(&self, cx: &Planning<'_>) -> Result<Vec<ArchiveProof>> {
        let signature = self.signature.as_ref();
        if let Some(digests) = &self.digests {
            return Ok(vec![ArchiveProof::Digests {
                file: must_exist("digest file", digests, cx)?,
                signature: signature.map(|path| must_exist("signature", path, cx)).transpose()?,
            }]);
        }
        if let Some(signature) = signature {
            return Ok(vec![ArchiveProof::Signature(must_exist("signature", signature, cx)?)]);
        }
        let beside =
            |end: &str| Place::new(&AbsPath::assume_valid(format!("{}.{end}", self.archive)), None);
        let ends = ["asc", "DIGESTS", "sha256"];
        let mut any = false;
        for end in ends {
            any |= cx.look(&beside(end))? != FileStatus::Missing;
        }
        if !any {
            return Err(Stage3Rule::NoProof { archive: self.archive.to_string() }.into());
        }
        // A plan does not know the files of a stick that the run mounts, so the step has them all.
        let [asc, digests, sha256] = ends.map(beside);
        let listed = |file| ArchiveProof::Digests { file, signature: None };
        Ok(vec![ArchiveProof::Signature(asc), listed(digests), listed(sha256)])
    }
}

impl Action for Verify {
    type Output = StageVerification;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Reads { path: self.archive.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<StageVerification>> {
        Ok(verifying(Step::Files(FilesStep::Verify {
            archive: must_exist("archive", &self.archive, cx)?,
            proofs: self.proofs(cx)?,
            keys: key_file(self.keys.as_ref(), cx)?,
            fingerprint: self.fingerprint.as_ref().map(ToString::to_string),
        })))
    }
}
