//! Comparison of the predicted machine with the probed one.

use super::difference::{Difference, Differences};
use super::part::MachinePart;
use super::parts::parts;
use super::state::PartState;
use super::{Machine, Scope};

macro_rules! compare {
    ($($module:ident $Part:ident,)*) => {
        /// Returns all differences within the scope, or in the whole machine without a scope.
        pub fn compare(predicted: &Machine, found: &Machine, scope: Option<&Scope>) -> Vec<Difference> {
            let mut differences = Differences::default();
            $(<super::$module::Part as MachinePart>::State::compare(predicted, found, scope, &mut differences);)*
            differences.all()
        }
    };
}

parts!(compare);
