//! `gscript plan`: the first pass alone.

use gscript::error::Exit;
use gscript::machine::{Machine, svg};
use gscript::report::Report;
use gscript::run::Job;
use gscript::system::{Interrupts, Sim};

use super::{interrupts, load, seed, this_machine, variables};
use crate::cli::PlanArgs;
use crate::render::{self, Problem};
use crate::{DONE, ask};

pub(crate) fn plan(args: &PlanArgs) -> Exit {
    match try_plan(args) {
        Ok(()) => DONE,
        Err(exit) => exit,
    }
}

fn try_plan(args: &PlanArgs) -> Result<(), Exit> {
    let recipe = load(&args.recipe)?;
    let interrupts = interrupts()?;
    let machine = match &args.machine {
        Some(path) => described(path)?,
        None => this_machine(Interrupts::default())?.0,
    };
    let variables = variables(&recipe, &args.values, &machine)?;
    let terminal = ask::somebody();
    let job = Job { recipe: &recipe, variables: &variables, seed: seed()?, interrupts, terminal };
    let report = match args.machine {
        None => super::run::plan(&job, &machine)?,
        Some(_) => job.plan(&machine, Box::new(Sim::new())).map_err(|failed| {
            Problem::of(&failed.0, &recipe.text).print();
            super::run::exit_of(&failed.0)
        })?,
    };
    if let Some(path) = &args.svg {
        draw(path, &recipe.name, &report)?;
    }
    print!("{}{}", render::plan(&report), render::summary(&report));
    Ok(())
}

/// The disks before and after, as a picture in a file.
fn draw(path: &std::path::Path, recipe: &str, report: &Report) -> Result<(), Exit> {
    let after = report.after.revealed();
    let title = format!("What {recipe} does to the disks");
    let sides = [("Before", &report.before), ("After", &after)];
    std::fs::write(path, svg(&title, &sides, &report.touched())).map_err(|error| {
        Problem::new(format!("can't write the picture into {}: {error}", path.display()))
            .help("name a file in a folder that you can write to: --svg FILE")
            .print();
        Exit::Failed
    })
}

/// A machine from a file.
fn described(path: &std::path::Path) -> Result<Machine, Exit> {
    /// Enough to see what is the matter, and not more than a screen.
    const MOST: usize = 12;
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Problem::new(format!("can't read the machine in {name}: {error}"))
            .help("make one with: gscript probe >machine.json")
            .print();
        Exit::Usage
    })?;
    Machine::read(&text).map_err(|flaws| {
        let mut problem = Problem::new(format!("{name} does not describe a machine"));
        let more = flaws.len().saturating_sub(MOST);
        problem.notes = flaws.iter().take(MOST).map(|flaw| ("wrong", flaw.to_string())).collect();
        if more > 0 {
            problem.notes.push(("wrong", format!("and {more} more places")));
        }
        problem.help("probe a machine with: gscript probe >machine.json").print();
        Exit::Usage
    })
}
