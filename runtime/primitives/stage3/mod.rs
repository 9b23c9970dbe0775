//! The stage3 tarball of a Gentoo installation: downloading, verifying and unpacking it.

mod fetch;
mod unpack;
mod verify;

use serde::{Deserialize, Serialize};

use crate::error::{Result, Rule};
use crate::machine::files::FileStatus;
use crate::operation::{Plan, Planning};
use crate::system::{FailureKind, Step, StepError};
use crate::types::{AbsPath, Place};

pub use fetch::Fetch;
pub use unpack::Unpack;
pub use verify::Verify;

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
    /// None of the files that can prove the tarball exists.
    #[error("there is no {archive}.asc, {archive}.DIGESTS or {archive}.sha256")]
    NoProof {
        /// The path of the tarball.
        archive: String,
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
            Self::Missing { .. } | Self::NoProof { .. } => {
                "download it from the mirror that has the tarball".into()
            }
            Self::NotMounted { .. } => "mount the new root there first: mount::mount".into(),
        })
    }
}

fn must_exist(what: &'static str, path: &AbsPath, cx: &Planning<'_>) -> Result<Place> {
    let place = Place::new(path, None);
    match cx.look(&place)? {
        FileStatus::Missing => Err(Stage3Rule::Missing { what, place }.into()),
        _ => Ok(place),
    }
}

/// Returns the file with the trusted keys.
fn key_file(keys: Option<&AbsPath>, cx: &Planning<'_>) -> Result<Place> {
    let release_keys = AbsPath::assume_valid(RELEASE_KEYS);
    must_exist("key file", keys.unwrap_or(&release_keys), cx)
}

/// The result of `stage3.verify` and `stage3.fetch`.
#[derive(Debug, Serialize, Deserialize)]
pub struct StageVerification {
    /// The SHA-512 digest of the tarball.
    pub sha512: String,
    /// The fingerprint of the signing key.
    pub signer: String,
}

/// Creates the plan of a step that prints a [`StageVerification`].
fn verifying(step: Step) -> Plan<StageVerification> {
    let shown = step.to_string();
    let guess = StageVerification { sha512: "~".into(), signer: "~".into() };
    Plan::step(step).reads(guess, move |outcomes| {
        let text = outcomes.first().map_or("", |outcome| outcome.stdout.as_str());
        serde_json::from_str(text).map_err(|error| {
            StepError::new(&shown, FailureKind::Unreadable(error.to_string())).into()
        })
    })
}
