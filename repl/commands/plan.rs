//! `gscript plan`: the planning pass alone.

use std::path::Path;

use gscript::error::Exit;
use gscript::machine::{Machine, svg};
use gscript::plan::report::Report;
use gscript::run::job::Job;
use gscript::run::saved::SavedPlan;
use gscript::system::{Input, Sim, read_input_text};

use super::{interrupts, load, seed, this_machine, variables_without_secrets};
use crate::ask;
use crate::cli::PlanArgs;
use crate::render::{self, Problem};
use crate::screen::{Stream, output, print_stderr, write_json};
use crate::whole::write_whole;

pub(crate) fn plan(args: &PlanArgs) -> Exit {
    match try_plan(args) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn try_plan(args: &PlanArgs) -> Result<(), Exit> {
    let recipe = load(&args.recipe)?;
    let interrupts = interrupts()?;
    let machine = match &args.machine {
        Some(path) => described(path)?,
        None => this_machine(interrupts.clone(), args.patience)?.0,
    };
    let variables = variables_without_secrets(&recipe, &args.values, &machine)?;
    let terminal = ask::is_interactive();
    let job = Job { recipe: &recipe, variables: &variables, seed: seed()?, interrupts, terminal };
    let report = match args.machine {
        None => super::run::plan(&job, &machine)?,
        Some(_) => job.plan(&machine, Box::new(Sim::new())).map_err(|failed| {
            Problem::in_recipe(&failed.0, &recipe).print();
            failed.0.exit()
        })?,
    };
    if let Some(path) = &args.svg {
        draw(path, &recipe.name, &report)?;
    }
    if !args.json {
        render::show(&report, output(), &Stream::Output);
    }
    super::run::within_needs(job.recipe, &report.approval, job.variables)?;
    if args.json || args.out.is_some() {
        let saved = SavedPlan::new(&job, report);
        if args.json {
            write_json(&saved, true);
        }
        if let Some(path) = &args.out {
            // Plain data with string keys always serialises.
            let text = serde_json::to_string_pretty(&saved).unwrap_or_default() + "\n";
            save(path, &text)?;
        }
    }
    Ok(())
}

/// Saves the plan atomically.
fn save(path: &Path, text: &str) -> Result<(), Exit> {
    match write_whole(path, text, None) {
        Ok(()) => {
            print_stderr("");
            print_stderr(&format!(
                "Saved. To run exactly this plan: gscript apply {}",
                path.display()
            ));
            Ok(())
        }
        Err(error) => {
            Problem::new(format!("failed to save the plan as {}: {error}", path.display())).print();
            Err(Exit::Failed)
        }
    }
}

/// Draws the disks before and after the run into an SVG file.
fn draw(path: &Path, recipe: &str, report: &Report) -> Result<(), Exit> {
    let after = report.after.with_containers_open();
    let title = format!("What {recipe} does to the disks");
    let sides = [("Before", &report.before), ("After", &after)];
    std::fs::write(path, svg(&title, &sides, &report.changed_disks())).map_err(|error| {
        Problem::new(format!("failed to write the picture to {}: {error}", path.display()))
            .help("choose a file in a writable directory: --svg FILE")
            .print();
        Exit::Failed
    })
}

/// Reads a machine from a file.
pub(super) fn described(path: &Path) -> Result<Machine, Exit> {
    /// Enough errors to find the cause, but no more than a screen.
    const MAX_ERRORS: usize = 12;
    let name = path.display();
    let text = read_input_text(path, Input::Machine).map_err(|error| {
        Problem::new(format!("failed to read the machine file {name}: {error}"))
            .help("create one: gscript probe >machine.json")
            .print();
        Exit::Usage
    })?;
    Machine::read(&text).map_err(|flaws| {
        let mut problem = Problem::new(format!("{name}: not a machine file"));
        let more = flaws.len().saturating_sub(MAX_ERRORS);
        problem.notes = flaws
            .iter()
            .take(MAX_ERRORS)
            .map(|rejection| ("wrong", rejection.to_string()))
            .collect();
        if more > 0 {
            problem.notes.push(("wrong", format!("and {more} more")));
        }
        problem.help("probe a machine with: gscript probe >machine.json").print();
        Exit::Usage
    })
}
