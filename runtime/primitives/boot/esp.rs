//! The EFI system partition of a system.

use super::BootRule;
use crate::error::Result;
use crate::machine::Content;
use crate::operation::Planning;
use crate::primitives::disk::is_kind;
use crate::primitives::edit::system_file;
use crate::types::AbsPath;

/// Rejects a directory that is not the mount point of an EFI system partition.
pub(super) fn check_esp(root: &AbsPath, efi: &AbsPath, cx: &Planning<'_>) -> Result<()> {
    let place = system_file(root, &efi.to_string());
    let not = |why: &str| BootRule::NotEfi { place: place.clone(), why: why.to_owned() };
    let at = place.to_string();
    let mount = cx.machine.storage.mounts.iter().rfind(|mount| mount.at == at);
    let mount = mount.ok_or_else(|| not("nothing is mounted there"))?;
    let device = cx.machine.find(&mount.source).ok_or_else(|| not("it is on no device"))?;
    if !matches!(&device.content, Some(Content::Filesystem { kind, .. }) if kind == "vfat") {
        return Err(not(&format!("the filesystem on {} is not vfat", device.path)).into());
    }
    if !device.partition().is_some_and(|partition| is_kind(partition, "efi")) {
        return Err(not(&format!("{} has another type", device.path)).into());
    }
    Ok(())
}
