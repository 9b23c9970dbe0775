//! `gscript step`: runs a recipe action by action, each shown and confirmed.

use gscript::error::Exit;
use gscript::machine::Machine;
use gscript::plan::approval::Approval;
use gscript::plan::report::Report;
use gscript::run::job::{Job, RunStart, new_journal};
use gscript::run::session::{Gate, RealMachine};
use gscript::system::Real;

use super::continue_run::{Continuation, run_to_end};
use super::doubt::confirm_doubt;
use super::past::journal_error;
use super::run::{listener, needs_root, warn_if_volatile, within_needs};
use super::{interrupts, load, seed, this_machine, variables};
use crate::ask;
use crate::cli::{LimitArgs, StepArgs, Values};
use crate::lock::Lock;
use crate::render::Problem;
use crate::screen::{print_stderr, style};
use crate::shell::{Prose, Stepper, Steps};
use crate::state::{RunDirectory, time};

pub(crate) fn step(args: &StepArgs) -> Exit {
    match try_step(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// Plans the recipe as far as possible. If the plan depends on the contents of a locked container,
/// each action is still planned before it runs.
fn plan_or_explain(job: &Job<'_>, machine: &Machine) -> Result<Report, Exit> {
    let planned = job.plan(machine, Box::new(Real::new(job.interrupts.clone())));
    planned.or_else(|failed| {
        let (error, report) = *failed;
        let mut problem = Problem::in_recipe(&error, job.recipe);
        if error.is_of_script() {
            problem.nothing_changed();
            problem.print();
            return Err(error.exit());
        }
        problem
            .notes
            .push(("planned", "only up to this point; the first actions may fix it".into()));
        problem.print();
        Ok(report)
    })
}

/// Runs a recipe without further arguments, from an interactive shell.
pub(crate) fn by_name(recipe: &str) {
    // The run has printed its own result.
    let values = Values::default();
    let (journal, patience) = (None, LimitArgs::default());
    let _ = step(&StepArgs { recipe: recipe.into(), values, journal, patience });
}

fn try_step(args: &StepArgs) -> Result<Exit, Exit> {
    if !ask::is_interactive() {
        Problem::new("step: standard input is not a terminal")
            .help(format!("show the plan instead: gscript plan {}", args.recipe.display()))
            .print();
        return Err(Exit::Usage);
    }
    let recipe = load(&args.recipe)?;
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), args.patience)?;
    let variables = variables(&recipe, &args.values, &machine)?;
    let job =
        Job { recipe: &recipe, variables: &variables, seed: seed()?, interrupts, terminal: true };
    // Mistakes are reported before the first action, and the targets are locked.
    let report = plan_or_explain(&job, &machine)?;
    within_needs(job.recipe, &report.approval, job.variables)?;
    needs_root(&report)?;
    confirm_doubt(&recipe)?;
    let lock = Lock::acquire(&recipe.name, &report.approval, &machine)?;
    let directory = RunDirectory::create(args.journal.as_deref(), &recipe.stem())
        .map_err(|error| journal_error(&error))?;
    let start = RunStart::new(directory.number(), time());
    // Nothing is approved in advance: resuming the run asks again.
    let nothing = Approval::default();
    let journal = new_journal(&directory.journal(), &job, &machine, &nothing, start)
        .map_err(|error| journal_error(&error))?;
    let steps = Steps::new(recipe.chapters());
    let mut listener = listener(&directory, false)?;
    warn_if_volatile(&directory, args.journal.is_some(), listener.as_mut());
    let listener = Box::new(vec![listener, Box::new(Prose(steps.clone()))]);
    print_stderr(&style().bold(&recipe.front.title));
    print_stderr("Asks before every action; ? lists the possible answers.");
    let gate = Gate::Enforce(nothing, Box::new(Stepper(steps.clone())));
    let hands = RealMachine { machine, real, listener, interrupts: job.interrupts.clone() };
    let attempt = job.begin(hands, gate, Some(journal));
    let going =
        Continuation { directory: &directory, asks: true, json: false, steps: Some(&steps) };
    let exit = run_to_end(attempt, &job, &going);
    drop(lock);
    exit
}
