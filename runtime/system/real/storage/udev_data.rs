//! Probing without permission to read devices: what udev has recorded, and what the kernel shows to
//! every user.

use std::fs;

use crate::machine::probe::{UDEV_COLUMNS, UdevData, parse_udev};
use crate::system::real::Real;
use crate::system::{Cmd, NoopWatch, StepError};

impl Real {
    pub(super) fn udev_data(&mut self) -> Result<UdevData, StepError> {
        let ask = |columns: &str| {
            Cmd::tool("lsblk")
                .args(["--json", "--bytes", "--output", columns])
                .accept_any_exit_code()
        };
        let mut outcome = self.run(&ask(UDEV_COLUMNS), &mut NoopWatch)?;
        if outcome.stdout.trim().is_empty() {
            let older = UDEV_COLUMNS.trim_end_matches(",FSVER");
            outcome = self.run(&ask(older), &mut NoopWatch)?;
        }
        let mut udev_data = parse_udev(outcome.stdout.as_bytes())?;
        for (path, kernel_name) in &udev_data.partitions {
            let told = |what: &str| -> Option<u64> {
                let file = format!("/sys/class/block/{}/{what}", kernel_name.replace('/', "!"));
                fs::read_to_string(file).ok()?.trim().parse().ok()
            };
            let signature = udev_data.signatures.get_mut(path);
            if let Some(entry) = signature.and_then(|signature| signature.partition.as_mut()) {
                // In units of 512 bytes, regardless of the sector size of the disk.
                entry.start = told("start").unwrap_or(0).saturating_mul(512);
                entry.number = told("partition").and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            }
        }
        Ok(udev_data)
    }
}
