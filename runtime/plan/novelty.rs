//! How a run differs from its plan, for telling it.

use std::fmt;

/// Why an action is not part of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Novelty {
    /// The plan never gets to this place.
    Place,
    /// The plan has other arguments here.
    Arguments,
    /// The plan has other steps here.
    Steps,
    /// The plan does not have this program, command or device here.
    Reach(String),
}

impl fmt::Display for Novelty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place => f.write_str("the plan has no such action at this point"),
            Self::Arguments => f.write_str("the plan has other arguments"),
            Self::Steps => f.write_str("the plan has other steps"),
            Self::Reach(what) => write!(f, "the plan does not use {what} here"),
        }
    }
}

/// Two results of one call. Only short ones are shown: a file may hold more than a screen, and more than
/// a log should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Different {
    pub(super) planned: Option<Box<str>>,
    pub(super) found: Option<Box<str>>,
}

impl fmt::Display for Different {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.planned, &self.found) {
            (Some(planned), Some(found)) => write!(f, "\n  planned: {planned}\n  found: {found}"),
            _ => Ok(()),
        }
    }
}
