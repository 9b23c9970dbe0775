//! `/etc/fstab`, with devices named by UUID.

use serde::Serialize;

use super::edit::{edit, exists, there, writes};
use crate::args;
use crate::config::fstab;
use crate::error::{Result, Rule};
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::{Content, FilesFact};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{
    AbsPath, DevicePath, FsType, FstabNumber, FstabPlace, FstabSource, Mode, MountOptions, Place,
    sha256,
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
    /// Writes the `/etc/fstab` of an installed system.
    ///
    /// The file is replaced: entries that are not in the list are lost. Devices are named by UUID,
    /// never by a device path that can change. Two entries with the same mount point, and a UUID
    /// that exists on two devices, are rejected. Undo restores the previous file.
    ///
    /// Source: fstab(5); guide ER, "Configuring /etc/fstab".
    ///
    /// ```
    /// fstab::write("/mnt/old", [
    ///     #{ at: "/", device: "/dev/vg_live/data", options: "errors=remount-ro", pass: 1 },
    ///     #{ at: "/boot", device: "/dev/sdc1", options: "noauto,noatime", pass: 1 },
    ///     #{ at: "/proc", source: "proc", kind: "proc" },
    /// ]);
    /// ```
    "fstab.write" => pub struct Write {
        /// The mount point of the installed system.
        pub root: AbsPath,
        /// The entries, as maps, in the order of the file.
        pub entries: Vec<FstabEntry>,
    }
}

args! {
    /// Returns the entries of the `/etc/fstab` of a system.
    ///
    /// The result is a list of maps with `source`, `at`, `kind`, `options`, `dump` and `pass`.
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

args! {
    /// Removes one entry from the `/etc/fstab` of a system.
    ///
    /// All other lines are unchanged. Nothing is done if there is no such entry. Two matching
    /// entries are rejected. Undo restores the previous file.
    ///
    /// An entry for swap has no mount point: it is selected with `at: "none"` and its `source`.
    ///
    /// Source: fstab(5).
    ///
    /// ```
    /// fstab::remove("/mnt/old", "/home");
    /// fstab::remove("/mnt/old", "none", #{ source: "/dev/sda3" });
    /// ```
    "fstab.remove" => pub struct Remove {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The mount point of the entry; `none` for swap.
        pub at: FstabPlace,
        /// The first field of the entry, as `fstab.entries` returns it. Required if `at` is `none`;
        /// otherwise it selects one of several entries with the same mount point.
        pub source: Option<FstabSource>,
    }
}

const FSTAB: &str = "/etc/fstab";

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
    /// An entry without a mount point is to be removed, but its source is not given.
    #[error("an entry without a mount point is selected by its \"source\"")]
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
    },
    /// Two devices have the same UUID.
    #[error("the UUID {uuid} is on {}: it is undefined which of them is \
        mounted", devices.join(" and "))]
    Ambiguous {
        /// The UUID.
        uuid: String,
        /// The devices with this UUID.
        devices: Vec<String>,
    },
    /// A line of the file has too few fields.
    #[error("{place}, line {line}: an entry has at least three fields")]
    Fields {
        /// The file.
        place: Place,
        /// The line number.
        line: usize,
    },
}

impl Rule for FstabRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Source { .. } | Self::NoKind { .. } => "see: gscript doc fstab.write".into(),
            Self::NoUuid { .. } => "make a filesystem on it first, or open the container".into(),
            Self::Twice { .. } => "omit one of them".into(),
            Self::NoSource => "see: gscript doc fstab.remove".into(),
            Self::Several { .. } => {
                "select one with \"source\", or delete the other lines manually".into()
            }
            Self::Ambiguous { .. } => {
                "disconnect the copy; lsblk -o NAME,UUID,PARTUUID shows both".into()
            }
            Self::Fields { .. } => "correct or remove that line".into(),
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
    let content = match &device.content {
        Some(content @ (Content::Filesystem { .. } | Content::Swap { .. })) => content,
        other => {
            let found = other.as_ref().map(ToString::to_string);
            return Err(FstabRule::NoUuid { device: device.path.clone(), found }.into());
        }
    };
    let Some(uuid) = content.identifier().map(str::to_owned) else {
        let found = Some(format!("{content} without a UUID"));
        return Err(FstabRule::NoUuid { device: device.path.clone(), found }.into());
    };
    let same = |other: &&crate::machine::Device| {
        other.content.as_ref().and_then(|content| content.uuid()) == Some(uuid.as_str())
    };
    let devices: Vec<String> = cx
        .machine
        .storage
        .devices
        .values()
        .filter(same)
        .map(|device| device.path.clone())
        .collect();
    // Devices of one btrfs share its UUID: each of them names all of it.
    if devices.len() > 1 && content.kind() != "btrfs" {
        return Err(FstabRule::Ambiguous { uuid, devices }.into());
    }
    Ok((uuid, content.kind().to_owned()))
}

