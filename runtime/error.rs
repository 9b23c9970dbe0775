//! The errors of the runtime.
//!
//! Every error says what was wrong and, through [`Error::remedy`], what to do next. Each domain
//! defines its own rules ([`Rule`]); all other errors are listed here.

use std::fmt;
use std::rc::Rc;

use crate::machine::files::FileError;
use crate::machine::{Contradiction, Difference, NoSuchDevice, Release, Use};
use crate::system::{FailureKind, MissingProgram, StepError};

/// The outcome of a run. The discriminants are the exit codes of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// A step, a program or a file operation failed, or the recipe failed after its plan was
    /// approved.
    Failed = 1,
    /// The command line, the recipe or a value in it is wrong; nothing was changed.
    Usage = 2,
    /// A safety check, the approved plan or the user refused an action.
    Refused = 3,
    /// The run was interrupted by the user.
    Stopped = 4,
}

impl Exit {
    /// Returns the variant of an exit code; unknown codes are failures.
    pub fn of(code: u8) -> Self {
        let all = [Self::Done, Self::Usage, Self::Refused, Self::Stopped];
        all.into_iter().find(|exit| *exit as u8 == code).unwrap_or(Self::Failed)
    }

    /// Returns how a run ends in which this happened: by then, actions may have changed something.
    #[must_use]
    pub fn of_a_run(self) -> Self {
        match self {
            Self::Usage => Self::Failed,
            other => other,
        }
    }
}

/// The violation of a rule of a domain.
pub trait Rule: std::error::Error {
    /// Returns what the user should do next.
    fn remedy(&self) -> Option<String>;

    /// Returns how a run ends that fails with this error.
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    /// Returns whether the error ends the run even if the script catches it, and even if a query
    /// returned it.
    fn ends_the_run(&self) -> bool {
        false
    }
}

/// Any error of the runtime.
#[derive(Debug, Clone)]
pub enum Error {
    /// A call with arguments that do not match its primitive.
    Call(Box<BadCall>),
    /// An invalid script, or an error that a script threw.
    Script(Box<BadScript>),
    /// No device has this name.
    Device(Box<NoSuchDevice>),
    /// The violation of a rule of a domain.
    Rule(Rc<dyn Rule>),
    /// The device is in use.
    InUse(Box<InUse>),
    /// A program is not installed.
    Missing(MissingProgram),
    /// A step failed.
    Step(Box<StepError>),
    /// A file could not be read.
    File(Box<FileError>),
    /// The state after an operation does not match the plan.
    Differs(Vec<Difference>),
    /// A fact contradicts the model of the machine.
    Contradiction(Contradiction),
    /// An effect that was not approved.
    NotApproved {
        /// The effect.
        effect: String,
    },
    /// The user interrupted the run.
    Interrupted,
}

/// A call with arguments that do not match its primitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCall {
    /// The name of the primitive.
    pub primitive: &'static str,
    /// The signature of the primitive.
    pub signature: String,
    /// The mismatch.
    pub why: String,
}

/// An invalid script, or an error that a script threw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadScript {
    /// The error message.
    pub message: String,
    /// What the user should do next.
    pub remedy: Option<String>,
}

/// The reason why a device must not be overwritten now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// The device, or the refused operation, for example `format /dev/sda1`.
    pub device: String,
    /// The current uses of the device.
    pub uses: Vec<Use>,
    /// The commands that release the device.
    pub releases: Vec<Release>,
    /// Whether the device holds the running system.
    pub system: bool,
}

/// Returns the help for a call with invalid arguments: how to call the primitive or function.
pub fn usage_help(signature: &str, name: &str) -> String {
    format!("call it as {signature}; see: gscript doc {name}")
}

/// The result of a fallible function of the runtime.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => call.why.fmt(f),
            Self::Script(bad) => f.write_str(&bad.message),
            Self::Device(error) => error.fmt(f),
            Self::Rule(rule) => rule.fmt(f),
            Self::InUse(error) => error.fmt(f),
            Self::Missing(error) => error.fmt(f),
            Self::Step(error) => match error.broken {
                FailureKind::Exit(_)
                | FailureKind::Signal(_)
                | FailureKind::TimedOut(_)
                | FailureKind::Idle(_) => {
                    write!(f, "{} failed: {}", error.program(), error.broken)
                }
                _ => error.broken.fmt(f),
            },
            Self::File(error) => error.fmt(f),
            Self::Contradiction(error) => error.fmt(f),
            Self::Differs(differences) => {
                f.write_str("the resulting state does not match the plan")?;
                differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
            }
            Self::NotApproved { effect } => {
                write!(f, "not covered by the approved plan: {effect}")
            }
            Self::Interrupted => f.write_str("stopped on request"),
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.system { "holds the running system" } else { "is in use" };
        write!(f, "{} {state}", self.device)?;
        for held in &self.uses {
            write!(f, "\n  {held}")?;
        }
        Ok(())
    }
}

