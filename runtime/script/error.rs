//! Why a script did not reach its end.

use std::fmt;
use std::rc::Rc;

use super::limits::Limit;
use crate::error::{Error, Exit};
use crate::event::Site;
use crate::failure::{Failure, Frame};

/// Why a script did not reach its end.
#[derive(Debug, Clone)]
pub enum ScriptError {
    /// The script itself is wrong.
    Script {
        /// What is wrong.
        message: String,
        /// Where.
        site: Site,
        /// What to do about it.
        remedy: Option<String>,
        /// The functions at work, from the innermost outwards.
        traceback: Vec<Frame>,
    },
    /// A primitive failed.
    Failure(Box<Failure>),
    /// The person asked to stop.
    Stopped {
        /// Where.
        site: Site,
    },
}

impl ScriptError {
    /// Where in the script.
    pub fn site(&self) -> Option<Site> {
        match self {
            Self::Script { site, .. } | Self::Stopped { site } => Some(site.clone()),
            Self::Failure(failure) => failure.site.clone(),
        }
    }

    /// The device that can't be touched because something holds it, if that is what is wrong.
    pub fn device_in_use(&self) -> Option<&str> {
        match self {
            Self::Failure(failure) => match failure.error.as_ref() {
                Error::InUse(in_use) => Some(&in_use.device),
                _ => None,
            },
            _ => None,
        }
    }

    /// The functions at work, from the innermost outwards.
    pub fn traceback(&self) -> &[Frame] {
        match self {
            Self::Script { traceback, .. } => traceback,
            Self::Failure(failure) => &failure.traceback,
            Self::Stopped { .. } => &[],
        }
    }

    /// From where the place of the error was called: a line for each, from the innermost outwards.
    pub fn called_from(&self) -> Option<String> {
        let lines: Vec<String> = self.traceback().iter().skip(1).map(ToString::to_string).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// It at this place, where it has none of its own.
    pub(super) fn at(mut self, place: Site) -> Self {
        if let Self::Script { site, traceback, .. } = &mut self
            && site.line == 0
            && traceback.is_empty()
        {
            *site = place;
        }
        self
    }

    /// It with the functions that called what it was found in.
    pub(super) fn within(mut self, mut frames: Vec<Frame>) -> Self {
        match &mut self {
            Self::Script { traceback, .. } => traceback.append(&mut frames),
            Self::Failure(failure) => Rc::make_mut(&mut failure.traceback).append(&mut frames),
            Self::Stopped { .. } => {}
        }
        self
    }

    /// How a run that meets it ends.
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

/// A script that was stopped at a limit.
pub(super) fn limited(limit: Limit, site: Site) -> ScriptError {
    let remedy = Some(limit.remedy().to_owned());
    ScriptError::Script { message: limit.to_string(), site, remedy, traceback: Vec::new() }
}

/// An error of a script as the other language, and what catches errors in its own, sees it.
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
