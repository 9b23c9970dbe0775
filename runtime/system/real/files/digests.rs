//! Digests of archives: those that a signed file lists, and those of the archive itself.

use std::io::Read;

use blake2::Blake2b512;
use sha2::{Digest, Sha256, Sha512};

use super::archive::Archive;
use crate::system::real::Real;
use crate::system::{FailureKind, FilesStep, Progress, StepError, Watch};
use crate::types::hex;

/// A digest algorithm, by the name that digest files use, and the length of its digests in
/// hexadecimal digits.
pub(crate) type DigestKind = (&'static str, usize);

const SHA512: DigestKind = ("SHA512", 128);
const SHA256: DigestKind = ("SHA256", 64);
const KINDS: [DigestKind; 3] = [SHA512, ("BLAKE2B", 128), SHA256];

/// Returns the digests that a file lists for an archive, with the names of their algorithms: below
/// the headings `# SHA512 HASH`, `# BLAKE2B HASH` and `# SHA256 HASH`, or on plain lines as of
/// sha512sum(1) and sha256sum(1).
pub(crate) fn listed_digests(text: &str, archive: &str) -> Vec<(&'static str, String)> {
    let mut headed = None;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.to_ascii_uppercase();
            headed = Some(KINDS.into_iter().find(|(known, _)| heading.contains(known)));
            continue;
        }
        let Some((digest, name)) = line.split_once(char::is_whitespace) else { continue };
        let name = name.trim_start_matches([' ', '*']);
        let is_hex = digest.bytes().all(|b| b.is_ascii_hexdigit());
        let plain = || [SHA512, SHA256].into_iter().find(|(_, length)| *length == digest.len());
        if let Some((kind, length)) = headed.unwrap_or_else(plain)
            && is_hex
            && digest.len() == length
            && name == archive
        {
            found.push((kind, digest.to_ascii_lowercase()));
        }
    }
    found
}

/// The digests of an archive, in hexadecimal.
pub(super) struct ArchiveDigests {
    pub(super) sha512: String,
    blake2b: String,
    sha256: String,
}

impl ArchiveDigests {
    /// Returns the algorithm of the first listed digest that the archive does not have.
    pub(super) fn mismatch(&self, listed: &[(&'static str, String)]) -> Option<&'static str> {
        let own = |kind: &str| match kind {
            "SHA512" => &self.sha512,
            "BLAKE2B" => &self.blake2b,
            _ => &self.sha256,
        };
        listed.iter().find(|(kind, digest)| own(kind) != digest).map(|(kind, _)| *kind)
    }
}

impl Real {
    /// Computes all digests of an archive in one pass, from its beginning.
    pub(super) fn digests(
        &mut self,
        step: &FilesStep,
        archive: &Archive,
        watch: &mut dyn Watch,
    ) -> Result<ArchiveDigests, StepError> {
        let kernel = |error: std::io::Error| StepError::kernel(step, error);
        archive.rewind().map_err(kernel)?;
        let mut file = archive.file();
        let total = file.metadata().map_err(kernel)?.len();
        let mut sha512 = Sha512::new();
        let (mut blake2b, mut sha256) = (Blake2b512::new(), Sha256::new());
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
            sha256.update(&buffer[..count]);
            done += count as u64;
            watch.progress(Progress { done, total: Some(total) });
        }
        archive.check_unchanged().map_err(kernel)?;
        Ok(ArchiveDigests {
            sha512: hex(&sha512.finalize()),
            blake2b: hex(&blake2b.finalize()),
            sha256: hex(&sha256.finalize()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_under_their_headings_and_for_that_archive_only() {
        let (a, b, c) = ("a".repeat(128), "B".repeat(128), "c".repeat(64));
        let text = format!(
            "# BLAKE2B HASH\n{b}  s.tar.xz\n{a}  s.tar.xz.CONTENTS\n# SHA512 HASH\n{a}  s.tar.xz\n\
             # MD5 HASH\n{a}  s.tar.xz\n# SHA256 HASH\n{c}  s.tar.xz\n{a}  s.tar.xz\n"
        );
        let found = listed_digests(&text, "s.tar.xz");
        let wanted = [("BLAKE2B", b.to_lowercase()), ("SHA512", a.clone()), ("SHA256", c.clone())];
        assert_eq!(found, wanted);
        assert_eq!(listed_digests(&format!("{a} *s.tar"), "s.tar"), [("SHA512", a)]);
        assert_eq!(listed_digests(&format!("{c}  s.tar"), "s.tar"), [("SHA256", c)]);
        assert_eq!(listed_digests("abc  s.tar", "s.tar"), []);
    }
}
