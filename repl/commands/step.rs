//! `gscript step`: a recipe action by action, each shown and asked for.

use gscript::error::Exit;
use gscript::machine::Machine;
use gscript::plan::approval::Approval;
use gscript::plan::report::Report;
use gscript::run::job::{Job, RunStart, new_journal};
use gscript::run::session::{Gate, Hands};
use gscript::system::Real;

use super::go_on::{Going, run_to_end};
use super::past::unrecorded;
use super::run::{listener, needs_root, remember, within_needs};
use super::{interrupts, load, seed, this_machine, variables};
use crate::ask;
use crate::cli::{StepArgs, Values};
use crate::lock::Lock;
use crate::render::Problem;
use crate::screen::{style, tell};
use crate::shell::{Prose, Stepper, Steps};
use crate::state::{RunFolder, time};

pub(crate) fn step(args: &StepArgs) -> Exit {
    match try_step(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// The plan as far as it goes. Where it depends on what a closed container holds, every action is still
/// planned when its turn comes.
fn plan_or_explain(job: &Job<'_>, machine: &Machine) -> Result<Report, Exit> {
    let planned = job.plan(machine, Box::new(Real::new(job.interrupts.clone())));
    planned.or_else(|failed| {
        let (error, report) = *failed;
        let mut problem = Problem::in_recipe(&error, job.recipe);
        if error.is_of_script() {
            problem.notes.push(("now", "nothing has been changed".into()));
            problem.print();
            return Err(error.exit());
        }
        problem.notes.push(("planned", "only up to here; the first steps may set it right".into()));
        problem.print();
        Ok(report)
    })
}

/// A recipe without further words, as a session runs it.
pub(crate) fn by_name(recipe: &str) {
    // It has told how it ended.
    let _ = step(&StepArgs { recipe: recipe.into(), values: Values::default(), journal: None });
}

fn try_step(args: &StepArgs) -> Result<Exit, Exit> {
    if !ask::somebody() {
        Problem::new("going step by step takes a person at a terminal")
            .help(format!("see what it would do: gscript plan {}", args.recipe.display()))
            .print();
        return Err(Exit::Usage);
    }
    let recipe = load(&args.recipe)?;
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone())?;
    let variables = variables(&recipe, &args.values, &machine)?;
    let job =
        Job { recipe: &recipe, variables: &variables, seed: seed()?, interrupts, terminal: true };
    // Mistakes show before the first action, and what may be touched is locked.
    let report = plan_or_explain(&job, &machine)?;
    within_needs(job.recipe, &report.approval, job.variables)?;
    needs_root(&report)?;
    let lock = Lock::take(&recipe.name, &report.approval, &machine)?;
    let folder = RunFolder::create(args.journal.as_deref(), &recipe.stem())
        .map_err(|error| unrecorded(&error))?;
    let start = RunStart::new(folder.number(), time());
    // Nothing is agreed to beforehand: whoever resumes it is asked again.
    let nothing = Approval::default();
    let journal = new_journal(&folder.journal(), &job, &machine, &nothing, start)
        .map_err(|error| unrecorded(&error))?;
    let steps = Steps::new(recipe.chapters());
    let mut listener = listener(&folder, false)?;
    remember(&folder, args.journal.is_some(), listener.as_mut());
    let listener = Box::new(vec![listener, Box::new(Prose(steps.clone()))]);
    tell(&style().bold(&recipe.front.title));
    tell("Before every action you are asked; ? tells what can be answered.");
    let gate = Gate::Enforce(nothing, Box::new(Stepper(steps.clone())));
    let hands = Hands { machine, real, listener, interrupts: job.interrupts.clone() };
    let attempt = job.begin(hands, gate, Some(journal));
    let going = Going { folder: &folder, asks: true, json: false, steps: Some(&steps) };
    let exit = run_to_end(attempt, &job, &going);
    drop(lock);
    exit
}
