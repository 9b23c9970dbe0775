//! The commands for the guest, and its report.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The commands that the guest runs in sequence, until one fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Programs, by absolute path, with their arguments.
    pub commands: Vec<Vec<String>>,
    /// A directory of the host that the guest can write to; the report is written there.
    pub exchange: PathBuf,
    /// Files that the guest creates before the commands, in its own memory and readable for root
    /// only.
    #[serde(default)]
    pub files: Vec<(PathBuf, String)>,
}

/// The results of the commands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestReport {
    /// Exit codes of the commands that were run.
    pub codes: Vec<i32>,
    /// The error that prevented the guest from running the commands.
    pub trouble: Option<String>,
}

impl Order {
    /// The file name of the report.
    pub const REPORT: &str = "report.json";

    /// Returns the path of the report.
    pub fn report(&self) -> PathBuf {
        self.exchange.join(Self::REPORT)
    }
}

impl GuestReport {
    /// Returns whether every command was run and exited with 0.
    pub fn ok(&self, order: &Order) -> bool {
        self.trouble.is_none()
            && self.codes.len() == order.commands.len()
            && self.codes.iter().all(|code| *code == 0)
    }
}
