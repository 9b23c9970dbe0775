//! Queries about disks and other block devices.

use serde::Serialize;

use crate::args;
use crate::error::Result;
use crate::machine::{Device, DeviceKind, Machine};
use crate::operation::{Answer, Planning, Query};
use crate::types::{DevicePath, Size, TableKind};

args! {
    /// Lists the whole disks of the machine, including USB drives.
    ///
    /// Returns a list of maps like that of `disk.info`.
    ///
    /// Source: lsblk(8).
    ///
    /// ```
    /// let disks = disk::list();
    /// ```
    "disk.list" => pub struct List {}
}

args! {
    /// Lists all block devices of the machine, including partitions, open containers, arrays and
    /// active volumes, as maps like those of `disk.info`.
    ///
    /// Source: lsblk(8).
    ///
    /// ```
    /// let devices = disk::devices();
    /// ```
    "disk.devices" => pub struct Devices {}
}

args! {
    /// Returns information about a block device.
    ///
    /// The result is a map with `path`, `what` (the kind of device), `bytes` (the size), `human`
    /// (the size in human-readable form), `sector` (the logical sector size in bytes), `removable`,
    /// `read_only`, `model`, `serial`, `by_id`, `table`, `content`, `uuid`, `label`, `name` (of a
    /// partition in its table, or of a logical volume), `partuuid`, `partitions` (paths) and
    /// `in_use`. Values that do not apply to the device are nil. The content of a device that could
    /// not be read is `unknown`, and so is that of a container in a plan, which the run opens.
    ///
    /// Source: lsblk(8), blkid(8).
    ///
    /// ```
    /// print(disk::info("/dev/sdb1").label);
    /// ```
    "disk.info" => pub struct Info {
        /// The device, by any of its paths.
        pub device: DevicePath,
    }
}

args! {
    /// Lists what keeps a device in use.
    ///
    /// Returns a list of maps with `what` (a description) and `free` (the command that releases
    /// it), in the order in which they have to be released. The list is empty if the device is not
    /// in use.
    ///
    /// ```
    /// let holders = disk::holders("/dev/sdc");
    /// ```
    "disk.holders" => pub struct Holders {
        /// The device.
        pub device: DevicePath,
    }
}

/// The result of `disk.info`.
#[derive(Debug, Serialize)]
pub struct DiskInfo {
    path: String,
    what: &'static str,
    bytes: u64,
    human: String,
    sector: u32,
    removable: bool,
    read_only: bool,
    model: Option<String>,
    serial: Option<String>,
    by_id: Option<String>,
    table: Option<TableKind>,
    content: Option<String>,
    uuid: Option<String>,
    label: Option<String>,
    name: Option<String>,
    partuuid: Option<String>,
    partitions: Vec<String>,
    in_use: bool,
}

/// An element of the result of `disk.holders`.
#[derive(Debug, Serialize)]
pub struct Holder {
    what: String,
    free: Option<String>,
}

impl Query for List {
    type Output = Vec<DiskInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        Ok(Answer::Known(cx.machine.disks().map(|disk| describe(cx.machine, disk)).collect()))
    }
}

impl Query for Devices {
    type Output = Vec<DiskInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let devices = cx.machine.storage.devices.values();
        Ok(Answer::Known(devices.map(|device| describe(cx.machine, device)).collect()))
    }
}

impl Query for Info {
    type Output = DiskInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<DiskInfo>> {
        Ok(Answer::Known(describe(cx.machine, cx.device(&self.device)?)))
    }
}

impl Query for Holders {
    type Output = Vec<Holder>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let path = cx.path(&self.device)?;
        let mut uses = cx.machine.uses(&path);
        uses.reverse();
        let mut releases = cx.machine.releases(&path).into_iter().map(|r| r.to_string());
        let holders = uses
            .into_iter()
            .map(|held| Holder { what: held.to_string(), free: releases.next() })
            .collect();
        Ok(Answer::Known(holders))
    }
}

fn describe(machine: &Machine, device: &Device) -> DiskInfo {
    let content = device.content.as_ref();
    DiskInfo {
        path: device.path.clone(),
        what: match device.kind {
            DeviceKind::Disk => "disk",
            DeviceKind::Rom => "optical drive",
            DeviceKind::Partition(_) => "partition",
            DeviceKind::Crypt { .. } => "encrypted mapping",
            DeviceKind::Logical { .. } => "logical volume",
            DeviceKind::Raid { .. } => "array",
            DeviceKind::Loop => "loop device",
            DeviceKind::Mapped { .. } => "mapping",
        },
        bytes: device.size,
        human: Size::bytes(device.size).to_string(),
        sector: device.sector,
        removable: device.removable,
        read_only: device.read_only,
        model: device.hardware.model.clone(),
        serial: device.hardware.serial.clone(),
        by_id: machine.by_id(&device.path),
        table: device.table.as_ref().map(|table| table.kind),
        content: match content {
            Some(content) => Some(content.kind().to_owned()),
            None if device.is_unseen() || device.unreadable.is_some() => Some("unknown".into()),
            None => None,
        },
        uuid: content.and_then(|content| content.uuid().map(str::to_owned)),
        label: content.and_then(|content| content.label().map(str::to_owned)),
        name: match &device.kind {
            DeviceKind::Partition(entry) => entry.name.clone(),
            DeviceKind::Logical { volume, .. } => Some(volume.clone()),
            _ => None,
        },
        partuuid: device.partition().map(|entry| entry.uuid.clone()),
        partitions: machine.partitions(&device.path).iter().map(|p| p.path.clone()).collect(),
        in_use: !machine.uses(&device.path).is_empty(),
    }
}
