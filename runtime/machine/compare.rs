//! Comparison of the predicted machine with the probed one.

use super::difference::{Difference, Differences};
use super::part::MachinePart;
use super::parts::parts;
use super::state::PartState;
use super::{Machine, Scope};

macro_rules! compare {
    ($($module:ident $Part:ident,)*) => {
        impl Machine {
            /// Returns the items in the scope, to compare them with the machine after a probe. The
            /// cost does not depend on the number of other links and control groups.
            pub(crate) fn excerpt(&self, scope: &Scope) -> Self {
                let mut excerpt = Self::empty();
                $(if !is_default(&scope.$module) {
                    excerpt.$module = self.$module.excerpt(scope);
                })*
                excerpt
            }
        }

        /// Returns all differences within the scope, or in the whole machine without a scope.
        pub fn compare(predicted: &Machine, found: &Machine, scope: Option<&Scope>) -> Vec<Difference> {
            let mut differences = Differences::default();
            $(if scope.is_none_or(|scope| !is_default(&scope.$module)) {
                <super::$module::Part as MachinePart>::State::compare(predicted, found, scope, &mut differences);
            })*
            differences.all()
        }
    };
}

parts!(compare);

fn is_default<T: Default + PartialEq>(scope: &T) -> bool {
    *scope == T::default()
}
