//! The machine as it was predicted against the machine as it is.

use super::difference::{Difference, Differences};
use super::part::MachinePart;
use super::parts::parts;
use super::state::PartState;
use super::{Machine, Scope};

macro_rules! compare {
    ($($module:ident $Part:ident,)*) => {
        /// All differences within the scope; with no scope, all there are.
        pub fn compare(predicted: &Machine, found: &Machine, scope: Option<&Scope>) -> Vec<Difference> {
            let mut differences = Differences::default();
            $(<super::$module::Part as MachinePart>::State::compare(predicted, found, scope, &mut differences);)*
            differences.all()
        }
    };
}

parts!(compare);