impl Error {
    /// Returns what the user should do next, in one or a few lines.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Call(call) => Some(usage_help(&call.signature, call.primitive)),
            Self::Script(bad) => bad.remedy.clone(),
            Self::Device(missing) => Some(match &missing.inactive {
                Some(group) => format!("activate its volume group: lvm::vg_activate({group:?})"),
                None => "list the disks: lsblk".into(),
            }),
            Self::Rule(rule) => rule.remedy(),
            Self::InUse(in_use) => in_use.remedy(),
            Self::Missing(missing) => Some(missing.remedy()),
            Self::Step(error) => match &error.broken {
                FailureKind::Missing(missing) => Some(missing.remedy()),
                FailureKind::Changed { .. } => {
                    Some("check the disks with lsblk -f, then plan again".into())
                }
                FailureKind::Interrupted => None,
                _ if error.hint.is_some() => error.hint.map(str::to_owned),
                FailureKind::TimedOut(_) | FailureKind::Idle(_) => Some(
                    "check dmesg for the cause; on a slow machine, raise the time limit: --limit \
                     SECONDS"
                        .into(),
                ),
                _ => Some("fix the cause and run again; completed actions are skipped".into()),
            },
            Self::Differs(_) => Some(
                "another program changed the machine, or a tool failed without an error; check \
                 with lsblk -f, then run the recipe again"
                    .into(),
            ),
            Self::NotApproved { .. } => Some("run the recipe again and review its plan".into()),
            Self::File(_) | Self::Contradiction(_) | Self::Interrupted => None,
        }
    }

    /// Returns whether the error ends the run even if the script catches it, and even if a query
    /// returned it.
    pub(crate) fn ends_the_run(&self) -> bool {
        match self {
            Self::Rule(rule) => rule.ends_the_run(),
            Self::NotApproved { .. } | Self::Interrupted => true,
            _ => false,
        }
    }

    /// Returns how a run ends that fails with this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Call(_) | Self::Script(_) | Self::Device(_) => Exit::Usage,
            Self::Rule(rule) => rule.exit(),
            Self::InUse(_) | Self::NotApproved { .. } => Exit::Refused,
            Self::Interrupted => Exit::Stopped,
            Self::Step(error) => match error.broken {
                FailureKind::Interrupted => Exit::Stopped,
                FailureKind::Changed { .. } => Exit::Refused,
                _ => Exit::Failed,
            },
            Self::Missing(_) | Self::File(_) | Self::Differs(_) | Self::Contradiction(_) => {
                Exit::Failed
            }
        }
    }

    /// Returns the last lines of output of the program that failed, if one did.
    pub fn tool_output(&self) -> &[String] {
        match self {
            Self::Step(error) => &error.tail,
            _ => &[],
        }
    }
}

impl InUse {
    fn remedy(&self) -> Option<String> {
        if self.system {
            return Some("choose another disk; the running system needs this one".into());
        }
        let commands: Vec<String> = self.releases.iter().map(ToString::to_string).collect();
        if commands.is_empty() {
            return None;
        }
        let commands = commands.join(" && ");
        // Volume groups and the like have no device path that `gscript release` accepts.
        Some(match self.device.starts_with("/dev/") {
            true => format!("release it: gscript release {}\nwhich runs: {commands}", self.device),
            false => format!("release it first: {commands}"),
        })
    }
}

impl<R: Rule + 'static> From<R> for Error {
    fn from(rule: R) -> Self {
        Self::Rule(Rc::new(rule))
    }
}

impl From<NoSuchDevice> for Error {
    fn from(error: NoSuchDevice) -> Self {
        Self::Device(Box::new(error))
    }
}

impl From<StepError> for Error {
    fn from(error: StepError) -> Self {
        Self::Step(Box::new(error))
    }
}

impl From<InUse> for Error {
    fn from(error: InUse) -> Self {
        Self::InUse(Box::new(error))
    }
}

impl From<BadCall> for Error {
    fn from(error: BadCall) -> Self {
        Self::Call(Box::new(error))
    }
}

impl From<BadScript> for Error {
    fn from(error: BadScript) -> Self {
        Self::Script(Box::new(error))
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(Box::new(error))
    }
}

impl From<Contradiction> for Error {
    fn from(error: Contradiction) -> Self {
        Self::Contradiction(error)
    }
}

impl From<MissingProgram> for Error {
    fn from(error: MissingProgram) -> Self {
        Self::Missing(error)
    }
}
