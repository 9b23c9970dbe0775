//! Signatures, verified by gpg with the keys of one file. Anything that is not clearly valid is
//! rejected.

use std::fs::File;

use tempfile::TempDir;

use crate::system::real::Real;
use crate::system::{Cmd, FilesStep, Outcome, Stdin, StepError, Watch};
use crate::types::Place;

/// A rejected signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BadSignature {
    Modified,
    UnknownKey,
    Expired,
    ExpiredKey,
    RevokedKey,
    Unsigned,
}

impl BadSignature {
    fn of(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "BADSIG" => Self::Modified,
            "ERRSIG" | "NO_PUBKEY" => Self::UnknownKey,
            "EXPSIG" => Self::Expired,
            "EXPKEYSIG" => Self::ExpiredKey,
            "REVKEYSIG" => Self::RevokedKey,
            "NODATA" | "UNEXPECTED" => Self::Unsigned,
            _ => return None,
        })
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Modified => "bad signature: the file was modified after it was signed",
            Self::UnknownKey => "signed by a key that is not in the key file",
            Self::Expired => "the signature has expired",
            Self::ExpiredKey => "the key that signed it has expired",
            Self::RevokedKey => "the key that signed it was revoked",
            Self::Unsigned => "there is no signature",
        }
    }

    fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Modified | Self::Unsigned => Some(DOWNLOAD_AGAIN),
            Self::ExpiredKey => Some(EXPIRED_KEYS),
            Self::UnknownKey => Some(OTHER_KEYS),
            Self::Expired | Self::RevokedKey => None,
        }
    }
}

/// The suggested fix for a damaged or unsigned file.
pub(super) const DOWNLOAD_AGAIN: &str =
    "download the tarball and its signature again, from another mirror if this repeats";

/// Release keys are extended every year, so the keys of an older live medium have expired. WKD (Web
/// Key Directory) gets them from gentoo.org.
const EXPIRED_KEYS: &str = "if the clock is right (date), fetch the extended keys: gpg \
    --auto-key-locate clear,nodefault,wkd --locate-keys releng@gentoo.org && gpg --armor --export \
    releng@gentoo.org >/root/gentoo-release.asc, and give this file as the key file";

const OTHER_KEYS: &str = "give a file with the keys of Gentoo's release engineering as the key \
    file: gpg --auto-key-locate clear,nodefault,wkd --locate-keys releng@gentoo.org && gpg \
    --armor --export releng@gentoo.org >/root/gentoo-release.asc";

/// A signature that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Untrusted {
    pub(super) why: String,
    pub(super) remedy: Option<&'static str>,
    /// Whether another proof may still be valid, because this one is not by a trusted key.
    pub(super) is_foreign: bool,
}

/// The status output of gpg for the signatures of a file (doc/DETAILS of GnuPG, "Format of the
/// --status-fd output").
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct GpgSignature {
    /// The fingerprint of each signing key, and that of its primary key.
    valid: Vec<(String, String)>,
    /// The reasons for a rejection.
    bad: Vec<BadSignature>,
}

/// Parses gpg's status lines.
pub(crate) fn parse_status(status: &str) -> GpgSignature {
    let mut signature = GpgSignature::default();
    for line in status.lines().filter_map(|line| line.strip_prefix("[GNUPG:] ")) {
        let words: Vec<&str> = line.split(' ').collect();
        signature.bad.extend(BadSignature::of(words[0]));
        if words[0] == "VALIDSIG" {
            let first = words.get(1).copied().unwrap_or_default();
            let primary = words.get(10).copied().unwrap_or(first);
            signature.valid.push((first.to_owned(), primary.to_owned()));
        }
    }
    signature
}

impl GpgSignature {
    /// Returns the fingerprint of the primary key if there is exactly one signature and it is
    /// valid. If `fingerprint` is given, the signature must be from that key.
    pub(super) fn accept(&self, fingerprint: Option<&str>) -> Result<String, Untrusted> {
        let untrusted = |why: String, is_foreign: bool| {
            let remedy = self.bad.first().and_then(|bad| bad.remedy());
            Untrusted { why, remedy, is_foreign }
        };
        if let Some(bad) = self.bad.first() {
            let foreign = [BadSignature::UnknownKey, BadSignature::Unsigned];
            let is_foreign = self.bad.iter().all(|bad| foreign.contains(bad));
            return Err(untrusted(bad.reason().to_owned(), is_foreign));
        }
        let [(key, primary)] = self.valid.as_slice() else {
            return Err(untrusted("there is no valid signature".into(), self.valid.is_empty()));
        };
        let plain = |text: &str| text.replace(' ', "").to_ascii_uppercase();
        match fingerprint.map(plain) {
            Some(wanted) if wanted != *key && wanted != *primary => {
                Err(untrusted(format!("signed by {primary}, not by {wanted}"), true))
            }
            _ => Ok(primary.clone()),
        }
    }
}

/// The trusted keys, in a directory of their own until this is dropped.
pub(super) struct Keyring(TempDir);

