//! Features that are specific to btrfs: filesystems on several devices, and subvolumes.

mod rule;

use std::rc::Rc;

pub use rule::BtrfsRule;

use super::{unknown_contents_warning, wipe_all};
use crate::args;
use crate::error::{Error, Result};
use crate::machine::files::FileStatus;
use crate::machine::{Content, Device, FilesFact, StorageFact};
use crate::operation::{
    Action, Answer, Effect, FilesEffect, Plan, Planning, Query, StorageEffect, Undo,
};
use crate::system::{Cmd, Outcome, Step};
use crate::types::{AbsPath, BtrfsProfile, Choice, DevicePath, Label, MIB, Place, Size};

args! {
    /// Creates a btrfs filesystem on several devices and returns its UUID.
    ///
    /// All data on the devices is lost; this cannot be undone. Any of the devices can be passed to
    /// `mount.mount`, which adds the others. Each device must have at least 109 MiB.
    ///
    /// Source: mkfs.btrfs(8). Use `fs.make` for a single device.
    ///
    /// ```
    /// btrfs::make(["/dev/sda2", "/dev/sda3"], #{ label: "data" });
    /// mount::mount("/dev/sda2", "/mnt/data");
    /// ```
    "btrfs.make" => pub struct Make {
        /// The devices: at least 2, 3 for raid1c3, 4 for raid10.
        pub devices: Vec<DevicePath>,
        /// The profile that distributes the data over the devices. Metadata uses the same profile,
        /// except that it is mirrored (raid1) for single.
        pub profile: BtrfsProfile = "raid1",
        /// The label, at most 255 bytes.
        pub label: Option<Label>,
        /// Whether to keep an existing btrfs filesystem with this label on exactly these devices
        /// unchanged, with all its files.
        pub keep: bool = false,
    }
}

args! {
    /// Creates a btrfs subvolume and returns its path.
    ///
    /// An existing subvolume is kept unchanged. Undo deletes the subvolume with all its files.
    ///
    /// Source: btrfs-subvolume(8). A subvolume is mounted by its name:
    /// `#{ options: "subvol=@home" }`.
    ///
    /// ```
    /// fs::make("/dev/sda1", #{ kind: "btrfs" });
    /// mount::mount("/dev/sda1", "/mnt/top");
    /// btrfs::subvolume_create("/mnt/top/@home");
    /// mount::mount("/dev/sda1", "/mnt/home", #{ options: "subvol=@home" });
    /// ```
    "btrfs.subvolume_create" => pub struct SubvolumeCreate {
        /// The path on a mounted btrfs filesystem; the parent directory must exist.
        pub path: AbsPath,
    }
}

args! {
    /// Lists the subvolumes of a mounted btrfs filesystem.
    ///
    /// Returns their paths relative to the top level of the filesystem, in the order of creation.
    ///
    /// Source: btrfs-subvolume(8).
    ///
    /// ```
    /// fs::make("/dev/sda1", #{ kind: "btrfs" });
    /// mount::mount("/dev/sda1", "/mnt/top");
    /// print(btrfs::subvolumes("/mnt/top"));
    /// ```
    "btrfs.subvolumes" => pub struct Subvolumes {
        /// The mount point of the filesystem.
        pub at: AbsPath,
    }
}

args! {
    /// Returns the default subvolume of a mounted btrfs filesystem: what is mounted without the
    /// option `subvol`.
    ///
    /// Returns its path relative to the top level, or nil if it is the top level itself.
    ///
    /// Source: btrfs-subvolume(8), `get-default`.
    ///
    /// ```
    /// fs::make("/dev/sda1", #{ kind: "btrfs" });
    /// mount::mount("/dev/sda1", "/mnt/top", #{ options: "subvolid=5" });
    /// print(btrfs::default_subvolume("/mnt/top"));
    /// ```
    "btrfs.default_subvolume" => pub struct DefaultSubvolume {
        /// The mount point of the filesystem.
        pub at: AbsPath,
    }
}

args! {
    /// Returns how many devices of a btrfs filesystem are missing.
    ///
    /// The filesystem may be mounted or not; nothing is mounted. Devices in a closed container count
    /// as missing.
    ///
    /// Source: btrfs-filesystem(8), `show`.
    ///
    /// ```
    /// btrfs::make(["/dev/sda2", "/dev/sda3"]);
    /// print(btrfs::missing("/dev/sda2"));
    /// ```
    "btrfs.missing" => pub struct Missing {
        /// A device of the filesystem.
        pub device: DevicePath,
    }
}

