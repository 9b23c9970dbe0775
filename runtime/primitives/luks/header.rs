//! Queries, backup and restore of LUKS headers.

use serde::Serialize;

use super::format::offset;
use super::{LuksRule, container, container_or_assumed, reads};
use crate::args;
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::probe::parse_luks;
use crate::machine::{Content, Device, Fact, FilesFact, Machine, StorageFact};
use crate::operation::guard::check_unused;
use crate::operation::{
    Action, Answer, Effect, FilesEffect, Ids, Plan, Planning, Query, StorageEffect, Undo,
};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{AbsPath, DevicePath, LuksVersion, Place, Size};

args! {
    /// Returns information about a LUKS container.
    ///
    /// The result is a map with `version`, `uuid`, `cipher`, `offset` (of the data, in bytes),
    /// `slots` (the key slots in use) and `open` (the mapped device, or nil if the container is
    /// closed).
    ///
    /// ```
    /// print(luks::info("/dev/sda3").slots);
    /// ```
    "luks.info" => pub struct Info {
        /// The container.
        pub device: DevicePath,
    }
}

args! {
    /// Lists all LUKS containers of the machine, open or closed.
    ///
    /// Returns a list of maps with `device`, `human` (the size in human-readable form), `disk`
    /// (model and size of the disk), `uuid` and `open` (the mapped device, or nil if the container
    /// is closed).
    ///
    /// ```
    /// let found = luks::containers();
    /// ```
    "luks.containers" => pub struct Containers {}
}

args! {
    /// Backs up the header of a LUKS container to a new file and returns the path of the file.
    ///
    /// A container whose header is damaged cannot be opened, even with the right key. The backup
    /// contains the current key slots: store it as safely as the key, for example on the same USB
    /// drive. The file must not exist yet. Undo removes it.
    ///
    /// LUKS2 has a secondary header, which blkid(8) searches for at nine offsets in the first 4 MiB
    /// of a device. If the backup happened to lie at one of them, the USB drive would be detected
    /// as a LUKS container and could no longer be mounted; the file is therefore written to a
    /// different place.
    ///
    /// Source: cryptsetup-luksHeaderBackup(8).
    ///
    /// ```
    /// luks::backup_header("/dev/sda3", "/mnt/key/sda3.header");
    /// ```
    "luks.backup_header" => pub struct BackupHeader {
        /// The container.
        pub device: DevicePath,
        /// The path of the new backup file.
        pub file: AbsPath,
    }
}

args! {
    /// Restores the header of a LUKS container from a backup file.
    ///
    /// The current header is overwritten; this cannot be undone. All key slots are restored to
    /// their state at the time of the backup: keys added since then no longer work, and keys
    /// removed since then work again. The container must be closed.
    ///
    /// Source: cryptsetup-luksHeaderRestore(8).
    ///
    /// ```
    /// luks::restore_header("/dev/sda3", "/mnt/key/saved.header");
    /// ```
    "luks.restore_header" => pub struct RestoreHeader {
        /// The device that receives the header.
        pub device: DevicePath,
        /// The path of the backup file, created by `luks.backup_header`.
        pub file: AbsPath,
    }
}

/// The result of `luks.info`.
#[derive(Debug, Serialize)]
pub struct LuksInfo {
    version: LuksVersion,
    uuid: String,
    cipher: String,
    offset: u64,
    slots: Vec<u32>,
    open: Option<String>,
}

impl Query for Info {
    type Output = LuksInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<LuksInfo>> {
        let found = container_or_assumed(&self.device, cx)?;
        let described = LuksInfo {
            version: found.version,
            uuid: found.uuid.to_owned(),
            cipher: found.cipher.to_owned(),
            offset: found.offset,
            slots: found.slots.to_vec(),
            open: open_as(cx.machine, &found.device.path),
        };
        let guessed = found.device.unprobed;
        Ok(if guessed { Answer::Assumed(described) } else { Answer::Known(described) })
    }
}

/// An element of the result of `luks.containers`.
#[derive(Debug, Serialize)]
pub struct ContainerInfo {
    device: String,
    human: String,
    disk: String,
    uuid: String,
    open: Option<String>,
}

