//! Differences between the prediction and the probed machine.

use std::fmt;

/// A difference between the prediction and the probed machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The item that differs: a device, a volume group, a mount point.
    pub what: String,
    /// Its predicted state.
    pub predicted: String,
    /// Its probed state.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: predicted {}, found {}", self.what, self.predicted, self.found)
    }
}

/// Collects differences.
#[derive(Default)]
pub(crate) struct Differences(Vec<Difference>);

impl Differences {
    /// Returns all differences.
    pub(crate) fn all(self) -> Vec<Difference> {
        self.0
    }

    /// Adds a difference if the two sides are not equal.
    pub(crate) fn note(&mut self, what: String, predicted: Option<String>, found: Option<String>) {
        if predicted != found {
            let say = |side: Option<String>| side.unwrap_or_else(|| "nothing".into());
            self.0.push(Difference { what, predicted: say(predicted), found: say(found) });
        }
    }
}
