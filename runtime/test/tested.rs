//! The result of a test.

use std::time::Duration;

use crate::event::Site;
use crate::finding::Finding;

/// A test that was run.
pub struct Tested {
    /// The name of the test.
    pub name: String,
    /// The site where the test is defined.
    pub site: Site,
    /// The expectations that were not met; empty for a test that passed.
    pub findings: Vec<Finding>,
    /// The output of the test.
    pub said: Vec<String>,
    /// The duration of the test.
    pub took: Duration,
}
