//! The trait of test functions.

use crate::error::Result;
use crate::event::Site;
use crate::operation::spec::Arguments;
use crate::test::bench::TestState;
use crate::types::{Value, unified_diff};

/// A test function: its arguments and its effect.
pub(super) trait Invoke: Arguments {
    /// Calls the function.
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value>;
}

/// Returns the difference between two strings as a unified diff.
pub(super) fn diff(wanted: &str, found: &str) -> String {
    let end = |text: &str| if text.is_empty() { String::new() } else { format!("{text}\n") };
    let (wanted, found) = (end(wanted), end(found));
    unified_diff(("expected", "found"), &wanted, &found, 3).trim_end().to_owned()
}
