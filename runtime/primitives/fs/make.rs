//! Creating filesystems and swap areas.

use super::rule::{FsRule, label_limit};
use crate::args;
use crate::error::Result;
use crate::machine::{Content, Device, StorageFact};
use crate::operation::{Action, Effect, Plan, Planning, StorageEffect, Undo};
use crate::primitives::disk::is_kind;
use crate::primitives::{unknown_contents_warning, wipe};
use crate::system::{Cmd, Step};
use crate::types::{Choice, DevicePath, FsKind, Label, MIB, Size};

args! {
    /// Creates a filesystem on a device and returns its UUID.
    ///
    /// All data on the device is lost; this cannot be undone. The UUID is chosen when the plan is
    /// made. The minimum size is 1 MiB for ext2, ext4 and vfat, 40 MiB for f2fs, 109 MiB for btrfs
    /// and 300 MiB for xfs.
    ///
    /// An EFI system partition gets FAT32, whatever its size, because firmware need not read
    /// another FAT on a fixed disk. That takes 33 MiB, or 257 MiB with sectors of 4 KiB.
    ///
    /// Source: mkfs.ext4(8), mkfs.xfs(8), mkfs.btrfs(8), mkfs.fat(8), mkfs.f2fs(8); guide ER,
    /// "Formatting And Mounting Required Partitions".
    ///
    /// ```
    /// fs::make("/dev/sda1");
    /// let uuid = fs::make("/dev/sda1", #{ kind: "vfat", label: "EFI" });
    /// ```
    "fs.make" => pub struct Make {
        /// The partition or volume.
        pub device: DevicePath,
        /// The type of the filesystem.
        pub kind: FsKind = "ext4",
        /// The label: at most 16 bytes for ext2 and ext4, 12 for xfs, 11 (ASCII) for vfat, 255 for
        /// btrfs and 511 for f2fs.
        pub label: Option<Label>,
        /// Whether to keep an existing filesystem of the same type and label unchanged, with all
        /// its files.
        pub keep: bool = false,
    }
}

args! {
    /// Creates a swap area on a device and returns its UUID.
    ///
    /// All data on the device is lost; this cannot be undone. Activate it with `mount.swap_on`.
    ///
    /// Source: mkswap(8); guide ER.
    ///
    /// ```
    /// fs::swap("/dev/sda1", #{ label: "swap" });
    /// ```
    "fs.swap" => pub struct Swap {
        /// The partition or volume.
        pub device: DevicePath,
        /// The label, at most 15 bytes.
        pub label: Option<Label>,
        /// Whether to keep an existing swap area with this label unchanged.
        pub keep: bool = false,
    }
}

/// The UUID of a new filesystem, as blkid will print it, and the command that creates it.
pub(super) struct NewFilesystem {
    pub uuid: String,
    pub cmd: Cmd,
}

/// Chooses the UUID and returns the command for a device or image file.
pub(super) fn mkfs_command(
    kind: FsKind,
    target: &str,
    label: Option<&str>,
    cx: &mut Planning<'_>,
) -> Result<NewFilesystem> {
    let (most, ascii) = label_limit(kind);
    let fits = |label: &&str| label.len() <= most && (label.is_ascii() || !ascii);
    if let Some(label) = label.filter(|label| !fits(label)) {
        let (kind, label) = (kind.word(), label.to_owned());
        return Err(FsRule::Label { kind, label, most, ascii }.into());
    }
    let uuid = match kind {
        FsKind::Vfat => {
            let number = cx.ids.number();
            format!("{:04X}-{:04X}", number >> 16, number & 0xffff)
        }
        _ => cx.uuid(),
    };
    let cmd = match kind {
        FsKind::Ext4 => Cmd::tool("mkfs.ext4").args(["-q", "-F", "-U", &uuid]).option("-L", label),
        FsKind::Ext2 => Cmd::tool("mkfs.ext2").args(["-q", "-F", "-U", &uuid]).option("-L", label),
        FsKind::Xfs => Cmd::tool("mkfs.xfs")
            .args(["-q", "-f", "-m", &format!("uuid={uuid}")])
            .option("-L", label),
        FsKind::Btrfs => {
            Cmd::tool("mkfs.btrfs").args(["-q", "-f", "-U", &uuid]).option("-L", label)
        }
        // -I: the filesystem may span a whole USB drive without a partition table.
        FsKind::Vfat => {
            Cmd::tool("mkfs.vfat").args(["-I", "-i", &uuid.replace('-', "")]).option("-n", label)
        }
        FsKind::F2fs => Cmd::tool("mkfs.f2fs").args(["-q", "-f", "-U", &uuid]).option("-l", label),
    };
    Ok(NewFilesystem { uuid, cmd: cmd.arg(target) })
}

