//! Signing a manifest with a secret key of minisign(1).

use std::io::Cursor;

use ct_codecs::{Base64, Decoder};
use minisign::{PublicKey, SecretKey, SecretKeyBox};
use zeroize::Zeroizing;

use super::bad::BadCollection;
use super::signature::{AuthorKey, comment};
use crate::types::Secret;

/// A secret key as minisign stores it.
pub struct SecretKeyFile {
    text: Zeroizing<String>,
}

/// How the second line of the file begins if a password protects the key: `EdScB2` in base64.
const ENCRYPTED: &str = "RWRTY0Iy";

impl SecretKeyFile {
    /// Takes the contents of a file `*.key`.
    pub fn new(text: String) -> Self {
        Self { text: Zeroizing::new(text) }
    }

    /// Returns whether a password protects the key.
    pub fn is_encrypted(&self) -> bool {
        self.text.lines().nth(1).is_some_and(|line| line.starts_with(ENCRYPTED))
    }

    /// Returns a key that no password protects, as minisign(1) 0.11 writes it: its checksum is zero.
    fn without_checksum(&self) -> Option<SecretKey> {
        const CHECKSUM: usize = 32;
        let line = self.text.lines().nth(1)?;
        let bytes = Zeroizing::new(Base64::decode_to_vec(line, None).ok()?);
        let (_, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
        let is_zero = checksum.iter().all(|byte| *byte == 0);
        (is_zero && !self.is_encrypted()).then(|| SecretKey::from_bytes(&bytes).ok()).flatten()
    }

    /// Opens the key.
    fn open(&self, password: Option<&Secret>) -> Result<SecretKey, BadCollection> {
        let wrong = |what: &dyn std::fmt::Display| {
            let why = format!("failed to open the secret key: {what}");
            BadCollection::invalid(why, "check the password; create a key: minisign -G")
        };
        let file = SecretKeyBox::from_string(&self.text).map_err(|error| wrong(&error))?;
        let key = match password {
            None => match self.without_checksum() {
                Some(key) => return Ok(key),
                None => file.into_unencrypted_secret_key(),
            },
            Some(password) => {
                let text = std::str::from_utf8(password.expose());
                let text = text.map_err(|_| wrong(&"the password is not UTF-8"))?;
                file.into_secret_key(Some(text.to_owned()))
            }
        };
        key.map_err(|error| wrong(&error))
    }

    /// Returns the public key.
    pub fn public(&self, password: Option<&Secret>) -> Result<AuthorKey, BadCollection> {
        let public = PublicKey::from_secret_key(&self.open(password)?);
        let public = public.map_err(|error| {
            BadCollection::invalid(format!("unusable secret key: {error}"), "use another key")
        })?;
        AuthorKey::parse(&public.to_base64())
    }
}

/// Returns the signature of a manifest.
pub fn sign(
    manifest: &[u8],
    (name, serial): (&str, u64),
    key: &SecretKeyFile,
    password: Option<&Secret>,
) -> Result<String, BadCollection> {
    let secret = key.open(password)?;
    let comment = comment(name, serial);
    let untrusted = format!("manifest of the gscript collection {name}");
    let signed =
        minisign::sign(None, &secret, Cursor::new(manifest), Some(&comment), Some(&untrusted));
    signed.map(minisign::SignatureBox::into_string).map_err(|error| {
        BadCollection::invalid(format!("failed to sign the manifest: {error}"), "use another key")
    })
}
