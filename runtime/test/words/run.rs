//! Running the recipe.

use super::super::bench::TestState;
use super::says::Invoke;
use crate::args;
use crate::error::Result;
use crate::event::Site;
use crate::types::Value;

args! {
    /// Plans the recipe, approves its plan, and runs it on the simulated machine.
    ///
    /// ```
    /// run::recipe();
    /// ```
    "run.recipe" => pub struct RecipeRun {}
}

args! {
    /// Plans the recipe without running it.
    ///
    /// ```
    /// run::plan();
    /// ```
    "run.plan" => pub struct PlanRun {}
}

args! {
    /// Runs the recipe again, on the machine as the latest run left it.
    ///
    /// ```
    /// run::again();
    /// ```
    "run.again" => pub struct AgainRun {}
}

args! {
    /// Returns the steps of the latest run as a list of strings, for other expectations.
    ///
    /// ```
    /// let steps = run::steps();
    /// ```
    "run.steps" => pub struct StepsOf {}
}

impl Invoke for RecipeRun {
    fn invoke(self, bench: &mut TestState, _site: &Site) -> Result<Value> {
        bench.run(false, false)
    }
}

impl Invoke for PlanRun {
    fn invoke(self, bench: &mut TestState, _site: &Site) -> Result<Value> {
        bench.run(true, false)
    }
}

impl Invoke for AgainRun {
    fn invoke(self, bench: &mut TestState, _site: &Site) -> Result<Value> {
        bench.run(false, true)
    }
}

impl Invoke for StepsOf {
    fn invoke(self, bench: &mut TestState, _site: &Site) -> Result<Value> {
        let steps = bench.ran()?.calls.iter().flat_map(|call| &call.steps);
        Ok(Value::List(steps.map(|step| Value::Text(step.clone())).collect()))
    }
}
