//! `gscript plan`: the first pass alone.

use gscript::error::Exit;
use gscript::machine::{MACHINE_FORMAT, Machine};
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
            Exit::Usage
        })?,
    };
    print!("{}{}", render::plan(&report), render::summary(&report));
    Ok(())
}

/// A machine from a file.
pub(super) fn described(path: &std::path::Path) -> Result<Machine, Exit> {
    let name = path.display();
    let wrong = |why: String| {
        Problem::new(format!("{name} is not a machine: {why}"))
            .help("make one with: gscript probe >machine.json")
            .print();
        Exit::Usage
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let machine: Machine = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if machine.format != MACHINE_FORMAT {
        return Err(wrong(format!("its format is {}", machine.format)));
    }
    Ok(machine)
}
