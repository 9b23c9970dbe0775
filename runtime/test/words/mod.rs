//! The functions that a test can call, in the order in which tests use them.

mod ended;
mod fault;
mod given;
mod machine;
mod run;
mod says;
mod steps;

use says::Invoke;

use super::bench::TestState;
use crate::error::Result;
use crate::event::Site;
use crate::operation::spec::{ArgError, Given, Spec};
use crate::types::Value;

/// A function that tests can call.
pub struct TestFunction {
    /// The name, documentation and parameters.
    pub spec: &'static Spec,
    say: fn(Given, &mut TestState, &Site) -> std::result::Result<Result<Value>, ArgError>,
}

impl TestFunction {
    pub(super) fn call(
        &self,
        bench: &mut TestState,
        site: &Site,
        values: Vec<Value>,
    ) -> Result<Value> {
        Given::by_position(self.spec, values)
            .and_then(|given| (self.say)(given, bench, site))
            .unwrap_or_else(|error| Err(self.spec.bad_call(&error)))
    }
}

const fn word<W: Invoke>() -> TestFunction {
    TestFunction {
        spec: &W::SPEC,
        say: |given, bench, site| Ok(W::decode(given)?.invoke(bench, site)),
    }
}

/// All functions of tests.
pub static TEST_FUNCTIONS: &[TestFunction] = &[
    word::<given::RecipeFile>(),
    word::<given::MachineOf>(),
    word::<given::AnswersOf>(),
    word::<given::FileOf>(),
    word::<given::Prints>(),
    word::<fault::Fails>(),
    word::<fault::Hangs>(),
    word::<fault::Stops>(),
    word::<fault::Busy>(),
    word::<fault::Late>(),
    word::<fault::Gone>(),
    word::<run::RecipeRun>(),
    word::<run::PlanRun>(),
    word::<run::AgainRun>(),
    word::<run::StepsOf>(),
    word::<ended::Done>(),
    word::<ended::FailsWith>(),
    word::<ended::Printed>(),
    word::<ended::Warns>(),
    word::<ended::Released>(),
    word::<ended::NothingLeft>(),
    word::<steps::InOrder>(),
    word::<steps::Never>(),
    word::<steps::Chapters>(),
    word::<steps::Already>(),
    word::<steps::Unchanged>(),
    word::<steps::Effects>(),
    word::<machine::Layout>(),
    word::<machine::Mounted>(),
    word::<machine::Untouched>(),
    word::<machine::FileIs>(),
    word::<machine::Same>(),
];
