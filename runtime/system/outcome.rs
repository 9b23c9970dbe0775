//! The result of a step.

use std::fmt;
use std::time::Duration;

use super::MissingProgram;
use crate::machine::files::FileError;
use crate::machine::probe::ToolOutputError;

/// The result of a successful step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code of a program; 0 for all other steps.
    pub code: i32,
    /// The standard output of the program, up to a limit.
    pub stdout: String,
    /// The standard error of the program, up to a limit.
    pub stderr: String,
    /// Whether the output is unknown because the step was only simulated.
    pub unknown: bool,
}

/// The error of a failed step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// The step, as typed in a shell.
    pub step: String,
    /// The kind of failure.
    pub broken: FailureKind,
    /// The last lines of the program's output.
    pub tail: Vec<String>,
    /// A suggested fix, if the action has one.
    pub hint: Option<&'static str>,
}

/// A kind of failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// A program exited with this code.
    Exit(i32),
    /// A program was killed by this signal.
    Signal(String),
    /// A program exceeded its time limit and was killed.
    TimedOut(Duration),
    /// A program was idle for this long and was killed.
    Idle(Duration),
    /// The user pressed Ctrl-C.
    Interrupted,
    /// The program is not installed on this machine.
    Missing(MissingProgram),
    /// The kernel returned this error.
    Kernel(String),
    /// A device or file did not appear or disappear in time.
    Waited {
        /// The device or file.
        what: String,
        /// The time limit.
        limit: Duration,
    },
    /// A name no longer refers to the disk that was probed at the beginning.
    Changed {
        /// The disk.
        disk: String,
    },
    /// The links of a network change were restored, because it was not confirmed.
    RolledBack {
        /// The identifier of the change.
        change: String,
        /// The reason.
        why: String,
    },
    /// A mount point or device is in use by these processes.
    Busy {
        /// The mount point or device.
        at: String,
        /// Descriptions of the processes: `bash (pid 4711) has its working directory there`.
        holders: Vec<String>,
    },
    /// A program printed unexpected output.
    Unreadable(String),
}

impl FailureKind {
    /// Creates the error for a device node that did not appear in time.
    pub fn node_missing(node: &str, limit: Duration) -> Self {
        Self::Waited { what: node.to_string(), limit }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "killed by {signal}"),
            Self::TimedOut(limit) => {
                write!(f, "timed out after {} s", limit.as_secs())
            }
            Self::Idle(limit) => {
                write!(f, "killed after {} s without activity", limit.as_secs())
            }
            Self::Interrupted => f.write_str("interrupted"),
            Self::Missing(missing) => missing.fmt(f),
            Self::Kernel(reason) | Self::Unreadable(reason) => f.write_str(reason),
            Self::Waited { what, limit } => {
                write!(f, "timed out after {} s waiting for {what}", limit.as_secs())
            }
            Self::Changed { disk } => {
                write!(f, "{disk} has been replaced since the plan was approved")
            }
            Self::RolledBack { change, why } => {
                write!(f, "network change {change} was rolled back: {why}")
            }
            Self::Busy { at, holders } if holders.is_empty() => {
                write!(f, "{at} is busy, but no process of this system holds it")
            }
            Self::Busy { at, holders } => write!(f, "{at} is busy: {}", holders.join("; ")),
        }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.broken)
    }
}

impl std::error::Error for StepError {}

impl StepError {
    /// Returns the name of the program or kernel operation that failed.
    pub fn program(&self) -> String {
        let words = if self.step.starts_with("lvm ") { 2 } else { 1 };
        self.step.split(' ').take(words).collect::<Vec<_>>().join(" ")
    }

    /// Creates an error without program output.
    pub fn new(step: impl fmt::Display, broken: FailureKind) -> Self {
        Self { step: step.to_string(), broken, tail: Vec::new(), hint: None }
    }

    /// Creates the error for a failed kernel operation.
    pub fn kernel(step: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self::new(step, FailureKind::Kernel(reason.to_string()))
    }
}

impl From<ToolOutputError> for StepError {
    fn from(unreadable: ToolOutputError) -> Self {
        Self::new(unreadable.tool, FailureKind::Unreadable(unreadable.to_string()))
    }
}

impl From<FileError> for StepError {
    fn from(error: FileError) -> Self {
        Self::new(error.place, FailureKind::Kernel(error.cause))
    }
}
