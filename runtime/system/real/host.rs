//! The machine as a whole: its architecture and its firmware.

use std::fs;

use nix::sys::statvfs::{FsFlags, statvfs};
use nix::sys::utsname::uname;

use crate::machine::FirmwareState;

/// The directory in which the kernel shows EFI (efivarfs, Documentation/ABI/testing/sysfs-firmware-efi).
const EFI: &str = "/sys/firmware/efi";
/// The variables of the firmware.
const VARIABLES: &str = "/sys/firmware/efi/efivars";
/// The variable that tells whether Secure Boot is enforced: four bytes of attributes and one of
/// value (UEFI specification, "Globally Defined Variables").
const SECURE_BOOT: &str =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/// Returns the architecture as of uname(2).
pub(super) fn architecture() -> Option<String> {
    uname().ok().map(|names| names.machine().to_string_lossy().into_owned())
}

/// Returns the firmware that booted the running system.
pub(super) fn firmware() -> FirmwareState {
    if fs::metadata(EFI).is_err() {
        return FirmwareState::Bios;
    }
    let bits = fs::read_to_string(format!("{EFI}/fw_platform_size"));
    let bits = bits.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(64);
    let secure_boot = fs::read(SECURE_BOOT).is_ok_and(|bytes| bytes.get(4) == Some(&1));
    let is_filled = fs::read_dir(VARIABLES).is_ok_and(|mut entries| entries.next().is_some());
    let is_writable =
        statvfs(VARIABLES).is_ok_and(|found| !found.flags().contains(FsFlags::ST_RDONLY));
    FirmwareState::Efi { bits, secure_boot, variables: is_filled && is_writable }
}