const LEAST_SIZE: u64 = 109 * MIB;

impl Make {
    fn check(&self, devices: &[&Device]) -> std::result::Result<(), BtrfsRule> {
        let least = match self.profile {
            BtrfsProfile::Single | BtrfsProfile::Raid0 | BtrfsProfile::Raid1 => 2,
            BtrfsProfile::Raid1c3 => 3,
            BtrfsProfile::Raid10 => 4,
        };
        if devices.len() < least {
            let (profile, count) = (self.profile.word(), devices.len());
            return Err(BtrfsRule::Count { profile, least, count });
        }
        for (index, device) in devices.iter().enumerate() {
            let path = device.path.clone();
            if devices[..index].iter().any(|other| other.path == path) {
                return Err(BtrfsRule::Twice { device: path });
            }
            if device.size < LEAST_SIZE {
                let (size, least) = (Size::bytes(device.size), Size::bytes(LEAST_SIZE));
                return Err(BtrfsRule::TooSmall { device: path, size, least });
            }
        }
        let length = self.label.as_ref().map_or(0, |label| label.as_str().len());
        if length > 255 { Err(BtrfsRule::Label { length }) } else { Ok(()) }
    }

    /// Returns a warning if `keep` is set, and a filesystem with this label is only on some of the
    /// devices.
    fn partly_kept(&self, devices: &[&Device]) -> Option<String> {
        let label = self.label.as_ref().map(Label::as_str);
        let has_it = |device: &&&Device| {
            let content = device.content.as_ref();
            content.is_some_and(|found| found.kind() == "btrfs" && found.label() == label)
        };
        let (there, missing): (Vec<&Device>, Vec<&Device>) = devices.iter().partition(has_it);
        let paths = |devices: Vec<&Device>| {
            devices.iter().map(|device| device.path.as_str()).collect::<Vec<_>>().join(" ")
        };
        (self.keep && !there.is_empty() && !missing.is_empty()).then(|| {
            format!(
                "the btrfs filesystem on {} is not on {}: it is not kept, and all its files are lost",
                paths(there),
                paths(missing)
            )
        })
    }

    /// Returns the UUID of an existing filesystem that matches the request.
    fn existing_filesystem(&self, devices: &[&Device], cx: &Planning<'_>) -> Option<String> {
        let first = devices.first()?;
        let Some(Content::Filesystem { kind, uuid, label, .. }) = &first.content else {
            return None;
        };
        let same = cx.machine.same_filesystem(first);
        let so = kind == "btrfs"
            && label.as_deref() == self.label.as_ref().map(Label::as_str)
            && same.len() == devices.len()
            && devices.iter().all(|device| same.iter().any(|other| other.path == device.path));
        so.then(|| uuid.clone())
    }
}

impl Action for Make {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        self.devices
            .iter()
            .map(|d| Effect::Storage(StorageEffect::Destroys { device: d.to_string() }))
            .collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let devices =
            self.devices.iter().map(|path| cx.device(path)).collect::<Result<Vec<_>>>()?;
        self.check(&devices)?;
        let paths: Vec<String> = devices.iter().map(|device| device.path.clone()).collect();
        if self.keep
            && let Some(uuid) = self.existing_filesystem(&devices, cx)
        {
            let why = format!("a btrfs filesystem is on {}", paths.join(" "));
            return Ok(Plan::already(why).returns(uuid));
        }
        let uuid = cx.uuid();
        let label = self.label.as_ref().map(Label::as_str);
        let metadata = match self.profile {
            BtrfsProfile::Single => BtrfsProfile::Raid1,
            other => other,
        };
        let mkfs = Cmd::tool("mkfs.btrfs")
            .args(["-q", "-f", "-U", &uuid])
            .option("-L", label)
            .args(["-d", self.profile.word(), "-m", metadata.word()])
            .args(paths);
        let mut steps: Vec<Step> =
            devices.iter().flat_map(|device| wipe_all(device, cx.machine)).collect();
        steps.push(Step::Run(mkfs));
        let mut plan = Plan::steps(steps).warn(self.partly_kept(&devices));
        for device in &devices {
            let content = Content::Filesystem {
                kind: "btrfs".into(),
                uuid: uuid.clone(),
                label: label.map(str::to_owned),
                member: None,
            };
            if device.table.is_some() {
                plan = plan.makes(StorageFact::Blank { device: device.path.clone() });
            }
            plan = plan.makes(StorageFact::Holds { device: device.path.clone(), content });
            plan = plan.warn(unknown_contents_warning(device, self.keep));
        }
        Ok(plan.undo(Undo::Impossible("formatting erases the old contents")).returns(uuid))
    }
}

