//! A failure, with the call and the place in which it happened.

use std::fmt;
use std::rc::Rc;

use crate::error::Error;
use crate::event::Site;

/// A failure with the call in which it happened. The first one ends the run, whatever a script
/// tries to catch.
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
}

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
