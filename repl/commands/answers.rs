//! `gscript answers`: an answers file to fill in.

use gscript::error::Exit;
use gscript::machine::Machine;
use gscript::recipe::{ParamKind, Recipe, answers_template};
use gscript::types::{Value, nearest};

use super::{load, refuse_secret_argument};
use crate::cli::AnswersArgs;
use crate::render::Problem;
use crate::screen::{Shown, print_stdout};

pub(crate) fn answers(args: &AnswersArgs) -> Exit {
    match template(args) {
        Ok(text) => {
            print_stdout(&Shown::lines(&text).trimmed());
            Exit::Done
        }
        Err(exit) => exit,
    }
}

fn template(args: &AnswersArgs) -> Result<String, Exit> {
    let recipe = load(&args.recipe)?;
    check_set(&recipe, &args.set)?;
    Ok(answers_template(&recipe, &args.recipe.display().to_string(), &args.set))
}

/// Checks the values of `--set` without a machine.
pub(super) fn check_set(recipe: &Recipe, set: &[(String, String)]) -> Result<(), Exit> {
    set.iter().try_for_each(|(name, value)| {
        refuse_secret_argument(recipe, name)?;
        check(recipe, name, value)
    })
}

/// Refuses a name that the recipe does not have, and a value that is invalid on every machine.
fn check(recipe: &Recipe, name: &str, value: &str) -> Result<(), Exit> {
    let declared: Vec<_> = recipe.front.params.iter().filter(|param| param.name == name).collect();
    let of_machine = |kind| matches!(kind, ParamKind::Disk | ParamKind::Disks | ParamKind::Device);
    let known = || recipe.front.params.iter().map(|param| param.name.as_str());
    if declared.is_empty() {
        let near = nearest(name, known());
        let help = near.map_or_else(
            || format!("see its parameters: gscript answers {}", recipe.name),
            |near| format!("did you mean {near}?"),
        );
        Problem::new(format!("{}: the recipe has no parameter {name:?}", recipe.name))
            .help(help)
            .print();
        return Err(Exit::Usage);
    }
    let read = |param: &&gscript::recipe::ParamDecl| match of_machine(param.kind) {
        true => Ok(Value::from(value)),
        false => param.read(&Value::from(value), &Machine::empty()),
    };
    // Layouts may use a name for different parameters.
    match declared.iter().map(read).collect::<Result<Vec<_>, _>>() {
        Ok(_) => Ok(()),
        Err(error) => {
            Problem::new(format!("{}: {error}", recipe.name)).help(error.remedy()).print();
            Err(Exit::Usage)
        }
    }
}
