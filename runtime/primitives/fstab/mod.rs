//! `/etc/fstab`, with devices named by UUID.

mod entry;
mod write;

pub use entry::{Remove, Set};
pub use write::Write;

use serde::Serialize;

use super::contents::boot_source;
use super::copies::reject_copies;
use super::edit::system_file;
use crate::args;
use crate::config::fstab;
use crate::error::{Result, Rule};
use crate::machine::files::FileContents;
use crate::operation::{Answer, Planning, Query};
use crate::types::{
    AbsPath, DevicePath, FsType, FstabNumber, FstabPlace, FstabSource, MountOptions, Place,
};

args! {
    /// An entry of `/etc/fstab`. Requires a `device`, or a `source` for anything that is not on a
    /// device.
    pub struct FstabEntry {
        /// The mount point; `none` for swap.
        pub at: FstabPlace,
        /// The device; the entry names it by the UUID of its filesystem or swap area.
        pub device: Option<DevicePath>,
        /// The first field of the entry instead of a UUID, such as `proc`, `tmpfs` or `/dev/cdrom`.
        pub source: Option<FstabSource>,
        /// The type of the filesystem; by default that of the device. Required with `source`.
        pub kind: Option<FsType>,
        /// The mount options, separated by commas.
        pub options: MountOptions = "defaults",
        /// Whether dump(8) backs up the filesystem: 1 or 0.
        pub dump: FstabNumber = 0,
        /// The pass in which fsck(8) checks the filesystem at boot: 1 for the root, 2 for others, 0
        /// for never.
        pub pass: FstabNumber = 0,
    }
}

args! {
    /// Returns the entries of the `/etc/fstab` of a system.
    ///
    /// The result is a list of maps with `source`, `at`, `kind`, `options`, `dump` and `pass`. A line
    /// with less than three fields, which mount(8) ignores, is not in it, and is reported.
    ///
    /// Source: fstab(5).
    ///
    /// ```
    /// let entries = fstab::entries("/mnt/old");
    /// ```
    "fstab.entries" => pub struct Entries {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
    }
}

const FSTAB: &str = "/etc/fstab";
/// The number of fields without which libmount ignores a line.
const FSTAB_FIELDS: usize = 3;

/// A violated rule about fstab.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FstabRule {
    /// An entry has neither a device nor a source, or both.
    #[error("the entry for {at} needs either a \"device\" or a \"source\"")]
    Source {
        /// The mount point.
        at: String,
    },
    /// The device has no filesystem or swap area with a UUID.
    #[error("{device} cannot be in fstab: holds {}", found.as_deref().unwrap_or("nothing"))]
    NoUuid {
        /// The device.
        device: String,
        /// A description of its content.
        found: Option<String>,
    },
    /// An entry with a source has no type.
    #[error("the entry for {at} needs a \"kind\"")]
    NoKind {
        /// The mount point.
        at: String,
    },
    /// Two entries have the same mount point.
    #[error("{at} has two entries")]
    Twice {
        /// The mount point.
        at: String,
    },
    /// An entry without a mount point is to be removed, but neither its device nor its source is
    /// given.
    #[error("an entry without a mount point is selected by its \"device\" or its \"source\"")]
    NoSource,
    /// Several entries of the file match.
    #[error("{place}: {entry} has {} entries: lines {}", lines.len(), joined(lines))]
    Several {
        /// The file.
        place: Place,
        /// The mount point, or the source of an entry without one.
        entry: String,
        /// The line numbers.
        lines: Vec<usize>,
        /// The parameter that selects one of them.
        select: &'static str,
    },
}

impl Rule for FstabRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Source { .. } | Self::NoKind { .. } => "see: gscript doc fstab.write".into(),
            Self::NoUuid { .. } => "make a filesystem on it first, or open the container".into(),
            Self::Twice { .. } => "omit one of them".into(),
            Self::NoSource => "see: gscript doc fstab.remove".into(),
            Self::Several { select, .. } => {
                format!("select one with {select:?}, or delete the other lines manually")
            }
        })
    }
}

/// Returns numbers as a list: `3 and 7`.
fn joined(numbers: &[usize]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

impl FstabEntry {
    /// Returns the line of the entry, with aligned fields.
    fn line(&self, cx: &Planning<'_>) -> Result<String> {
        let at = || self.at.to_string();
        let (source, kind) = match (&self.device, &self.source) {
            (Some(device), None) => {
                let (uuid, kind) = identify(device, cx)?;
                (format!("UUID={uuid}"), Some(kind))
            }
            (None, Some(source)) => (fstab::escaped(source), None),
            _ => return Err(FstabRule::Source { at: at() }.into()),
        };
        let Some(kind) = self.kind.as_ref().map(ToString::to_string).or(kind) else {
            return Err(FstabRule::NoKind { at: at() }.into());
        };
        let options = if self.options.is_empty() { "defaults" } else { &*self.options };
        let (at, options) = (fstab::escaped(&self.at), fstab::escaped(options));
        let (dump, pass) = (self.dump.get(), self.pass.get());
        Ok(format!("{source:<42} {at:<12} {kind:<6} {options:<20} {dump} {pass}\n"))
    }
}

/// Returns the UUID and the type of the filesystem or swap area on a device.
fn identify(path: &DevicePath, cx: &Planning<'_>) -> Result<(String, String)> {
    let device = cx.device(path)?;
    let source = boot_source(device)?
        .map_err(|found| FstabRule::NoUuid { device: device.path.clone(), found })?;
    reject_copies(device, cx.machine)?;
    Ok(source)
}

/// An element of the result of `fstab.entries`.
#[derive(Debug, Serialize)]
pub struct FstabLine {
    source: String,
    at: String,
    kind: String,
    options: String,
    dump: u32,
    pass: u32,
}

impl Entries {
    /// Returns the place of the file, and its text if it is known.
    fn file(&self, cx: &Planning<'_>) -> Result<(Place, Option<String>)> {
        let place = system_file(&self.root, FSTAB);
        let text = match cx.files.read(&place)? {
            FileContents::Known(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            FileContents::Unknown(_) => None,
        };
        Ok((place, text))
    }
}

impl Query for Entries {
    type Output = Vec<FstabLine>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let (_, Some(text)) = self.file(cx)? else { return Ok(Answer::Assumed(Vec::new())) };
        let entry = |fields: Vec<String>| {
            let [source, at, kind, rest @ ..] = fields.as_slice() else { return None };
            // libmount does not require the fields after the type.
            let options = rest.first().map_or("defaults", String::as_str);
            let count = |index: usize| rest.get(index).and_then(|n| n.parse().ok()).unwrap_or(0);
            Some(FstabLine {
                source: source.clone(),
                at: at.clone(),
                kind: kind.clone(),
                options: options.to_owned(),
                dump: count(1),
                pass: count(2),
            })
        };
        Ok(Answer::Known(text.lines().filter_map(fstab::fields).filter_map(entry).collect()))
    }

    fn warnings(&self, cx: &mut Planning<'_>) -> Result<Vec<String>> {
        let (place, Some(text)) = self.file(cx)? else { return Ok(Vec::new()) };
        let ignored = text.lines().enumerate().filter(|(_, line)| {
            fstab::fields(line).is_some_and(|fields| fields.len() < FSTAB_FIELDS)
        });
        Ok(ignored
            .map(|(index, _)| {
                format!(
                    "{place}:{}: ignored, as mount(8) does: an entry has at least three fields",
                    index + 1
                )
            })
            .collect())
    }
}

#[cfg(test)]
mod tests;
