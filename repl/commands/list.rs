//! `gscript list`: the recipes that come along.

use gscript::error::Exit;
use gscript::library::recipes;

use crate::DONE;
use crate::screen::say;

pub(crate) fn list() -> Exit {
    for recipe in recipes() {
        say(&format!("{:<34} {}", recipe.name, recipe.title()));
    }
    DONE
}
