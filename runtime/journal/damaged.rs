//! Why a journal can't be used.

use std::fmt;

use crate::error::Rule;

/// Why a journal can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is the matter.
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
    /// What to do about it, where the run was allowed to change these devices.
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