impl Query for Containers {
    type Output = Vec<ContainerInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let listed = |device: &Device| {
            let Some(Content::Luks { uuid, .. }) = &device.content else { return None };
            let disks = cx.machine.base_disks(&device.path);
            let disks = disks.iter().map(|disk| {
                let model = disk.hardware.model.as_deref().unwrap_or(&disk.path);
                format!("{model}, {}", Size::bytes(disk.size))
            });
            Some(ContainerInfo {
                device: device.path.clone(),
                human: Size::bytes(device.size).to_string(),
                disk: disks.collect::<Vec<_>>().join(" + "),
                uuid: uuid.clone(),
                open: open_as(cx.machine, &device.path),
            })
        };
        let found = cx.machine.storage.devices.values().filter_map(listed).collect();
        Ok(match cx.machine.storage.devices.values().any(|device| device.unprobed) {
            true => Answer::Assumed(found),
            false => Answer::Known(found),
        })
    }
}

/// Returns the mapped device of a container, if the container is open.
fn open_as(machine: &Machine, container: &str) -> Option<String> {
    machine.children(container).first().map(|open| open.path.clone())
}

impl Action for BackupHeader {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![
            Effect::Storage(StorageEffect::Uses { device: self.device.to_string() }),
            Effect::Files(FilesEffect::Writes { path: self.file.to_string() }),
        ]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let found = container(&self.device, cx)?;
        let place = Place::new(&self.file, None);
        match cx.look(&place)? {
            FileStatus::Missing | FileStatus::Unknown(_) => {}
            _ => return Err(LuksRule::BackupExists { file: place.to_string() }.into()),
        }
        let file = self.file.to_string();
        let cmd = ["luksHeaderBackup", &found.device.path, "--header-backup-file"];
        let cmd = Cmd::tool("cryptsetup").args(cmd);
        let content = cx.device(&self.device)?.content.clone();
        let backing_devices = cx.machine.backing_devices(&file);
        Ok(Plan::step(FilesStep::SaveHeader { cmd, place: place.clone(), backing_devices })
            .makes(FilesFact::File { place: place.clone(), digest: None, mode: None })
            .makes_all(content.map(|content| {
                Fact::Files(FilesFact::HeaderSaved { place: place.clone(), content })
            }))
            .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
            .returns(file))
    }
}

/// Returns the assumed content of a backup that is not readable yet: the header that is on the
/// device, or otherwise a header with the defaults of cryptsetup.
fn assumed_header(device: &Device, ids: &mut Ids) -> Content {
    match &device.content {
        Some(content @ Content::Luks { .. }) => content.clone(),
        _ => Content::Luks {
            version: LuksVersion::Luks2,
            uuid: ids.uuid().to_string(),
            offset: offset(LuksVersion::Luks2),
            slots: vec![0],
            cipher: "unknown".into(),
            details: None,
        },
    }
}

impl Action for RestoreHeader {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let destroys = StorageEffect::Destroys { device: self.device.to_string() };
        [Effect::Storage(destroys)].into_iter().chain(reads([Some(&self.file)])).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let device = cx.device(&self.device)?;
        check_unused(cx.machine, &device.path)?;
        let place = Place::new(&self.file, None);
        let saved = match cx.files.read(&place)? {
            FileContents::Known(bytes) => match parse_luks(&bytes) {
                Some(content) => Some(content),
                None => return Err(LuksRule::NotABackup { file: place.to_string() }.into()),
            },
            // The simulation has no file contents, but it records the headers that this run has
            // saved.
            FileContents::Unknown(_) => cx.machine.saved_header(&place.to_string()).cloned(),
        };
        let guessed = saved.is_none();
        let content = saved.unwrap_or_else(|| assumed_header(device, cx.ids));
        let cmd = Cmd::tool("cryptsetup")
            .args(["luksHeaderRestore", "--batch-mode", &device.path])
            .args(["--header-backup-file", &self.file.to_string()]);
        let device = device.path.clone();
        Ok(Plan::run(cmd)
            .makes(StorageFact::Header { device, content, guessed })
            .undo(Undo::Impossible("the previous header is overwritten")))
    }
}
