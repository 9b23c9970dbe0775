//! The contents of devices: first whether they can be read, then what blkid detects, then the
//! headers that blkid does not report in full.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;

use super::reading::{DeviceRead, ReadBytes, ReadError};
use super::stamp::sysfs;
use crate::machine::Content;
use crate::machine::probe::{
    BlkidInfo, MD_HEADER, UdevData, luks_header_len, md_superblock_offsets, parse_blkid,
    parse_luks, parse_md,
};
use crate::system::real::Real;
use crate::system::{Cmd, FailureKind, NoopWatch, Outcome, StepError};
use crate::types::quote;

/// The first and last bytes that are read of every device.
const EDGES: [(i64, usize); 2] = [(0, 4 << 10), (-(4 << 10), 4 << 10)];
/// Where blkid looks for signatures: the beginning and the end of a device that shows none are read
/// as well, because blkid does not report errors.
const SEARCHED: [(i64, usize); 2] = [(0, 256 << 10), (-(64 << 10), 64 << 10)];
/// The part of a LUKS header to read first: nearly all headers are as short.
const LUKS_HEADER: usize = 16 << 10;

type Signatures = BTreeMap<String, BlkidInfo>;

/// A result of reading a header, or the error of the device, or that of reading at all.
pub(super) type HeaderResult<T = Option<Content>> = Result<Result<T, ReadError>, StepError>;

impl Real {
    /// Returns the contents of devices: read from them, or as recorded by udev if reading is not
    /// permitted.
    pub(super) fn contents(
        &mut self,
        asked: &[String],
        secondhand: &mut bool,
        remembered: &mut Option<UdevData>,
    ) -> Result<Signatures, StepError> {
        let mut found = Signatures::new();
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for (path, error) in asked.iter().zip(self.first_errors(asked, &EDGES)?) {
            match error {
                None => open.push(path.clone()),
                Some(error) if error.is_denied() => closed.push(path),
                Some(error) => {
                    found.insert(path.clone(), unreadable(path, error));
                }
            }
        }
        found.extend(self.signatures(&open)?);
        if closed.is_empty() {
            return Ok(found);
        }
        *secondhand = true;
        let known = match remembered {
            Some(known) => known,
            none => none.insert(self.udev_data()?),
        };
        found.extend(closed.into_iter().map(|path| {
            let signature = known.signatures.get(path).cloned().unwrap_or_default();
            (path.clone(), signature)
        }));
        Ok(found)
    }

    /// Reads some parts of each device, and returns the first error for each.
    fn first_errors(
        &self,
        devices: &[String],
        parts: &[(i64, usize)],
    ) -> Result<Vec<Option<ReadError>>, StepError> {
        let part = |device, &(at, len): &(i64, usize)| DeviceRead { device, at, len, keep: false };
        let reads: Vec<DeviceRead> =
            devices.iter().flat_map(|path| parts.iter().map(|p| part(path.as_str(), p))).collect();
        let replies = self.read_devices(&reads)?;
        let first = |replies: &[Result<ReadBytes, ReadError>]| {
            replies.iter().find_map(|reply| reply.as_ref().err().copied())
        };
        Ok(replies.chunks(parts.len()).map(first).collect())
    }

    /// Returns the signatures of devices that can be read.
    fn signatures(&mut self, asked: &[String]) -> Result<Signatures, StepError> {
        let mut found = match self.blkid(asked) {
            Err(error) if asked.len() > 1 && error.is_about_a_device() => {
                self.blkid_one_by_one(asked, error)?
            }
            result => result?,
        };
        let blank = |(path, info): (&String, &BlkidInfo)| {
            let blank = info.table.is_none() && info.content.is_none();
            (blank && info.unreadable.is_none()).then(|| path.clone())
        };
        let blank: Vec<String> = found.iter().filter_map(blank).collect();
        for (path, error) in blank.iter().zip(self.first_errors(&blank, &SEARCHED)?) {
            if let Some(error) = error {
                found.insert(path.clone(), unreadable(path, error));
            }
        }
        self.add_headers(&mut found)?;
        Ok(found)
    }

    /// Asks blkid about each device in a call of its own. The contents of those that it cannot read
    /// are unknown; if that is all of them, it is blkid that does not work.
    fn blkid_one_by_one(
        &mut self,
        asked: &[String],
        error: StepError,
    ) -> Result<Signatures, StepError> {
        let (mut found, mut works) = (Signatures::new(), false);
        for path in asked {
            match self.blkid(std::slice::from_ref(path)) {
                Ok(signature) => {
                    works = true;
                    found.extend(signature);
                }
                Err(error) if error.is_about_a_device() => {
                    let why = format!("blkid: {}", error.broken);
                    found.insert(path.clone(), BlkidInfo::unreadable(why));
                }
                Err(error) => return Err(error),
            }
        }
        if works { Ok(found) } else { Err(error) }
    }

