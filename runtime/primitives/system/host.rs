//! `system.host` and `system.init`: what a recipe has to know of a machine and of a root.

use serde::Serialize;

use super::{installed_init, running_init};
use crate::args;
use crate::error::Result;
use crate::machine::FirmwareState;
use crate::machine::files::FileStatus;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::edit::system_file;
use crate::types::{AbsPath, Choice};

args! {
    /// Returns the architecture and the firmware of this machine.
    ///
    /// Returns a map with `architecture` (as of uname(2), such as `x86_64`), `firmware` (`efi` or
    /// `bios`), `bits` (the word size of an EFI firmware), `secure_boot` (whether Secure Boot is
    /// on) and `variables` (whether firmware variables can be written). What is not known is nil.
    ///
    /// Source: Documentation/ABI/testing/sysfs-firmware-efi of Linux; efivarfs.
    ///
    /// ```
    /// let host = system::host();
    /// ```
    "system.host" => pub struct HostQuery {}
}

args! {
    /// Returns the init system that is installed in a root, or `/` for the running one.
    ///
    /// Returns `openrc` or `systemd`; nil if it is neither of them, or not known while planning.
    ///
    /// Source: openrc(8), systemd(1).
    ///
    /// ```
    /// let init = system::init("/mnt/old");
    /// ```
    "system.init" => pub struct InitOf {
        /// The mount point of the system.
        pub root: AbsPath,
    }
}

/// The machine as scripts see it.
#[derive(Debug, Serialize)]
pub struct HostInfo {
    architecture: Option<String>,
    firmware: Option<&'static str>,
    bits: Option<u32>,
    secure_boot: Option<bool>,
    variables: Option<bool>,
}

impl Query for HostQuery {
    type Output = HostInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<HostInfo>> {
        let host = &cx.machine.host;
        let mut info = HostInfo {
            architecture: host.architecture.clone(),
            firmware: None,
            bits: None,
            secure_boot: None,
            variables: None,
        };
        match host.firmware {
            Some(FirmwareState::Bios) => info.firmware = Some("bios"),
            Some(FirmwareState::Efi { bits, secure_boot, variables }) => {
                info.firmware = Some("efi");
                info.bits = Some(bits);
                info.secure_boot = Some(secure_boot);
                info.variables = Some(variables);
            }
            None => return Ok(Answer::Assumed(info)),
        }
        Ok(Answer::Known(info))
    }
}

impl Query for InitOf {
    type Output = Option<&'static str>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Option<&'static str>>> {
        // Before a stage3 is unpacked in the run, its files are unknown.
        let init = cx.look(&system_file(&self.root, "/sbin/init"))?;
        if matches!(init, FileStatus::Unknown(_)) {
            return Ok(Answer::Assumed(None));
        }
        let found = match self.root.to_string().as_str() {
            "/" => running_init(cx)?,
            _ => installed_init(&self.root, cx)?,
        };
        Ok(Answer::Known(found.map(Choice::word)))
    }
}
