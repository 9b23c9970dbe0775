//! The header of a container: looking at it, keeping a copy, putting the copy back.

use serde::Serialize;

use super::format::offset;
use super::{LuksRule, container};
use crate::args;
use crate::error::Result;
use crate::machine::files::{Look, Text};
use crate::machine::probe::parse_luks;
use crate::machine::{Content, Device, Fact, FilesFact, Machine, StorageFact};
use crate::operation::guard::must_be_free;
use crate::operation::{
    Action, Answer, Effect, FilesEffect, Ids, Plan, Planning, Query, StorageEffect, Undo,
};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{AbsPath, DevicePath, LuksVersion, Place, Size};

args! {
    /// Tells about a container: `version`, `uuid`, `cipher`, `offset` (bytes before the data),
    /// `slots` (the key slots in use) and `open` (the device of its inside, if it is open).
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
    /// Lists the containers of the machine, open or not, as maps with `device`, `human` (its size for
    /// people), `disk` (its make and size), `uuid` and `open` (the device of its inside, if it is open).
    ///
    /// ```
    /// let found = luks::containers();
    /// ```
    "luks.containers" => pub struct Containers {}
}

args! {
    /// Keeps a copy of a container's header. Without its header a container is lost, whoever has
    /// the key. The file must not exist; on the same stick as the key it is as safe as the key.
    ///
    /// LUKS2 has a second header, and `blkid` looks for it at nine places in the first 4 MiB of a device: a stick
    /// where the copy lies so would be taken for a container and not be mounted. The copy is laid elsewhere then.
    ///
    /// Source: cryptsetup-luksHeaderBackup(8).
    ///
    /// ```
    /// luks::backup_header("/dev/sda3", "/mnt/key/sda3.header");
    /// ```
    "luks.backup_header" => pub struct BackupHeader {
        /// The container.
        pub device: DevicePath,
        /// Where the copy goes.
        pub file: AbsPath,
    }
}

args! {
    /// Puts a copy of a header back onto a device. Keys that were added or removed since the copy
    /// was made are as they were then. The container must be closed.
    ///
    /// Source: cryptsetup-luksHeaderRestore(8).
    ///
    /// ```
    /// luks::restore_header("/dev/sda3", "/mnt/key/saved.header");
    /// ```
    "luks.restore_header" => pub struct RestoreHeader {
        /// The device.
        pub device: DevicePath,
        /// The copy.
        pub file: AbsPath,
    }
}

/// A container as scripts see it.
#[derive(Debug, Serialize)]
pub struct Described {
    version: LuksVersion,
    uuid: String,
    cipher: String,
    offset: u64,
    slots: Vec<u32>,
    open: Option<String>,
}

impl Query for Info {
    type Output = Described;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Described>> {
        let found = container(&self.device, cx)?;
        let described = Described {
            version: found.version,
            uuid: found.uuid.to_owned(),
            cipher: found.cipher.to_owned(),
            offset: found.offset,
            slots: found.slots.to_vec(),
            open: open_as(cx.machine, &found.device.path),
        };
        let guessed = found.device.unseen;
        Ok(if guessed { Answer::Guess(described) } else { Answer::Known(described) })
    }
}

/// A container in a list.
#[derive(Debug, Serialize)]
pub struct Listed {
    device: String,
    human: String,
    disk: String,
    uuid: String,
    open: Option<String>,
}

impl Query for Containers {
    type Output = Vec<Listed>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let listed = |device: &Device| {
            let Some(Content::Luks { uuid, .. }) = &device.content else { return None };
            let disks = cx.machine.base_disks(&device.path);
            let disks = disks.iter().map(|disk| {
                let model = disk.hardware.model.as_deref().unwrap_or(&disk.path);
                format!("{model}, {}", Size::bytes(disk.size))
            });
            Some(Listed {
                device: device.path.clone(),
                human: Size::bytes(device.size).to_string(),
                disk: disks.collect::<Vec<_>>().join(" + "),
                uuid: uuid.clone(),
                open: open_as(cx.machine, &device.path),
            })
        };
        let found = cx.machine.storage.devices.values().filter_map(listed).collect();
        Ok(match cx.machine.storage.devices.values().any(|device| device.unseen) {
            true => Answer::Guess(found),
            false => Answer::Known(found),
        })
    }
}

/// The device that shows the inside of a container, if it is open.
fn open_as(machine: &Machine, container: &str) -> Option<String> {
    machine.children(container).first().map(|open| open.path.clone())
}

impl Action for BackupHeader {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.file.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let found = container(&self.device, cx)?;
        let place = Place::new(&self.file, None);
        match cx.look(&place)? {
            Look::Missing | Look::Unknown(_) => {}
            _ => return Err(LuksRule::BackupExists { file: place.to_string() }.into()),
        }
        let file = self.file.to_string();
        let cmd = ["luksHeaderBackup", &found.device.path, "--header-backup-file"];
        let cmd = Cmd::tool("cryptsetup").args(cmd);
        let content = cx.device(&self.device)?.content.clone();
        let beneath = cx.machine.beneath(&file);
        Ok(Plan::step(FilesStep::SaveHeader { cmd, place: place.clone(), beneath })
            .makes(FilesFact::File { place: place.clone(), digest: None, mode: None })
            .makes_all(content.map(|content| {
                Fact::Files(FilesFact::HeaderSaved { place: place.clone(), content })
            }))
            .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
            .returns(file))
    }
}

/// A copy that can't be read yet is taken for one of what is there, else of what cryptsetup makes.
fn guess(device: &Device, ids: &mut Ids) -> Content {
    match &device.content {
        Some(content @ Content::Luks { .. }) => content.clone(),
        _ => Content::Luks {
            version: LuksVersion::Luks2,
            uuid: ids.uuid().to_string(),
            offset: offset(LuksVersion::Luks2),
            slots: vec![0],
            cipher: "unknown".into(),
        },
    }
}

impl Action for RestoreHeader {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let device = cx.device(&self.device)?;
        must_be_free(cx.machine, &device.path)?;
        let place = Place::new(&self.file, None);
        let saved = match cx.files.read(&place)? {
            Text::Known(bytes) => match parse_luks(&bytes) {
                Some(content) => Some(content),
                None => return Err(LuksRule::NotABackup { file: place.to_string() }.into()),
            },
            // The simulation has no bytes, but knows what this run saved.
            Text::Unknown(_) => cx.machine.saved_header(&place.to_string()).cloned(),
        };
        let guessed = saved.is_none();
        let content = saved.unwrap_or_else(|| guess(device, cx.ids));
        let cmd = Cmd::tool("cryptsetup")
            .args(["luksHeaderRestore", "--batch-mode", &device.path])
            .args(["--header-backup-file", &self.file.to_string()]);
        let device = device.path.clone();
        Ok(Plan::run(cmd)
            .makes(StorageFact::Header { device, content, guessed })
            .undo(Undo::Impossible("the header that was there is overwritten")))
    }
}
