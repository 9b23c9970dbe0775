//! Downloads of stage3 tarballs. Nothing is used that a trusted key has not signed: the index names
//! the tarball and its size, a digest file has its digests.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::time::{Duration, SystemTime};

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use nix::sys::statvfs::fstatvfs;

use super::access;
use super::archive::Archive;
use super::digests::listed_digests;
use super::gpg::{Keyring, parse_status};
use super::reach::open_parent_exactly;
use super::verify::{compare, not_trusted};
use crate::machine::files::{LatestStage, StageSource};
use crate::system::real::Real;
use crate::system::{FailureKind, FilesStep, Outcome, StepError, Watch};
use crate::types::{Place, Size};

/// The number of connections in a row that may bring nothing.
const MAX_EMPTY_CONNECTIONS: u32 = 3;
/// The time between two connections.
const RETRY_DELAY: Duration = Duration::from_secs(2);
/// The age of an index that the user is told about, in days. Gentoo builds every week.
const OLD_INDEX: u64 = 60;
/// The exit code of curl(1) if the server can only send whole files.
const NO_RANGES: FailureKind = FailureKind::Exit(33);

const RESUME_HINT: &str = "check the network connection and the mirror, then run gscript resume: the \
    download continues where it stopped";

/// A signed text, and the fingerprint of its key.
struct SignedText {
    text: String,
    signer: String,
}

impl Real {
    pub(crate) fn fetch(
        &mut self,
        step: &FilesStep,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let FilesStep::Fetch { into, source, keys, fingerprint } = step else {
            return Ok(Outcome::default());
        };
        let keyring = self.keyring(step, keys, watch)?;
        let trusted = (&keyring, fingerprint.as_deref());
        let index = source.index();
        let signed = self.signed_file(step, source, trusted, &index, watch)?;
        let latest = source
            .latest(&signed.text)
            .map_err(|why| StepError::kernel(step, format!("{index}: {why}")))?;
        report_index_age(&latest, source, watch);
        let (list, signed) = self.fetch_digests(step, source, trusted, &latest, watch)?;
        let file = open(into).map_err(|error| StepError::kernel(step, error))?;
        check_room(step, into, &file, &latest)?;
        loop {
            let resumed = self.download(step, source, &latest, &file, watch)?;
            file.sync_all().map_err(|error| StepError::kernel(step, error))?;
            let archive = Archive::open(into).map_err(|error| StepError::kernel(step, error))?;
            let digests = self.digests(step, &archive, watch)?;
            let list = (&Place::here(list.as_str()), signed.text.as_str());
            match compare(step, into, list, latest.name(), &digests) {
                Ok(()) => return Ok(self.remember(archive, &digests, &signed.signer)),
                // The beginning may be that of an older tarball.
                Err(_) if resumed => {
                    watch.notice("the partial download is of another tarball: downloading again");
                    file.set_len(0).map_err(|error| StepError::kernel(step, error))?;
                }
                Err(error) => {
                    access::remove(into).map_err(|error| StepError::kernel(step, error))?;
                    return Err(error);
                }
            }
        }
    }

    /// Downloads the signed digests of a tarball; returns the address of their file, too.
    fn fetch_digests(
        &mut self,
        step: &FilesStep,
        source: &StageSource,
        trusted: (&Keyring, Option<&str>),
        latest: &LatestStage,
        watch: &mut dyn Watch,
    ) -> Result<(String, SignedText), StepError> {
        let address = |end: &str| source.address(&format!("{}.{end}", latest.path));
        let mut list = address("DIGESTS");
        let signed = match self.signed_file(step, source, trusted, &list, watch) {
            Ok(signed) => signed,
            Err(first) => {
                list = address("sha256");
                self.signed_file(step, source, trusted, &list, watch).map_err(|_| first)?
            }
        };
        if listed_digests(&signed.text, latest.name()).is_empty() {
            let why = format!("{list} lists no digest of {}", latest.name());
            return Err(StepError::kernel(step, why));
        }
        Ok((list, signed))
    }

    /// Downloads a file with an inline signature by a trusted key; returns its signed part.
    fn signed_file(
        &mut self,
        step: &FilesStep,
        source: &StageSource,
        (keyring, fingerprint): (&Keyring, Option<&str>),
        address: &str,
        watch: &mut dyn Watch,
    ) -> Result<SignedText, StepError> {
        let failed = |error: StepError| {
            let why = match &error.broken {
                FailureKind::Exit(8 | 22) => format!("the mirror did not send {address}"),
                broken => format!("failed to download {address}: {broken}"),
            };
            let hint =
                Some("check the mirror and the variant: a mirror has releases/amd64/autobuilds");
            StepError { tail: error.tail, hint, ..StepError::kernel(step, why) }
        };
        let content = self.run_for_output(&source.download(address, 0), watch).map_err(failed)?;
        let text = String::from_utf8_lossy(&content).into_owned();
        let checked = self.signed_part(keyring, text, watch)?;
        match parse_status(&checked.stderr).accept(fingerprint) {
            Ok(signer) => Ok(SignedText { text: checked.stdout, signer }),
            Err(untrusted) => {
                let why = format!("{address}: not trusted: {}", untrusted.why);
                Err(not_trusted(step, why, &untrusted, &checked.stderr))
            }
        }
    }

