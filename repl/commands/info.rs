//! `gscript info`: what a recipe declares. Nothing of it is evaluated, so that a recipe from a
//! stranger can be looked at.

use gscript::error::Exit;
use gscript::recipe::{Origin, ParamSummary, summary};

use super::answers::check_set;
use super::load;
use crate::cli::InfoArgs;
use crate::screen::{Shown, output, print_stdout, write_json};

pub(crate) fn info(args: &InfoArgs) -> Exit {
    let recipe = match load(&args.recipe) {
        Ok(recipe) => recipe,
        Err(exit) => return exit,
    };
    if let Err(exit) = check_set(&recipe, &args.set) {
        return exit;
    }
    let summary = summary(&recipe, &args.set);
    if args.json {
        write_json(&summary, true);
        return Exit::Done;
    }
    let style = output();
    let mut lines = vec![style.bold(&Shown::lines(&summary.title))];
    if !summary.prose.is_empty() {
        lines.extend([Shown::default(), Shown::lines(&summary.prose)]);
    }
    if !summary.parameters.is_empty() {
        lines.extend([Shown::default(), style.bold("Parameters")]);
        lines.extend(summary.parameters.iter().map(parameter));
    }
    lines.extend([Shown::default(), style.bold("Needs")]);
    let undeclared = ["no [needs]: the recipe may do whatever its plan shows".to_owned()];
    let needs = match summary.needs.as_deref() {
        Some([]) => &["nothing: the recipe only reads".to_owned()],
        Some(needs) => needs,
        None => &undeclared,
    };
    lines.extend(needs.iter().map(|need| Shown::indented("  ", need)));
    if let Origin::Collection { doubt } = &recipe.origin {
        let state = match doubt {
            None => "signed, and unchanged since it was installed".to_owned(),
            Some(doubt) => format!("{doubt}: must be confirmed before it runs"),
        };
        lines.extend([Shown::default(), style.bold("Collection"), Shown::indented("  ", &state)]);
    }
    print_stdout(&Shown::joined(lines).trimmed());
    Exit::Done
}

fn parameter(param: &ParamSummary) -> Shown {
    let name = match &param.default {
        Some(default) => format!("{} = {default}", param.name),
        None => param.name.clone(),
    };
    let lines = [("  ", &name), ("      ", &param.ask), ("      ", &param.about)];
    Shown::joined(lines.map(|(before, text)| Shown::indented(before, text)))
}
