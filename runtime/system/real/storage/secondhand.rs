//! Probing without permission to read devices: what udev has recorded, and what the kernel shows to
//! every user.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;

use crate::machine::probe::{BlkidInfo, UDEV_COLUMNS, UdevData, parse_udev};
use crate::system::real::Real;
use crate::system::{Cmd, NoopWatch, StepError};

/// Returns whether reading a device is permitted. A missing device or an empty slot is not an error
/// here: the tools report it.
fn may_read(path: &str) -> bool {
    !File::open(path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

impl Real {
    /// Returns the contents of devices: read from them, or as recorded by udev if reading is not
    /// permitted.
    pub(crate) fn contents(
        &mut self,
        asked: Vec<String>,
        secondhand: &mut bool,
        remembered: &mut Option<UdevData>,
    ) -> Result<BTreeMap<String, BlkidInfo>, StepError> {
        let (open, closed): (Vec<String>, Vec<String>) =
            asked.into_iter().partition(|path| may_read(path));
        let mut signatures = self.signatures(&open)?;
        if closed.is_empty() {
            return Ok(signatures);
        }
        *secondhand = true;
        let known = match remembered {
            Some(known) => known,
            none => none.insert(self.remembered()?),
        };
        signatures.extend(closed.into_iter().map(|path| {
            let signature = known.signatures.get(&path).cloned().unwrap_or_default();
            (path, signature)
        }));
        Ok(signatures)
    }

    fn remembered(&mut self) -> Result<UdevData, StepError> {
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
        let mut remembered = parse_udev(outcome.stdout.as_bytes())?;
        for (path, kernel_name) in &remembered.partitions {
            let told = |what: &str| -> Option<u64> {
                let file = format!("/sys/class/block/{}/{what}", kernel_name.replace('/', "!"));
                fs::read_to_string(file).ok()?.trim().parse().ok()
            };
            let signature = remembered.signatures.get_mut(path);
            if let Some(entry) = signature.and_then(|signature| signature.partition.as_mut()) {
                // In units of 512 bytes, regardless of the sector size of the disk.
                entry.start = told("start").unwrap_or(0).saturating_mul(512);
                entry.number = told("partition").and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            }
        }
        Ok(remembered)
    }
}
