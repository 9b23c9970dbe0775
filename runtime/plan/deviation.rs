//! The differences between a run and its plan, for messages.

use std::fmt;

/// The reason why an action is not part of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deviation {
    /// The plan does not call the action at this position.
    Place,
    /// The plan has other arguments at this position.
    Arguments,
    /// The plan has the same action, but less often.
    Repeated,
    /// The plan has other steps at this position.
    Steps,
    /// The plan does not use this program, command or device at this position.
    Reach(String),
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place => f.write_str("the plan has no such action at this point"),
            Self::Arguments => f.write_str("the plan has other arguments"),
            Self::Repeated => f.write_str("the plan has this action less often"),
            Self::Steps => f.write_str("the plan has other steps"),
            Self::Reach(what) => write!(f, "the plan does not use {what} here"),
        }
    }
}

/// Two different results of one call. Only short results are shown, because the content of a file
/// may not fit on the screen and should not be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResultDifference {
    pub(super) planned: Option<Box<str>>,
    pub(super) found: Option<Box<str>>,
}

impl fmt::Display for ResultDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.planned, &self.found) {
            (Some(planned), Some(found)) => write!(f, "\n  planned: {planned}\n  found: {found}"),
            _ => Ok(()),
        }
    }
}
