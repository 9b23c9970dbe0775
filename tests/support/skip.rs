//! Tests that can't run here: each says so and why, and is counted.

use std::fs::File;
use std::io::Write;

use super::dsl::project;

/// Tells that a test can't run here, and counts it.
///
/// Where the variable `GSCRIPT_REQUIRE_LAB` is set, as on a machine of CI, that is a failure.
pub fn skip(test: &str, why: &str) {
    assert!(!required(), "{test} can't run here, and GSCRIPT_REQUIRE_LAB is set: {why}");
    eprintln!("SKIPPED {test}: {why}");
    count(test, why);
}

/// Whether every test has to run.
pub fn required() -> bool {
    std::env::var_os("GSCRIPT_REQUIRE_LAB").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Adds a test to the list that `make test` and `make lab` show in the end.
pub fn count(test: &str, why: &str) {
    let file = project("target/skipped.txt");
    let mut file = File::options().append(true).create(true).open(file).expect("the list");
    writeln!(file, "{test}: {why}").expect("the list");
}
