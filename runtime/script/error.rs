//! Errors of scripts.

use std::fmt;
use std::rc::Rc;

use super::limits::Limit;
use crate::error::{Error, Exit};
use crate::event::Site;
use crate::failure::{Failure, Frame};

/// An error that ended a script.
#[derive(Debug, Clone)]
pub enum ScriptError {
    /// An error in the script itself.
    Script {
        /// The error message.
        message: String,
        /// The position of the error.
        site: Site,
        /// A suggested fix.
        remedy: Option<String>,
        /// The active functions, innermost first.
        traceback: Vec<Frame>,
    },
    /// A primitive failed.
    Failure(Box<Failure>),
    /// The user stopped the script.
    Stopped {
        /// The position of the script when it was stopped.
        site: Site,
    },
}

impl ScriptError {
    /// Returns the position in the script.
    pub fn site(&self) -> Option<Site> {
        match self {
            Self::Script { site, .. } | Self::Stopped { site } => Some(site.clone()),
            Self::Failure(failure) => failure.site.clone(),
        }
    }

    /// Returns the device that is in use, if that is the cause of the error.
    pub fn device_in_use(&self) -> Option<&str> {
        match self {
            Self::Failure(failure) => match failure.error.as_ref() {
                Error::InUse(in_use) => Some(&in_use.device),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the active functions, innermost first.
    pub fn traceback(&self) -> &[Frame] {
        match self {
            Self::Script { traceback, .. } => traceback,
            Self::Failure(failure) => &failure.traceback,
            Self::Stopped { .. } => &[],
        }
    }

    /// Returns the callers of the position of the error, one per line, innermost first.
    pub fn called_from(&self) -> Option<String> {
        let lines: Vec<String> = self.traceback().iter().skip(1).map(ToString::to_string).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Sets the position if the error has none.
    pub(super) fn at(mut self, place: Site) -> Self {
        if let Self::Script { site, traceback, .. } = &mut self
            && site.line == 0
            && traceback.is_empty()
        {
            *site = place;
        }
        self
    }

    /// Appends the functions that called the code in which the error occurred.
    pub(super) fn within(mut self, mut frames: Vec<Frame>) -> Self {
        match &mut self {
            Self::Script { traceback, .. } => traceback.append(&mut frames),
            Self::Failure(failure) => Rc::make_mut(&mut failure.traceback).append(&mut frames),
            Self::Stopped { .. } => {}
        }
        self
    }

    /// Returns the exit code of a run that ends with this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Script { .. } => Exit::Usage,
            Self::Stopped { .. } => Exit::Stopped,
            Self::Failure(failure) => failure.error.exit(),
        }
    }
}

impl From<Failure> for ScriptError {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script { message, .. } => f.write_str(message),
            Self::Failure(failure) => failure.error.fmt(f),
            Self::Stopped { .. } => f.write_str("stopped on request"),
        }
    }
}

impl std::error::Error for ScriptError {}

/// Creates the error for a script that was stopped at a limit.
pub(super) fn limited(limit: Limit, site: Site) -> ScriptError {
    let remedy = Some(limit.remedy().to_owned());
    ScriptError::Script { message: limit.to_string(), site, remedy, traceback: Vec::new() }
}

/// A script error as seen by the other language, and by code that catches errors in the same
/// language.
#[derive(Debug, Clone)]
pub(super) struct Caught(pub(super) Rc<ScriptError>);

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Caught {}

impl From<ScriptError> for Caught {
    fn from(error: ScriptError) -> Self {
        Self(Rc::new(error))
    }
}

impl From<Failure> for Caught {
    fn from(failure: Failure) -> Self {
        ScriptError::Failure(Box::new(failure)).into()
    }
}
