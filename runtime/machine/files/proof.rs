//! The files that prove where an archive comes from.

use crate::types::{Place, quote};

/// A signed file that proves an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveProof {
    /// A detached signature of the archive itself.
    Signature(Place),
    /// A file that lists digests of the archive.
    Digests {
        /// The digest file.
        file: Place,
        /// Its detached signature; by default, the digest file has an inline signature.
        signature: Option<Place>,
    },
}

impl ArchiveProof {
    /// Returns the file that is named in messages.
    pub fn file(&self) -> &Place {
        match self {
            Self::Signature(file) | Self::Digests { file, .. } => file,
        }
    }

    /// Returns the shell command that verifies the archive.
    pub(super) fn check(&self, archive: &Place) -> String {
        let word = |place: &Place| quote(&place.to_string());
        match self {
            Self::Signature(file) => format!("gpg --verify {} {}", word(file), word(archive)),
            Self::Digests { file, signature } => {
                let detached = signature.as_ref().map(|file| word(file) + " ").unwrap_or_default();
                let sum = match file.path.extension() {
                    Some(end) if end == "sha256" => "sha256sum",
                    _ => "sha512sum",
                };
                format!("gpg --verify {detached}{0} && {sum} --check {0}", word(file))
            }
        }
    }
}
