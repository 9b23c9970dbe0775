//! The error for tool output that cannot be parsed.

/// Output that is not in the known format of the tool.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse the output of {tool}: {why}")]
pub struct ToolOutputError {
    /// The tool or kernel file.
    pub tool: &'static str,
    /// The problem with the output.
    pub why: String,
}