impl Keyring {
    fn gpg(&self) -> Cmd {
        let home = self.0.path().to_string_lossy();
        Cmd::tool("gpg")
            .args(["--homedir", &*home, "--batch", "--no-tty", "--no-autostart"])
            .args(["--trust-model", "always", "--no-auto-key-retrieve", "--status-fd", "2"])
            .accept_any_exit_code()
            // The size of the archive decides how long gpg reads.
            .is_long_running()
    }
}

/// gpg states the reason for a rejection, such as a wrong clock, in plain text.
pub(super) fn rejection_reasons(status: &str) -> Vec<String> {
    status.lines().filter(|line| !line.starts_with("[GNUPG:]")).map(str::to_owned).collect()
}

impl Real {
    /// Imports the trusted keys.
    pub(super) fn keyring(
        &mut self,
        step: &FilesStep,
        keys: &Place,
        watch: &mut dyn Watch,
    ) -> Result<Keyring, StepError> {
        let home = tempfile::Builder::new()
            .prefix("gscript-gpg-")
            .tempdir()
            .map_err(|error| StepError::kernel(step, error))?;
        let keyring = Keyring(home);
        let import = self.run(&keyring.gpg().arg("--import").arg(keys.to_string()), watch)?;
        if !import.stderr.contains("[GNUPG:] IMPORT_OK") {
            let error = StepError::kernel(step, format!("{keys}: no usable public key"));
            return Err(StepError { tail: rejection_reasons(&import.stderr), ..error });
        }
        Ok(keyring)
    }

    /// Returns the signed part of a text with an inline signature, and gpg's status. The text may
    /// contain more than what was signed.
    pub(super) fn signed_part(
        &mut self,
        keyring: &Keyring,
        text: String,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let cmd = keyring.gpg().args(["--output", "-", "--decrypt"]);
        self.run(&cmd.stdin(Stdin::Text(text)), watch)
    }

    /// Verifies a detached signature of a text; returns gpg's status.
    pub(super) fn detached(
        &mut self,
        keyring: &Keyring,
        signature: &Place,
        text: String,
        watch: &mut dyn Watch,
    ) -> Result<String, StepError> {
        let cmd = keyring.gpg().args(["--verify", &signature.to_string(), "-"]);
        Ok(self.run(&cmd.stdin(Stdin::Text(text)), watch)?.stderr)
    }

    /// Verifies a detached signature of an open file; returns gpg's status.
    pub(super) fn detached_of_file(
        &mut self,
        keyring: &Keyring,
        signature: &Place,
        file: &File,
        watch: &mut dyn Watch,
    ) -> Result<String, StepError> {
        let cmd = keyring.gpg().args(["--verify", &signature.to_string(), "-"]);
        Ok(self.run_reading(&cmd, Some(file), watch)?.stderr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 9E64 T\n[GNUPG:] VALIDSIG AA 2026-01-01 1 0 4 0 22 10 00 BB\n";

    #[test]
    fn only_one_good_signature_of_the_right_key_is_accepted() {
        let accept = |status: &str, key: Option<&str>| parse_status(status).accept(key);
        assert_eq!(accept(GOOD, None), Ok("BB".into()));
        assert_eq!(accept(GOOD, Some("a a")), Ok("BB".into()));
        assert!(accept(GOOD, Some("CC")).is_err());
        assert!(accept("", None).is_err());
        assert!(accept(&format!("{GOOD}{GOOD}"), None).is_err());
        for bad in ["BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "NODATA"] {
            assert!(accept(&format!("{GOOD}[GNUPG:] {bad} x\n"), None).is_err(), "{bad}");
        }
    }

    #[test]
    fn another_proof_is_tried_only_after_an_unknown_key_or_without_a_signature() {
        let foreign = |status: &str| {
            parse_status(status).accept(None).expect_err("a bad signature").is_foreign
        };
        assert!(foreign("[GNUPG:] ERRSIG AA 22 10 00 1 9 BB\n[GNUPG:] NO_PUBKEY AA\n"));
        assert!(foreign("[GNUPG:] NODATA 1\n[GNUPG:] NODATA 2\n"));
        assert!(!foreign("[GNUPG:] BADSIG AA T\n"));
        assert!(!foreign("[GNUPG:] EXPKEYSIG AA T\n[GNUPG:] VALIDSIG AA 2026-01-01\n"));
        assert!(!foreign("[GNUPG:] NO_PUBKEY AA\n[GNUPG:] REVKEYSIG AA T\n"));
    }

    #[test]
    fn an_expired_key_is_explained() {
        let status = "[GNUPG:] KEYEXPIRED 1\n[GNUPG:] EXPKEYSIG AA T\n[GNUPG:] VALIDSIG AA x\n";
        let untrusted = parse_status(status).accept(None).expect_err("an expired key");
        assert_eq!(untrusted.why, "the key that signed it has expired");
        assert!(untrusted.remedy.is_some_and(|text| text.contains("releng@gentoo.org")));
    }
}