/// Rejects a size below the minimum of the respective mkfs.
pub(super) fn check_size(kind: FsKind, path: &str, size: u64) -> Result<()> {
    let least = match kind {
        FsKind::Ext4 | FsKind::Ext2 | FsKind::Vfat => MIB,
        FsKind::Xfs => 300 * MIB,
        FsKind::Btrfs => 109 * MIB,
        FsKind::F2fs => 40 * MIB,
    };
    if size >= least {
        return Ok(());
    }
    let (device, kind) = (path.to_owned(), kind.word());
    let (size, least) = (Size::bytes(size), Size::bytes(least));
    Err(FsRule::TooSmall { device, size, kind, least }.into())
}

impl Action for Make {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let device = cx.device(&self.device)?;
        check_size(self.kind, &device.path, device.size)?;
        let label = self.label.as_ref().map(Label::as_str);
        let NewFilesystem { uuid, mut cmd } = mkfs_command(self.kind, &device.path, label, cx)?;
        if self.kind == FsKind::Vfat && is_esp(device) {
            check_fat32(device)?;
            // mkfs.vfat makes FAT16 of less than 512 MiB.
            cmd.args.splice(0..0, ["-F".to_owned(), "32".to_owned()]);
        }
        if self.keep
            && let Some(found) = existing_filesystem(device, self.kind.word(), label)
        {
            return Ok(found);
        }
        let content = Content::Filesystem {
            kind: self.kind.word().to_owned(),
            uuid: uuid.clone(),
            label: label.map(str::to_owned),
            member: None,
        };
        Ok(formatting_plan(device, cmd, content)
            .warn(unknown_contents_warning(device, self.keep))
            .returns(uuid))
    }
}

impl Action for Swap {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Destroys { device: self.device.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let device = cx.device(&self.device)?;
        let label = self.label.as_ref().map(Label::as_str);
        if let Some(label) = label.filter(|label| label.len() > 15) {
            let label = label.to_owned();
            return Err(FsRule::Label { kind: "swap", label, most: 15, ascii: false }.into());
        }
        if self.keep
            && let Some(found) = existing_filesystem(device, "swap", label)
        {
            return Ok(found);
        }
        let uuid = cx.uuid();
        let cmd = Cmd::tool("mkswap").args(["-U", &uuid]).option("-L", label).arg(&device.path);
        let content = Content::Swap { uuid: uuid.clone(), label: label.map(str::to_owned) };
        Ok(formatting_plan(device, cmd, content)
            .warn(unknown_contents_warning(device, self.keep))
            .returns(uuid))
    }
}

fn is_esp(device: &Device) -> bool {
    device.partition().is_some_and(|entry| is_kind(entry, "efi"))
}

/// Rejects a partition that has fewer clusters than FAT32 needs (65525), at one sector each.
fn check_fat32(device: &Device) -> Result<()> {
    let least = Size::bytes(if device.sector > 512 { 257 * MIB } else { 33 * MIB });
    if device.size >= least.get() {
        return Ok(());
    }
    let (device, size) = (device.path.clone(), Size::bytes(device.size));
    Err(FsRule::EspTooSmall { device, size, least }.into())
}

/// Returns the plan that keeps existing content of this type and label.
fn existing_filesystem(device: &Device, kind: &str, label: Option<&str>) -> Option<Plan<String>> {
    let content = device.content.as_ref()?;
    let so = content.kind() == kind && content.label() == label;
    let uuid = content.uuid().filter(|_| so)?.to_owned();
    Some(Plan::already(format!("{} holds {content}", device.path)).returns(uuid))
}

fn formatting_plan(device: &Device, cmd: Cmd, content: Content) -> Plan<()> {
    let mut steps: Vec<Step> = wipe(device).into_iter().collect();
    steps.push(Step::Run(cmd));
    Plan::steps(steps)
        .makes(StorageFact::Holds { device: device.path.clone(), content })
        .undo(Undo::Impossible("formatting erases the old contents"))
}
