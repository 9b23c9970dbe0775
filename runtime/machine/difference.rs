//! What is not as predicted.

use std::fmt;

/// One thing that is not as predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What differs: a device, a group, a mount point.
    pub what: String,
    /// What the plan said.
    pub predicted: String,
    /// What the machine shows.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: predicted {}, found {}", self.what, self.predicted, self.found)
    }
}

/// All that is not as predicted, as it is found.
#[derive(Default)]
pub(crate) struct Differences(Vec<Difference>);

impl Differences {
    /// Returns all of them.
    pub(crate) fn all(self) -> Vec<Difference> {
        self.0
    }

    /// Notes a thing that is not the same on both sides.
    pub(crate) fn note(&mut self, what: String, predicted: Option<String>, found: Option<String>) {
        if predicted != found {
            let say = |side: Option<String>| side.unwrap_or_else(|| "nothing".into());
            self.0.push(Difference { what, predicted: say(predicted), found: say(found) });
        }
    }
}
