//! Verification of archives: by a detached signature, or by signed digests.

use super::access;
use super::archive::{Archive, VerifiedArchive};
use super::digests::{ArchiveDigests, listed_digests};
use super::gpg::{DOWNLOAD_AGAIN, Keyring, Untrusted, parse_status, rejection_reasons};
use super::lookups::Lookups;
use crate::machine::files::{ArchiveProof, FileStatus};
use crate::system::real::Real;
use crate::system::{FilesStep, Outcome, StepError, Watch};
use crate::types::Place;

/// What gpg says of a proof.
struct Checked {
    /// The signed text, if the proof is a digest file.
    text: Option<String>,
    status: String,
}

impl Real {
    pub(crate) fn verify(
        &mut self,
        step: &FilesStep,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let FilesStep::Verify { archive, proofs, keys, fingerprint } = step else {
            return Ok(Outcome::default());
        };
        self.verified = None;
        let keyring = self.keyring(step, keys, watch)?;
        let opened = Archive::open(archive).map_err(|error| StepError::kernel(step, error))?;
        let mut foreign: Vec<(StepError, String)> = Vec::new();
        let several = proofs.len() > 1;
        for proof in proofs {
            if several && access::look(proof.file(), &Lookups::default())? == FileStatus::Missing {
                continue;
            }
            let checked = self.check(step, &keyring, proof, &opened, watch)?;
            let file = proof.file();
            match parse_status(&checked.status).accept(fingerprint.as_deref()) {
                Ok(signer) => {
                    let digests = self.digests(step, &opened, watch)?;
                    if let Some(text) = &checked.text {
                        let name = archive.path.file_name().unwrap_or_default().to_string_lossy();
                        compare(step, archive, (file, text), &name, &digests)?;
                    }
                    return Ok(self.remember(opened, &digests, &signer));
                }
                Err(untrusted) => {
                    let why = format!("{file}: not trusted: {}", untrusted.why);
                    let error = not_trusted(step, why.clone(), &untrusted, &checked.status);
                    if !untrusted.is_foreign {
                        return Err(error);
                    }
                    foreign.push((error, why));
                }
            }
        }
        // The reasons of all of them, and the help of the first.
        let whys: Vec<String> = foreign.iter().map(|(_, why)| why.clone()).collect();
        let whole = StepError::kernel(step, whys.join("; "));
        Err(match foreign.into_iter().next() {
            Some((first, _)) => StepError { broken: whole.broken, ..first },
            None => StepError::kernel(step, format!("the signature of {archive} is missing")),
        })
    }

    /// Lets gpg check the signature of a proof.
    fn check(
        &mut self,
        step: &FilesStep,
        keyring: &Keyring,
        proof: &ArchiveProof,
        archive: &Archive,
        watch: &mut dyn Watch,
    ) -> Result<Checked, StepError> {
        // The file is read once and passed to gpg, so that later changes of the file have no
        // effect.
        let text = |file: &Place| {
            String::from_utf8(access::read(file, &Lookups::default())?)
                .map_err(|_| StepError::kernel(step, format!("{file} is not a text file")))
        };
        Ok(match proof {
            ArchiveProof::Signature(file) => {
                archive.rewind().map_err(|error| StepError::kernel(step, error))?;
                let status = self.detached_of_file(keyring, file, archive.file(), watch)?;
                archive.check_unchanged().map_err(|error| StepError::kernel(step, error))?;
                Checked { text: None, status }
            }
            ArchiveProof::Digests { file, signature: Some(signature) } => {
                let text = text(file)?;
                let status = self.detached(keyring, signature, text.clone(), watch)?;
                Checked { text: Some(text), status }
            }
            ArchiveProof::Digests { file, signature: None } => {
                let outcome = self.signed_part(keyring, text(file)?, watch)?;
                Checked { text: Some(outcome.stdout), status: outcome.stderr }
            }
        })
    }

    /// Keeps a verified archive until it is unpacked, and returns the result of the step.
    pub(super) fn remember(
        &mut self,
        archive: Archive,
        digests: &ArchiveDigests,
        signer: &str,
    ) -> Outcome {
        self.verified = Some(VerifiedArchive::new(archive));
        let verified = serde_json::json!({ "sha512": digests.sha512, "signer": signer });
        Outcome { stdout: verified.to_string(), ..Outcome::default() }
    }
}

/// Compares the digests of an archive with those of a signed text, which is the content of a file.
pub(super) fn compare(
    step: &FilesStep,
    archive: &Place,
    (file, text): (&Place, &str),
    name: &str,
    digests: &ArchiveDigests,
) -> Result<(), StepError> {
    let listed = listed_digests(text, name);
    if listed.is_empty() {
        let why = format!("{file} lists no SHA-512, BLAKE2b or SHA-256 digest of {name}");
        return Err(StepError::kernel(step, why));
    }
    match digests.mismatch(&listed) {
        Some(kind) => {
            let why = format!(
                "{archive} is damaged or was replaced: its {kind} digest does not match the signed \
                 one"
            );
            Err(StepError { hint: Some(DOWNLOAD_AGAIN), ..StepError::kernel(step, why) })
        }
        None => Ok(()),
    }
}

/// Returns the error for a signature that is not accepted.
pub(super) fn not_trusted(
    step: &FilesStep,
    why: String,
    untrusted: &Untrusted,
    status: &str,
) -> StepError {
    let (tail, hint) = (rejection_reasons(status), untrusted.remedy);
    StepError { tail, hint, ..StepError::kernel(step, why) }
}
