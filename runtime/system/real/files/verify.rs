//! Verification of archives by signed digests. Anything that is not clearly valid is rejected.

use std::io::Read;

use blake2::Blake2b512;
use sha2::{Digest, Sha512};

use super::archive::{Archive, VerifiedArchive};
use crate::system::real::Real;
use crate::system::{Cmd, FailureKind, FilesStep, Outcome, Progress, Stdin, StepError, Watch};
use crate::types::{Place, hex};

/// The status output of gpg for the signatures of a file (doc/DETAILS of GnuPG, "Format of the
/// --status-fd output").
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct GpgSignature {
    /// The fingerprint of each signing key, and that of its primary key.
    valid: Vec<(String, String)>,
    /// The reasons for a rejection.
    bad: Vec<&'static str>,
}

/// Parses gpg's status lines.
pub(crate) fn parse_status(status: &str) -> GpgSignature {
    let mut signature = GpgSignature::default();
    for line in status.lines().filter_map(|line| line.strip_prefix("[GNUPG:] ")) {
        let words: Vec<&str> = line.split(' ').collect();
        let bad = match words[0] {
            "BADSIG" => "bad signature: the file was modified after it was signed",
            "ERRSIG" | "NO_PUBKEY" => "signed by a key that is not in the key file",
            "EXPSIG" => "the signature has expired",
            "EXPKEYSIG" => "the key that signed it has expired",
            "REVKEYSIG" => "the key that signed it was revoked",
            "NODATA" | "UNEXPECTED" => "there is no signature",
            "VALIDSIG" => {
                let first = words.get(1).copied().unwrap_or_default();
                let primary = words.get(10).copied().unwrap_or(first);
                signature.valid.push((first.to_owned(), primary.to_owned()));
                continue;
            }
            _ => continue,
        };
        signature.bad.push(bad);
    }
    signature
}

impl GpgSignature {
    /// Returns the fingerprint of the primary key if there is exactly one signature and it is
    /// valid. If `fingerprint` is given, the signature must be from that key.
    fn accept(&self, fingerprint: Option<&str>) -> Result<String, String> {
        if let Some(bad) = self.bad.first() {
            return Err((*bad).to_owned());
        }
        let [(key, primary)] = self.valid.as_slice() else {
            return Err("there is no valid signature".into());
        };
        let plain = |text: &str| text.replace(' ', "").to_ascii_uppercase();
        match fingerprint.map(plain) {
            Some(wanted) if wanted != *key && wanted != *primary => {
                Err(format!("signed by {primary}, not by {wanted}"))
            }
            _ => Ok(primary.clone()),
        }
    }
}

/// Returns the digests that a file lists for an archive: below the headings `# SHA512 HASH` and `#
/// BLAKE2B HASH`, or on plain lines as of sha512sum(1).
pub(crate) fn listed_digests(text: &str, archive: &str) -> Vec<(&'static str, String)> {
    let mut kind = Some("SHA512");
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.to_ascii_uppercase();
            kind = ["SHA512", "BLAKE2B"].into_iter().find(|known| heading.contains(known));
            continue;
        }
        let Some((digest, name)) = line.split_once(char::is_whitespace) else { continue };
        let name = name.trim_start_matches([' ', '*']);
        let hex = digest.len() == 128 && digest.bytes().all(|b| b.is_ascii_hexdigit());
        if let (Some(kind), true) = (kind, hex && name == archive) {
            found.push((kind, digest.to_ascii_lowercase()));
        }
    }
    found
}

