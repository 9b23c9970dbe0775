//! `gscript list`: the bundled recipes, each by the shortest name that selects it.

use gscript::error::Exit;
use gscript::recipe::bundled::{find, recipes};

use crate::screen::print_stdout;

pub(crate) fn list() -> Exit {
    for recipe in recipes() {
        let by_stem = find(recipe.stem()).is_some_and(|found| found == recipe);
        let name = if by_stem { recipe.stem() } else { recipe.name };
        print_stdout(&format!("{name:<34} {}", recipe.title()));
    }
    Exit::Done
}
