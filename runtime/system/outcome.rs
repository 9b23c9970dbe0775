//! How a step ended.

use std::fmt;
use std::time::Duration;

use super::MissingProgram;
use crate::machine::files::FileError;
use crate::machine::probe::Unreadable;

/// What a step left behind, for those who want to read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Exit code of a program; 0 for everything else.
    pub code: i32,
    /// What the program printed on its standard output, up to a bound.
    pub stdout: String,
    /// What it printed on standard error, up to a bound.
    pub stderr: String,
    /// Whether nobody can know all that: the step was only simulated.
    pub unknown: bool,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// The step, as a person would type it.
    pub step: String,
    /// What went wrong.
    pub broken: Broken,
    /// The last lines that a program printed.
    pub tail: Vec<String>,
    /// What to do when this fails, where the action knows.
    pub hint: Option<&'static str>,
}

/// The kinds of failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// A program ended with this code.
    Exit(i32),
    /// A program was killed by this signal.
    Signal(String),
    /// A program exceeded its time limit and was killed.
    TimedOut(Duration),
    /// A program did nothing for so long, and was killed.
    Idle(Duration),
    /// A person pressed Ctrl-C.
    Interrupted,
    /// The program does not exist on this machine.
    Missing(MissingProgram),
    /// The kernel refused; its reason.
    Kernel(String),
    /// A device or file did not appear, or did not go away, in time.
    Waited {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
    },
    /// A name does not stand for the disk any more that was looked at in the beginning.
    Changed {
        /// The disk.
        disk: String,
    },
    /// A mount point or device is held by these processes.
    Busy {
        /// The mount point or device.
        at: String,
        /// `bash (pid 4711) has its working directory there`
        holders: Vec<String>,
    },
    /// Something unexpected was printed.
    Unreadable(String),
}

impl Broken {
    /// A device node did not appear in time.
    pub fn not_there(node: &str, limit: Duration) -> Self {
        Self::Waited { what: node.to_string(), limit }
    }
}

impl fmt::Display for Broken {
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
    /// The program that failed, or the kernel's part in it.
    pub fn program(&self) -> String {
        let words = if self.step.starts_with("lvm ") { 2 } else { 1 };
        self.step.split(' ').take(words).collect::<Vec<_>>().join(" ")
    }

    /// A failure without program output.
    pub fn new(step: impl fmt::Display, broken: Broken) -> Self {
        Self { step: step.to_string(), broken, tail: Vec::new(), hint: None }
    }

    /// The kernel's refusal.
    pub fn kernel(step: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self::new(step, Broken::Kernel(reason.to_string()))
    }
}

impl From<Unreadable> for StepError {
    fn from(unreadable: Unreadable) -> Self {
        Self::new(unreadable.tool, Broken::Unreadable(unreadable.to_string()))
    }
}

impl From<FileError> for StepError {
    fn from(error: FileError) -> Self {
        Self::new(error.place, Broken::Kernel(error.cause))
    }
}