impl Action for Write {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, FSTAB)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let mut text = String::from(
            "# <what>                                   <where>      <type> <options>            <dump> <pass>\n",
        );
        let mut places: Vec<&str> = Vec::new();
        for entry in &self.entries {
            if &*entry.at != "none" && places.contains(&entry.at.as_str()) {
                return Err(FstabRule::Twice { at: entry.at.to_string() }.into());
            }
            places.push(&entry.at);
            text += &entry.line(cx)?;
        }
        let place = there(&self.root, FSTAB);
        let old = match cx.look(&place)? {
            FileStatus::File { .. } => match cx.files.read(&place)? {
                FileContents::Known(bytes) => Some(bytes),
                FileContents::Unknown(_) => None,
            },
            _ => None,
        };
        let undo = match old {
            Some(bytes) => {
                let content = FileContents::Known(bytes);
                Undo::Steps(vec![Step::Files(FilesStep::Write {
                    place: place.clone(),
                    content,
                    mode: None,
                })])
            }
            None => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })]),
        };
        let bytes = text.into_bytes();
        let digest = Some(sha256(&bytes));
        let mode = Some(Mode::new(0o644));
        let etc = Step::Files(FilesStep::MakeDir { place: place.parent(), mode: Mode::new(0o755) });
        let write = Step::Files(FilesStep::Write {
            place: place.clone(),
            content: FileContents::Known(bytes),
            mode,
        });
        let steps = match cx.look(&place.parent())? {
            FileStatus::Missing => vec![etc, write],
            _ => vec![write],
        };
        Ok(Plan::steps(steps).makes(FilesFact::File { place, digest, mode }).undo(undo))
    }
}

impl Action for Remove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, FSTAB)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let source = self.source.as_deref();
        let entry = match (self.at.starts_with('/'), source) {
            (true, _) => self.at.to_string(),
            (false, Some(source)) => source.to_owned(),
            (false, None) => return Err(FstabRule::NoSource.into()),
        };
        let place = there(&self.root, FSTAB);
        if exists(&place, cx)? == Some(false) {
            return Ok(Plan::already(format!("{place} does not exist")));
        }
        edit(place.clone(), cx, |text| {
            let several = |lines| FstabRule::Several { place, entry, lines };
            Ok(fstab::remove(text, &self.at, source).map_err(several)?)
        })
    }
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

impl Query for Entries {
    type Output = Vec<FstabLine>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let place = there(&self.root, FSTAB);
        let bytes = match cx.files.read(&place)? {
            FileContents::Known(bytes) => bytes,
            FileContents::Unknown(_) => return Ok(Answer::Assumed(Vec::new())),
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let Some(fields) = fstab::fields(line) else { continue };
            let [source, at, kind, rest @ ..] = fields.as_slice() else {
                return Err(FstabRule::Fields { place, line: number + 1 }.into());
            };
            // libmount does not require the fields after the type either.
            let options = rest.first().map_or("defaults", String::as_str);
            let count = |index: usize| rest.get(index).and_then(|n| n.parse().ok()).unwrap_or(0);
            lines.push(FstabLine {
                source: source.clone(),
                at: at.clone(),
                kind: kind.clone(),
                options: options.to_owned(),
                dump: count(1),
                pass: count(2),
            });
        }
        Ok(Answer::Known(lines))
    }
}

#[cfg(test)]
mod tests;
