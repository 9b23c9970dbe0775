//! `gscript apply`: carries out a saved plan, if it is still up to date.

use std::path::Path;

use gscript::error::Exit;
use gscript::run::job::Job;
use gscript::run::saved::{PlanChange, SavedPlan};

use super::{interrupts, read_trusted, recipe_at, run, this_machine, variables_overriding};
use crate::ask;
use crate::cli::ApplyArgs;
use crate::render::{self, Problem};
use crate::screen::{Stream, style};

pub(crate) fn apply(args: &ApplyArgs) -> Exit {
    match try_apply(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_apply(args: &ApplyArgs) -> Result<Exit, Exit> {
    let saved = read(&args.plan)?;
    let file = &saved.recipe.file;
    let recipe = recipe_at(file).ok_or_else(|| recipe_missing(file))??;
    refuse_if_changed(saved.recipe_change(&recipe), &saved)?;
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), args.how.patience)?;
    // Devices are checked first: this reports how a device of the parameters has changed, not only
    // that it is missing.
    refuse_if_changed(saved.changed_devices(&machine), &saved)?;
    let variables = variables_overriding(saved.answers(), &recipe, &args.values, &machine)?;
    refuse_if_changed(saved.changed_params(&variables), &saved)?;
    let terminal = ask::is_interactive() && !args.how.json;
    let seed = saved.seed();
    let job = Job { recipe: &recipe, variables: &variables, seed, interrupts, terminal };
    let report = run::plan(&job, &machine)?;
    refuse_if_changed(saved.changed_steps(&report), &saved)?;
    run::within_needs(job.recipe, &report.approval, job.variables)?;
    run::needs_root(&report)?;
    if !args.how.json && !args.how.yes {
        render::show(&report, style(), &Stream::Error);
    }
    // The new plan equals the saved one here, and its effects are the ones that are shown and
    // approved: a saved plan cannot add others.
    let approved = run::Approved { approval: report.approval, after: report.after, fixed: true };
    run::approve_and_execute(&args.how, &job, machine, real, &approved)
}

fn read(path: &Path) -> Result<SavedPlan, Exit> {
    let name = path.display();
    let text = read_trusted(path, "saved plan")?;
    SavedPlan::read(&text).map_err(|why| {
        Problem::new(format!("{name}: not a saved plan: {why}"))
            .help(format!("create one: gscript plan RECIPE --out {name}"))
            .print();
        Exit::Usage
    })
}

fn recipe_missing(file: &str) -> Exit {
    Problem::new(format!("{file}: the recipe of this plan does not exist"))
        .help("restore the recipe file, or plan again: gscript plan RECIPE --out FILE")
        .print();
    Exit::Usage
}

/// Refuses a saved plan that is out of date.
fn refuse_if_changed(
    changed: impl IntoIterator<Item = PlanChange>,
    saved: &SavedPlan,
) -> Result<(), Exit> {
    let changed: Vec<String> = changed.into_iter().map(|change| change.to_string()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let mut problem = Problem::new("the saved plan is out of date");
    problem.notes.push(("changed", changed.join("\n")));
    problem.nothing_changed();
    problem
        .help(format!("review and save the new plan: gscript plan {}", saved.recipe.file))
        .print();
    Err(Exit::Refused)
}
