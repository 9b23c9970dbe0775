//! Tests of recipes: `encrypted-root.test.rhai` beside `encrypted-root.rhai`.
//!
//! A file of tests is a script. `bench` is its host: it gathers the tests, and holds what the one at
//! work has prepared and seen. `words` are all that a test can call (to add one: a struct in a file
//! there, and a line in its list), `rehearse` runs the recipe, `file` finds files of tests.

mod bench;
mod file;
mod host;
mod misuse;
mod rehearse;
mod tested;
mod words;

use crate::failure::Failure;
use std::cell::RefCell;
use std::rc::Rc;

use crate::script::{self, Script};
use crate::types::Map;

use bench::Bench;

pub use file::{NotFound, TestFile, find};
pub use rehearse::{Ran, TestedCall, rehearse};
pub use tested::Tested;
pub use words::{WORDS, Word};

/// A file of tests, run.
pub struct Outcome {
    /// Its tests, in order.
    pub tests: Vec<Tested>,
    /// Why the file as such did not reach its end.
    pub error: Option<Failure>,
    /// How many tests nobody wanted.
    pub left_out: usize,
}

/// Runs the tests of a file: all, or those whose name contains one of these texts.
pub fn run(file: &TestFile, names: &[String]) -> Outcome {
    let bench = Rc::new(RefCell::new(Bench::new(file.clone(), names.to_vec())));
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
    Outcome { tests, error, left_out }
}