    /// Downloads what is still missing of the tarball. Returns whether the file had a part of it.
    fn download(
        &mut self,
        step: &FilesStep,
        source: &StageSource,
        latest: &LatestStage,
        file: &File,
        watch: &mut dyn Watch,
    ) -> Result<bool, StepError> {
        let kernel = |error: io::Error| StepError::kernel(step, error);
        let address = source.address(&latest.path);
        let length = || file.metadata().map(|meta| meta.len());
        if length().map_err(kernel)? > latest.size {
            file.set_len(0).map_err(kernel)?;
        }
        let resumed = length().map_err(kernel)? > 0;
        let mut fruitless = 0;
        loop {
            let before = length().map_err(kernel)?;
            if before == latest.size {
                return Ok(resumed);
            }
            (&*file).seek(SeekFrom::End(0)).map_err(kernel)?;
            let cmd = source.download(&address, before);
            let result = self.run_writing(&cmd, file, latest.size, watch);
            let now = length().map_err(kernel)?;
            let error = match result {
                _ if now > latest.size => {
                    file.set_len(0).map_err(kernel)?;
                    let why = format!(
                        "{address} is longer than the {} bytes that the index lists",
                        latest.size
                    );
                    return Err(StepError {
                        hint: Some(RESUME_HINT),
                        ..StepError::kernel(step, why)
                    });
                }
                Ok(()) if now > before => continue,
                Ok(()) => StepError::kernel(step, format!("{address} ended at {now} bytes")),
                Err(error) if error.broken == FailureKind::Interrupted => return Err(error),
                Err(error) if error.broken == NO_RANGES && before > 0 => {
                    file.set_len(0).map_err(kernel)?;
                    continue;
                }
                Err(error) => error,
            };
            fruitless = if now > before { 0 } else { fruitless + 1 };
            if fruitless == MAX_EMPTY_CONNECTIONS
                || matches!(error.broken, FailureKind::Exit(8 | 22))
            {
                return Err(StepError { hint: Some(RESUME_HINT), ..error });
            }
            watch.notice(&format!(
                "the connection was lost after {now} of {} bytes: connecting again",
                latest.size
            ));
            self.pause(step)?;
        }
    }

    /// Waits before the next connection.
    fn pause(&self, step: &FilesStep) -> Result<(), StepError> {
        std::thread::sleep(RETRY_DELAY);
        match self.interrupts.count() {
            0 => Ok(()),
            _ => Err(StepError::new(step, FailureKind::Interrupted)),
        }
    }
}

/// Opens the file for the tarball; an existing one is kept.
fn open(into: &Place) -> io::Result<File> {
    let (dir, name) = open_parent_exactly(into)?;
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = File::from(openat(&dir, &name, flags, Mode::from_bits_truncate(0o600))?);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other(format!("{into} is not a regular file"))),
    }
}

/// Returns an error if the filesystem has too little free space for the rest of the tarball.
fn check_room(
    step: &FilesStep,
    into: &Place,
    file: &File,
    latest: &LatestStage,
) -> Result<(), StepError> {
    let kernel = |error: io::Error| StepError::kernel(step, error);
    let there = file.metadata().map_err(kernel)?.len();
    let room = fstatvfs(file).map_err(|error| kernel(error.into()))?;
    let free = room.blocks_available() * room.fragment_size();
    if there + free >= latest.size {
        return Ok(());
    }
    let (needed, free) = (Size::bytes(latest.size - there), Size::bytes(free));
    let why = format!("{into}: {needed} are needed, but only {free} are free");
    let hint = Some("choose a larger size for the filesystem, or a path on another one");
    Err(StepError { hint, ..StepError::kernel(step, why) })
}

/// Tells the user if the index is old: a mirror may hold back newer ones.
fn report_index_age(latest: &LatestStage, source: &StageSource, watch: &mut dyn Watch) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let Some(made) = latest.made else { return };
    let days = now.as_secs().saturating_sub(made) / 86400;
    if days > OLD_INDEX {
        watch.notice(&format!(
            "the latest stage3 on {} is {days} days old: the mirror may be out of date",
            source.mirror
        ));
    }
}
