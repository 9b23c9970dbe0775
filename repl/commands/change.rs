//! Differences between a recipe and its source at the time of the run.

use gscript::journal::RecipeSource;
use gscript::recipe::Recipe;
use gscript::script::Module;
use gscript::types::unified_diff;

use crate::screen::{print_stderr, style};

/// Shows how a recipe and its modules differ from the sources that ran.
pub(super) fn show_change(ran: &RecipeSource, recipe: &Recipe) {
    let show = |file: &str, then: &str, now: &str| {
        if then != now {
            let diff = unified_diff(("as it ran", "now"), then, now, 2);
            print_stderr(&format!("{file} has changed since the run:"));
            for line in diff.lines() {
                print_stderr(&style().diff(line));
            }
        }
    };
    show(&recipe.name, &ran.text, &recipe.text);
    let same = |a: &Module, b: &Module| a.name == b.name && a.language() == b.language();
    for module in &recipe.modules {
        let then = ran.modules.iter().find(|then| same(then, module));
        show(&module.file, then.map_or("", |then| &then.text), &module.text);
    }
    for gone in &ran.modules {
        if !recipe.modules.iter().any(|now| same(now, gone)) {
            show(&gone.file, &gone.text, "");
        }
    }
}