impl Real {
    pub(crate) fn verify(
        &mut self,
        step: &FilesStep,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let FilesStep::Verify { archive, digests, signature, keys, fingerprint } = step else {
            return Ok(Outcome::default());
        };
        let wrong = |why: String| StepError::kernel(step, why);
        // gpg states the reason for a rejection, such as a wrong clock, in plain text.
        let untrusted = |why: String, status: &str| {
            let said = status.lines().filter(|line| !line.starts_with("[GNUPG:]"));
            StepError { tail: said.map(str::to_owned).collect(), ..wrong(why) }
        };
        let home = tempfile::Builder::new()
            .prefix("gscript-gpg-")
            .tempdir()
            .map_err(|error| wrong(error.to_string()))?;
        let home = home.path().to_string_lossy().into_owned();
        let gpg = || {
            Cmd::tool("gpg")
                .args(["--homedir", &home, "--batch", "--no-tty", "--no-autostart"])
                .args(["--trust-model", "always", "--no-auto-key-retrieve", "--status-fd", "2"])
                .accept_any_exit_code()
        };
        let import = self.run(&gpg().arg("--import").arg(keys.to_string()), watch)?;
        if !import.stderr.contains("[GNUPG:] IMPORT_OK") {
            let why = format!("{keys}: no usable public key");
            return Err(untrusted(why, &import.stderr));
        }
        let (text, status) = match signature {
            Some(signature) => {
                // The file is read once and passed to gpg, so that later changes of the file have
                // no effect.
                let text = String::from_utf8(super::access::read(digests)?)
                    .map_err(|_| wrong(format!("{digests} is not a text file")))?;
                let cmd = gpg().args(["--verify", &signature.to_string(), "-"]);
                let cmd = cmd.stdin(Stdin::Text(text.clone()));
                (text, self.run(&cmd, watch)?.stderr)
            }
            None => {
                // gpg prints only the signed text; the file may contain more.
                let cmd = gpg().args(["--output", "-", "--decrypt", &digests.to_string()]);
                let outcome = self.run(&cmd, watch)?;
                (outcome.stdout, outcome.stderr)
            }
        };
        let signer = parse_status(&status)
            .accept(fingerprint.as_deref())
            .map_err(|why| untrusted(format!("{digests}: not trusted: {why}"), &status))?;
        let name = archive.path.file_name().unwrap_or_default().to_string_lossy();
        let listed = listed_digests(&text, &name);
        if listed.is_empty() {
            return Err(wrong(format!("{digests} lists no SHA-512 or BLAKE2b digest of {name}")));
        }
        let (checked, sha512, blake2b) = self.digest(step, archive, watch)?;
        for (kind, expected) in listed {
            let found = if kind == "SHA512" { &sha512 } else { &blake2b };
            if *found != expected {
                return Err(wrong(format!(
                    "{archive} is damaged or was replaced: its {kind} digest does not match the \
                     signed one"
                )));
            }
        }
        self.verified = Some(VerifiedArchive::new(checked));
        let verified = serde_json::json!({ "sha512": sha512, "signer": signer });
        Ok(Outcome { stdout: verified.to_string(), ..Outcome::default() })
    }

    /// Opens an archive and computes both digests in one pass.
    fn digest(
        &mut self,
        step: &FilesStep,
        archive: &Place,
        watch: &mut dyn Watch,
    ) -> Result<(Archive, String, String), StepError> {
        let kernel = |error: std::io::Error| StepError::kernel(step, error);
        self.verified = None;
        let archive = Archive::open(archive).map_err(kernel)?;
        let mut file = archive.file();
        let total = file.metadata().map_err(kernel)?.len();
        let (mut sha512, mut blake2b) = (Sha512::new(), Blake2b512::new());
        let mut buffer = vec![0; 1 << 20];
        let mut done = 0;
        loop {
            if self.interrupts.count() > 0 {
                return Err(StepError::new(step, FailureKind::Interrupted));
            }
            let count = file.read(&mut buffer).map_err(kernel)?;
            if count == 0 {
                break;
            }
            sha512.update(&buffer[..count]);
            blake2b.update(&buffer[..count]);
            done += count as u64;
            watch.progress(Progress { done, total: Some(total) });
        }
        archive.check_unchanged().map_err(kernel)?;
        Ok((archive, hex(&sha512.finalize()), hex(&blake2b.finalize())))
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
    fn digests_are_read_under_their_headings_and_for_that_archive_only() {
        let (a, b) = ("a".repeat(128), "B".repeat(128));
        let text = format!(
            "# BLAKE2B HASH\n{b}  s.tar.xz\n{a}  s.tar.xz.CONTENTS\n# SHA512 HASH\n{a}  s.tar.xz\n# MD5 HASH\n{a}  s.tar.xz\n"
        );
        let found = listed_digests(&text, "s.tar.xz");
        assert_eq!(found, [("BLAKE2B", b.to_lowercase()), ("SHA512", a.clone())]);
        assert_eq!(listed_digests(&format!("{a} *s.tar"), "s.tar"), [("SHA512", a)]);
        assert_eq!(listed_digests("abc  s.tar", "s.tar"), []);
    }
}