    /// Returns what blkid detects. It stops at the first device without any signature, so it is
    /// called again for the rest.
    fn blkid(&mut self, asked: &[String]) -> Result<Signatures, StepError> {
        let mut found = Signatures::new();
        let mut open: Vec<&str> = asked.iter().map(String::as_str).collect();
        while !open.is_empty() {
            let cmd = Cmd::tool("blkid")
                .args(["--probe", "--output", "export"])
                .args(open.iter().copied())
                .accept_any_exit_code();
            let outcome = self.run(&cmd, &mut NoopWatch)?;
            if !is_answer(&outcome) {
                // A disk must not count as blank because it could not be read.
                let said: Vec<String> = outcome.stderr.lines().map(str::to_owned).collect();
                let failed = StepError::new(&cmd, FailureKind::Exit(outcome.code));
                return Err(StepError { tail: said, ..failed });
            }
            let answers = parse_blkid(&[], &outcome.stdout, &outcome.stderr);
            // blkid stopped at the first device that it did not report.
            let stop = open.iter().position(|path| !answers.contains_key(*path));
            let seen = &open[..stop.map_or(open.len(), |at| at + 1)];
            found.extend(parse_blkid(seen, &outcome.stdout, &outcome.stderr));
            open = stop.map_or_else(Vec::new, |at| open[at + 1..].to_vec());
            open.retain(|path| !found.contains_key(*path));
        }
        Ok(found)
    }

    /// Adds the properties of LUKS headers and array superblocks that blkid does not report.
    fn add_headers(&self, found: &mut Signatures) -> Result<(), StepError> {
        let is = |wanted: fn(&Content) -> bool| -> Vec<String> {
            let found = found.iter().filter(|(_, info)| info.content.as_ref().is_some_and(wanted));
            found.map(|(path, _)| path.clone()).collect()
        };
        let containers = is(|content| matches!(content, Content::Luks { .. }));
        let members = is(|content| matches!(content, Content::RaidMember { .. }));
        let filesystem = |(path, info): (&String, &BlkidInfo)| {
            let kind = info.content.as_ref().map(Content::kind)?;
            ["xfs", "vfat"].contains(&kind).then(|| (path.clone(), kind.to_owned()))
        };
        let filesystems: Vec<(String, String)> = found.iter().filter_map(filesystem).collect();
        let mut headers: Vec<(&String, HeaderResult)> = Vec::new();
        headers.extend(containers.iter().map(|path| (path, self.luks_header(path))));
        headers.extend(members.iter().map(|path| (path, self.md_superblock(path))));
        headers.extend(filesystems.iter().map(|(path, kind)| (path, self.unfinished(path, kind))));
        for (path, header) in headers {
            let Some(info) = found.get_mut(path) else { continue };
            match header? {
                Ok(header) => info.content = header.or(info.content.take()),
                Err(error) => *info = unreadable(path, error),
            }
        }
        Ok(())
    }

    fn luks_header(&self, device: &str) -> HeaderResult {
        let read = |len| self.read_bytes(device, 0, len);
        let mut header = match read(LUKS_HEADER)? {
            Ok(header) => header.bytes,
            Err(error) => return Ok(Err(error)),
        };
        let len = luks_header_len(&header);
        if len > header.len() {
            header = match read(len)? {
                Ok(header) => header.bytes,
                Err(error) => return Ok(Err(error)),
            };
        }
        header.resize(len, 0);
        Ok(Ok(parse_luks(&header)))
    }

    fn md_superblock(&self, device: &str) -> HeaderResult {
        let size = match self.read_bytes(device, 0, 0)? {
            Ok(read) => read.size,
            Err(error) => return Ok(Err(error)),
        };
        let fits = |place: &u64| place.checked_add(MD_HEADER as u64).is_some_and(|end| end <= size);
        for place in md_superblock_offsets(size).into_iter().filter(fits) {
            let header = match self.read_bytes(device, place, MD_HEADER)? {
                Ok(read) => read.bytes,
                Err(error) => return Ok(Err(error)),
            };
            if let Some(found) = parse_md(&header, place) {
                return Ok(Ok(Some(found)));
            }
        }
        Ok(Ok(None))
    }

    pub(super) fn read_bytes(&self, device: &str, at: u64, len: usize) -> HeaderResult<ReadBytes> {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let mut replies = self.read_devices(&[DeviceRead { device, at, len, keep: true }])?;
        let none = Ok(ReadBytes { bytes: Vec::new(), size: 0 });
        Ok(replies.pop().unwrap_or(none))
    }
}

impl StepError {
    /// Returns whether a tool failed in a way that may be due to one of its devices.
    fn is_about_a_device(&self) -> bool {
        use FailureKind::{Exit, Idle, Signal, TimedOut};
        matches!(self.broken, Exit(_) | Signal(_) | TimedOut(_) | Idle(_))
    }
}

/// Returns the result for a device that could not be read, with the cause if it is known.
fn unreadable(path: &str, error: ReadError) -> BlkidInfo {
    let suspended = || -> Option<String> {
        let device = sysfs(fs::metadata(path).ok()?.rdev()).join("dm");
        let is_suspended = fs::read_to_string(device.join("suspended")).ok()?.trim() == "1";
        let name = fs::read_to_string(device.join("name")).ok().filter(|_| is_suspended)?;
        Some(format!("{error}: it is suspended (dmsetup resume {})", quote(name.trim_end())))
    };
    let why = matches!(error, ReadError::NoAnswer(_)).then(suspended).flatten();
    BlkidInfo::unreadable(why.unwrap_or_else(|| error.to_string()))
}

/// Returns whether blkid has read the devices: it found a signature, none (2), or too many (8).
fn is_answer(blkid: &Outcome) -> bool {
    match blkid.code {
        0 => !blkid.stdout.trim().is_empty(),
        code => [2, 8].contains(&code),
    }
}
