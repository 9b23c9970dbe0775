//! Tests of recipes: `encrypted-root.test.rhai` beside `encrypted-root.rhai`.
//!
//! A test file is a script. `bench` is its host: it collects the tests, and holds the preparations
//! and results of the current one. `words` are the functions that a test can call (to add one: a
//! struct in a file there, and a line in its list), `simulate` runs the recipe on a simulated
//! machine, `file` finds test files.

mod bench;
mod file;
mod host;
mod misuse;
mod simulate;
mod tested;
mod words;

use crate::failure::Failure;
use std::cell::RefCell;
use std::rc::Rc;

use crate::script::{self, Script};
use crate::types::Map;

use bench::TestState;

pub use file::{NotFound, TestFile, find, find_beside};
pub use simulate::{SimulatedRun, TestedCall, simulate};
pub use tested::Tested;
pub use words::{TEST_FUNCTIONS, TestFunction};

/// The result of a test file.
pub struct TestOutcome {
    /// The tests that were run, in order.
    pub tests: Vec<Tested>,
    /// The error that ended the file before its end.
    pub error: Option<Failure>,
    /// The number of tests that were not selected.
    pub left_out: usize,
}

/// Runs the tests of a file: all, or those whose name contains one of these strings.
pub fn run(file: &TestFile, names: &[String]) -> TestOutcome {
    let bench = Rc::new(RefCell::new(TestState::new(file.clone(), names.to_vec())));
    let host: script::Shared = bench.clone();
    let variables = Map::new();
    let script = Script {
        language: file.language,
        file: &file.name,
        text: &file.text,
        variables: &variables,
        modules: &file.modules,
    };
    let error = script::run(&script, &host).err();
    drop(host);
    let (tests, left_out) = bench.borrow_mut().results();
    TestOutcome { tests, error, left_out }
}
