//! `qemu.info`: what a virtual machine is and does.

use serde::Serialize;

use super::domain::DOMAIN;
use crate::args;
use crate::error::Result;
use crate::machine::guest::{QEMU_CONSOLE, QEMU_MONITOR};
use crate::operation::{Answer, Planning, Query};
use crate::primitives::guests::SeenGuest;
use crate::types::{AbsPath, GuestName};

args! {
    /// Returns what a virtual machine is and does.
    ///
    /// Returns a map with `exists`, `state` (`"stopped"`, `"running"`, or nil if it does not exist), `process` (the number of the process of QEMU, or
    /// nil), `console` (the file with what it prints on its serial console) and `monitor` (its socket for QMP).
    ///
    /// Source: qemu-system-x86_64(1).
    ///
    /// ```
    /// let running = qemu::info("web").state == "running";
    /// ```
    "qemu.info" => pub struct VmQuery {
        /// The name of the virtual machine.
        pub name: GuestName,
        /// The directory of the virtual machines.
        pub path: AbsPath = "/var/lib/qemu",
    }
}

/// A virtual machine as scripts see it.
#[derive(Debug, Serialize)]
pub struct VmInfo {
    exists: bool,
    state: Option<&'static str>,
    process: Option<u32>,
    console: String,
    monitor: String,
}

impl Query for VmQuery {
    type Output = VmInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<VmInfo>> {
        let seen = SeenGuest::of(&DOMAIN, &self.name, &self.path, cx)?;
        let info = VmInfo {
            exists: seen.found.is_some(),
            state: seen.found.map(|guest| guest.state.name()),
            process: seen.found.and_then(|guest| guest.init),
            console: format!("{}/{QEMU_CONSOLE}", seen.directory),
            monitor: format!("{}/{QEMU_MONITOR}", seen.directory),
        };
        Ok(seen.answer(info))
    }
}
