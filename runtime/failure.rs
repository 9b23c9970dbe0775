//! The one carrier of what went wrong, from wherever it happened up to the person: an error, with
//! the call and the place in which it happened.
//!
//! What is thrown below ([`Error`], and in it the step that failed or the rule that was broken) becomes a
//! `Failure` once: in the call that it ends, in the script that is wrong, or where a run can't go on. From
//! there on it is only passed on; script engines carry it as what they throw.

use std::fmt;
use std::rc::Rc;

use crate::error::{BadScript, Error, Exit};
use crate::event::Site;

/// A failure with the call in which it happened. The first one of an action ends the run, whatever a
/// script tries to catch.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What went wrong.
    pub error: Rc<Error>,
    /// Where in the recipe.
    pub site: Option<Site>,
    /// What was called.
    pub call: Option<Called>,
    /// The step that failed, as a person would type it.
    pub step: Option<String>,
    /// The functions of scripts that were at work, from the innermost outwards.
    pub traceback: Rc<Vec<Frame>>,
}

impl Failure {
    /// A failure that is of no call.
    pub(crate) fn of(error: impl Into<Error>) -> Self {
        let error = Rc::new(error.into());
        Self { error, site: None, call: None, step: None, traceback: Rc::default() }
    }

    /// Returns the failure of a script that is wrong itself, or that throws.
    pub(crate) fn of_script(
        message: impl Into<String>,
        site: Site,
        remedy: Option<String>,
    ) -> Self {
        let bad = BadScript { message: message.into(), remedy };
        Self { site: Some(site), ..Self::of(bad) }
    }

    /// Returns the failure of a script that was stopped at this place.
    pub(crate) fn stopped(site: Site) -> Self {
        Self { site: Some(site), ..Self::of(Error::Interrupted) }
    }

    /// Whether the script was stopped, and not a call of it.
    pub(crate) fn is_stop(&self) -> bool {
        matches!(*self.error, Error::Interrupted) && self.call.is_none() && self.site.is_some()
    }

    /// Whether the script is at fault or was stopped, and not what it called.
    pub fn is_of_script(&self) -> bool {
        matches!(*self.error, Error::Script(_)) || self.is_stop()
    }

    /// Whether a script can't go on after it, whatever it catches.
    pub(crate) fn ends_the_run(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.action) || self.error.ends_the_run()
    }

    /// The device that can't be touched because something holds it, if that is what is wrong.
    pub fn device_in_use(&self) -> Option<&str> {
        match self.error.as_ref() {
            Error::InUse(in_use) => Some(&in_use.device),
            _ => None,
        }
    }

    /// From where the place of the error was called: a line for each, from the innermost outwards.
    pub fn called_from(&self) -> Option<String> {
        let lines: Vec<String> = self.traceback.iter().skip(1).map(ToString::to_string).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// How a run that meets it ends.
    pub fn exit(&self) -> Exit {
        self.error.exit()
    }

    /// It at this place, where a script's own error has none.
    pub(crate) fn at(mut self, place: Site) -> Self {
        let placed = self.site.as_ref().is_none_or(|site| site.line != 0);
        if matches!(*self.error, Error::Script(_)) && !placed && self.traceback.is_empty() {
            self.site = Some(place);
        }
        self
    }

    /// It with the functions that called what it was found in.
    pub(crate) fn within(mut self, mut frames: Vec<Frame>) -> Self {
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

/// A call, for telling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Its number in the run.
    pub number: u64,
    /// The primitive.
    pub name: &'static str,
    /// What it is about.
    pub about: String,
    /// Whether it does something, and does not only ask.
    pub action: bool,
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(format!("{} {}", self.name, self.about).trim_end())
    }
}

/// A place that a script was at, when something went wrong further down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Where.
    pub site: Site,
    /// The function that this is in; nothing outside of all functions.
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