/// Rejects a path that is not on a mounted btrfs filesystem.
fn must_be_btrfs(path: &AbsPath, cx: &Planning<'_>) -> Result<()> {
    let path = path.to_string();
    let view = cx.machine.mounted_view(&path);
    match view {
        Some(mount) if mount.kind == "btrfs" => Ok(()),
        other => Err(BtrfsRule::NotBtrfs { path, found: other.map(|mount| mount.kind) }.into()),
    }
}

impl Action for SubvolumeCreate {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.path.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        must_be_btrfs(&self.path, cx)?;
        let path = self.path.to_string();
        let place = Place::new(&self.path, None);
        match cx.look(&place)? {
            FileStatus::Missing
            | FileStatus::Unknown(_)
            | FileStatus::Dir { subvolume: true, .. } => {}
            _ => return Err(BtrfsRule::Taken { path }.into()),
        }
        let delete = Cmd::tool("btrfs").args(["subvolume", "delete", &path]);
        Ok(Plan::run(Cmd::tool("btrfs").args(["subvolume", "create", &path]))
            .makes(FilesFact::Subvolume { place })
            .undo(Undo::Steps(vec![Step::Run(delete)]))
            .returns(path))
    }
}

impl Query for Subvolumes {
    type Output = Vec<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<String>>> {
        must_be_btrfs(&self.at, cx)?;
        let read = |outcome: &Outcome| Ok::<_, Error>(parse_subvolumes(&outcome.stdout));
        Ok(Answer::Ask {
            cmd: Box::new(Cmd::tool("btrfs").args(["subvolume", "list", &self.at.to_string()])),
            assumed: Vec::new(),
            read: Rc::new(read),
        })
    }
}

impl Query for DefaultSubvolume {
    type Output = Option<String>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Option<String>>> {
        must_be_btrfs(&self.at, cx)?;
        let read = |outcome: &Outcome| Ok::<_, Error>(parse_subvolumes(&outcome.stdout).pop());
        Ok(Answer::Ask {
            cmd: Box::new(Cmd::tool("btrfs").args([
                "subvolume",
                "get-default",
                &self.at.to_string(),
            ])),
            assumed: None,
            read: Rc::new(read),
        })
    }
}

impl Query for Missing {
    type Output = u64;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Uses { device: self.device.to_string() })]
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<u64>> {
        let device = cx.device(&self.device)?.path.clone();
        let read = |outcome: &Outcome| Ok::<_, Error>(count_missing(&outcome.stdout));
        Ok(Answer::Ask {
            cmd: Box::new(Cmd::tool("btrfs").args(["filesystem", "show", &device])),
            assumed: 0,
            read: Rc::new(read),
        })
    }
}

/// Returns the difference between the line `Total devices 2 …` and the number of lines with a
/// device. Newer versions print a line for a missing device as well: `path <missing disk>`.
fn count_missing(text: &str) -> u64 {
    let total = text.split_once("Total devices ").and_then(|(_, rest)| rest.split(' ').next());
    let total: u64 = total.and_then(|total| total.parse().ok()).unwrap_or(0);
    let device = |line: &&str| {
        line.trim_start().starts_with("devid ")
            && line.contains(" path /")
            && !line.contains(" MISSING")
    };
    let found = text.lines().filter(device).count();
    total.saturating_sub(u64::try_from(found).unwrap_or(u64::MAX))
}

/// Parses lines such as `ID 256 gen 8 top level 5 path @home`.
fn parse_subvolumes(text: &str) -> Vec<String> {
    let path = |line: &str| line.split_once(" path ").map(|(_, path)| path.to_owned());
    text.lines().filter_map(path).collect()
}

#[cfg(test)]
mod tests;
