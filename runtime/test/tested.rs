//! A test that was run.

use std::time::Duration;

use crate::event::Site;
use crate::finding::Finding;

/// A test, run.
pub struct Tested {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub site: Site,
    /// What is not as it should be; nothing for a test that passed.
    pub findings: Vec<Finding>,
    /// What the test printed.
    pub said: Vec<String>,
    /// How long it took.
    pub took: Duration,
}
