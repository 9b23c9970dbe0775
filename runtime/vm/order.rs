//! What the guest is to do, and how it went.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What the guest does: these commands, one after the other, until one fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Programs with their arguments, by absolute path.
    pub commands: Vec<Vec<String>>,
    /// A folder of the host that the guest can write to; its report goes there.
    pub exchange: PathBuf,
    /// Files that the guest makes first, in its own memory, for root alone to read.
    #[serde(default)]
    pub files: Vec<(PathBuf, String)>,
}

/// How the commands ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestReport {
    /// Exit codes of the commands that were run.
    pub codes: Vec<i32>,
    /// What kept the guest from running them.
    pub trouble: Option<String>,
}

impl Order {
    /// The name of the report.
    pub const REPORT: &str = "report.json";

    /// Where the report goes.
    pub fn report(&self) -> PathBuf {
        self.exchange.join(Self::REPORT)
    }
}

impl GuestReport {
    /// Whether every command ran and ended with 0.
    pub fn ok(&self, order: &Order) -> bool {
        self.trouble.is_none()
            && self.codes.len() == order.commands.len()
            && self.codes.iter().all(|code| *code == 0)
    }
}
