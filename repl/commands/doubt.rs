//! The confirmation of a recipe of a collection that is not signed, or whose files have changed.

use gscript::error::Exit;
use gscript::recipe::{Recipe, summary};

use crate::ask;
use crate::render::Problem;
use crate::screen::{print_stderr, style};

/// Asks whether to run a recipe that nothing vouches for, and shows its needs. No option of the
/// command line replaces the answer.
pub(super) fn confirm_doubt(recipe: &Recipe) -> Result<(), Exit> {
    let Some(doubt) = recipe.doubt() else { return Ok(()) };
    let name = recipe.name.rsplit_once('.').map_or(recipe.name.as_str(), |(name, _)| name);
    let needs = summary(recipe, &[]).needs;
    let needs = needs.unwrap_or_else(|| vec!["does whatever its plan shows".into()]);
    if !ask::is_interactive() {
        let mut problem = Problem::new(format!("{name} must be confirmed on a terminal: {doubt}"));
        problem.notes.push(("needs", needs.join("\n")));
        problem.nothing_changed();
        problem.help(format!("read the recipe, then run it on a terminal: gscript {name}")).print();
        return Err(Exit::Refused);
    }
    print_stderr("");
    print_stderr(&style().red(&format!("{doubt}. The recipe {name}")));
    for need in needs {
        print_stderr(&format!("  {need}"));
    }
    match ask::line(&format!("Type its name ({name}) to run it")) {
        Ok(typed) if typed == name => Ok(()),
        _ => {
            print_stderr("Nothing has been changed.");
            Err(Exit::Refused)
        }
    }
}
