//! An error together with the call and the position in which it happened.
//!
//! An [`Error`] becomes a `Failure` once: in the call that it ends, in the script that is invalid,
//! or where a run cannot continue. From there on it is only passed up; the script engines throw it
//! as their own exception.

use std::fmt;
use std::rc::Rc;

use crate::error::{BadScript, Error, Exit};
use crate::event::Site;

/// An error with the call in which it happened. The first failure of an action ends the run, even
/// if the script catches it.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The error.
    pub error: Rc<Error>,
    /// The position in the recipe.
    pub site: Option<Site>,
    /// The call that failed.
    pub call: Option<CallInfo>,
    /// The step that failed, written as a shell command.
    pub step: Option<String>,
    /// The active script functions, innermost first.
    pub traceback: Rc<Vec<Frame>>,
}

impl Failure {
    /// Creates a failure without a call.
    pub(crate) fn of(error: impl Into<Error>) -> Self {
        let error = Rc::new(error.into());
        Self { error, site: None, call: None, step: None, traceback: Rc::default() }
    }

    /// Creates the failure of a script that is invalid or that throws.
    pub(crate) fn of_script(
        message: impl Into<String>,
        site: Site,
        remedy: Option<String>,
    ) -> Self {
        let bad = BadScript { message: message.into(), remedy };
        Self { site: Some(site), ..Self::of(bad) }
    }

    /// Creates the failure of a script that was interrupted at this position.
    pub(crate) fn stopped(site: Site) -> Self {
        Self { site: Some(site), ..Self::of(Error::Interrupted) }
    }

    /// Returns whether the script itself was interrupted, and not a call that it made.
    pub(crate) fn is_stop(&self) -> bool {
        matches!(*self.error, Error::Interrupted) && self.call.is_none() && self.site.is_some()
    }

    /// Returns whether the script is invalid or was interrupted, as opposed to a failed call.
    pub fn is_of_script(&self) -> bool {
        matches!(*self.error, Error::Script(_)) || self.is_stop()
    }

    /// Returns whether the failure ends the run even if the script catches it.
    pub(crate) fn ends_the_run(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.action) || self.error.ends_the_run()
    }

    /// Returns the device that is in use, if that is the cause of the failure.
    pub fn device_in_use(&self) -> Option<&str> {
        match self.error.as_ref() {
            Error::InUse(in_use) => Some(&in_use.device),
            _ => None,
        }
    }

    /// Returns the positions from which the failing position was called, one per line, innermost
    /// first.
    pub fn caller_lines(&self) -> Option<String> {
        let lines: Vec<String> = self.traceback.iter().skip(1).map(ToString::to_string).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Returns how a run ends that fails with this failure.
    pub fn exit(&self) -> Exit {
        self.error.exit()
    }

    /// Sets the position if this is a script error without one.
    pub(crate) fn with_site(mut self, place: Site) -> Self {
        let placed = self.site.as_ref().is_none_or(|site| site.line != 0);
        if matches!(*self.error, Error::Script(_)) && !placed && self.traceback.is_empty() {
            self.site = Some(place);
        }
        self
    }

    /// Appends the frames of the functions that called the failing code.
    pub(crate) fn with_frames(mut self, mut frames: Vec<Frame>) -> Self {
        if !self.is_stop() {
            Rc::make_mut(&mut self.traceback).append(&mut frames);
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failure {}

/// A call, as shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallInfo {
    /// The number of the call in the run.
    pub number: u64,
    /// The name of the primitive.
    pub name: &'static str,
    /// A short description of the object of the call.
    pub about: String,
    /// Whether the primitive is an action and not a query.
    pub action: bool,
}

impl fmt::Display for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(format!("{} {}", self.name, self.about).trim_end())
    }
}

/// An active position of a script when an error occurred in code that it called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The position.
    pub site: Site,
    /// The enclosing function; `None` at the top level of the script.
    pub function: Option<String>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.site.fmt(f)?;
        match &self.function {
            Some(function) => write!(f, " in {function}"),
            None => Ok(()),
        }
    }
}
