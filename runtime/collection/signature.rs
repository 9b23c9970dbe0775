//! Keys and signatures of minisign(1). Only prehashed signatures are accepted: legacy ones sign the
//! manifest itself, and other programs sign with the same key.

use std::fmt;

use minisign_verify::{PublicKey, Signature};

use super::bad::BadCollection;
use super::place::{MANIFEST, SIGNATURE};
use crate::types::sha256;

/// Larger than any signature of minisign.
const MAX_SIGNATURE: usize = 2048;
/// The digits of a fingerprint that are typed to accept a key.
const TYPED: usize = 16;

/// The public key of an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorKey {
    key: PublicKey,
    text: String,
}

impl AuthorKey {
    /// Reads a key: the line `RW…`, or the contents of a file `*.pub`.
    pub fn parse(text: &str) -> Result<Self, BadCollection> {
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        let key = PublicKey::from_base64(line).map_err(|error| {
            let why = format!("{line:?} is not a public key of minisign: {error}");
            BadCollection::invalid(why, "give the second line of the author's minisign.pub")
        })?;
        Ok(Self { key, text: line.to_owned() })
    }

    /// Returns the key as it is published.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the SHA-256 digest of the published key, in groups of four digits. The identifier
    /// in a key of minisign is random: its author can choose that of another key.
    pub fn fingerprint(&self) -> String {
        let digest = sha256(self.text.as_bytes());
        let groups = digest.as_bytes().chunks(4).map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join(" ")
    }

    /// Returns the begin of the fingerprint that is typed to accept the key.
    pub fn typed(&self) -> String {
        self.fingerprint().replace(' ', "").chars().take(TYPED).collect()
    }

    /// Verifies the signature of a manifest. Returns `false` if another key made it.
    ///
    /// # Errors
    ///
    /// Returns an error if the signature is damaged or of the legacy kind, or if the manifest was
    /// changed.
    pub(super) fn verify(&self, signed: &Signed<'_>) -> Result<bool, BadCollection> {
        match self.key.verify(signed.manifest, &signed.signature, false) {
            Ok(()) => Ok(true),
            Err(minisign_verify::Error::UnexpectedKeyId) => Ok(false),
            Err(minisign_verify::Error::UnexpectedAlgorithm) => Err(invalid(
                "legacy signature: the author must sign the digest of the manifest (minisign -H)",
            )),
            // Another key can have the same identifier.
            Err(_) => Err(invalid("the signature does not match the manifest and the key")),
        }
    }
}

impl fmt::Display for AuthorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A manifest with its signature, which is not verified yet.
pub(super) struct Signed<'a> {
    manifest: &'a [u8],
    signature: Signature,
}

impl<'a> Signed<'a> {
    /// Reads a signature.
    pub(super) fn of(manifest: &'a [u8], signature: &str) -> Result<Self, BadCollection> {
        if signature.len() > MAX_SIGNATURE || signature.lines().count() != 4 {
            return Err(invalid("not a signature of minisign: expected four lines"));
        }
        let signature = Signature::decode(signature)
            .map_err(|error| invalid(format!("not a signature of minisign: {error}")))?;
        Ok(Self { manifest, signature })
    }

    /// Checks the trusted comment, which is signed as well: it repeats what the manifest declares,
    /// so that a signature of another file by the same key cannot be passed off as one of this.
    pub(super) fn check_comment(&self, name: &str, serial: u64) -> Result<(), BadCollection> {
        let (found, wanted) = (self.signature.trusted_comment(), comment(name, serial));
        match found == wanted {
            true => Ok(()),
            false => Err(invalid(format!("signature for {found:?}, not for {wanted:?}"))),
        }
    }
}

/// Returns the trusted comment of a signature.
pub(super) fn comment(name: &str, serial: u64) -> String {
    format!("gscript collection={name} serial={serial}")
}

fn invalid(why: impl Into<String>) -> BadCollection {
    let remedy = format!("fetch {MANIFEST} and {SIGNATURE} again, or ask the author");
    BadCollection::refused(format!("{SIGNATURE}: {}", why.into()), remedy)
}
