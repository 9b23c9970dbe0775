//! Tests that cannot run on this machine: each prints the reason and is counted.

use std::fs::File;
use std::io::Write;

use super::dsl::project;

/// Reports that a test cannot run on this machine, and counts it.
///
/// If the variable `GSCRIPT_REQUIRE_LAB` is set, as in CI, that is a failure.
pub fn skip(test: &str, why: &str) {
    assert!(!required(), "{test} can't run here, and GSCRIPT_REQUIRE_LAB is set: {why}");
    eprintln!("SKIPPED {test}: {why}");
    count(test, why);
}

/// Returns whether every test must run.
pub fn required() -> bool {
    std::env::var_os("GSCRIPT_REQUIRE_LAB").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Adds a test to the list that `make test` and `make lab` print at the end.
pub fn count(test: &str, why: &str) {
    let file = project("target/skipped.txt");
    let mut file = File::options().append(true).create(true).open(file).expect("the list");
    writeln!(file, "{test}: {why}").expect("the list");
}
