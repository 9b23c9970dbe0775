//! The error for an unusable journal.

use std::fmt;

use crate::error::Rule;

/// The reason why a journal cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// The line number, starting at 1; 0 for the file as a whole.
    pub line: usize,
    /// The reason.
    pub why: String,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.why),
            line => write!(f, "line {line}: {}", self.why),
        }
    }
}

impl std::error::Error for Damaged {}

impl Rule for Damaged {
    fn remedy(&self) -> Option<String> {
        Some(Self::remedy(self, &[]))
    }
}

impl Damaged {
    /// Returns what to do next, with the devices that the run was allowed to change.
    pub fn remedy(&self, devices: &[&str]) -> String {
        let devices = if devices.is_empty() { &["DEVICE"] } else { devices };
        let release: Vec<String> =
            devices.iter().map(|device| format!("gscript release {device}")).collect();
        format!(
            "entries after that place cannot be trusted; release the disks manually ({}) and run \
             the recipe again",
            release.join(", ")
        )
    }
}
