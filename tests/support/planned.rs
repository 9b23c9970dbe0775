//! Plans of scripts on described machines.

use gscript::machine::Machine;
use gscript::plan::call::PlannedCall;
use gscript::plan::report::Report;
use gscript::recipe::Recipe;
use gscript::run::job::Job;
use gscript::script::Language;
use gscript::system::{Interrupts, Sim};
use gscript::types::Map;

/// Plans a script; returns the report or the error.
pub fn planned(
    machine: &Machine,
    language: Language,
    text: &str,
    variables: &Map,
) -> Result<Report, String> {
    let recipe = Recipe::parse("example", language, text.to_owned()).map_err(|e| e.to_string())?;
    let job = Job {
        recipe: &recipe,
        variables,
        seed: [1; 32],
        interrupts: Interrupts::default(),
        terminal: false,
    };
    job.plan(machine, Box::new(Sim::new())).map_err(|failed| failed.0.to_string())
}

/// Returns the steps of a call, joined like commands.
pub fn steps(call: &PlannedCall) -> String {
    call.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" && ")
}
