//! What a word of a test is.

use crate::error::Result;
use crate::event::Site;
use crate::operation::spec::Arguments;
use crate::test::bench::Bench;
use crate::types::{Value, unified_diff};

/// A word of a test: arguments, and what it does.
pub(super) trait Says: Arguments {
    /// Does it.
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value>;
}

/// Two texts that should be the same, as a diff.
pub(super) fn diff(wanted: &str, found: &str) -> String {
    let end = |text: &str| if text.is_empty() { String::new() } else { format!("{text}\n") };
    let (wanted, found) = (end(wanted), end(found));
    unified_diff(("expected", "found"), &wanted, &found, 3).trim_end().to_owned()
}
