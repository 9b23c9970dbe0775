//! Output of tools that can't be read.

/// Output that is not what the tool is known to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse the output of {tool}: {why}")]
pub struct Unreadable {
    /// Which tool or kernel file.
    pub tool: &'static str,
    /// What is wrong with it.
    pub why: String,
}
