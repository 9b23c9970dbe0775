//! `gscript list`: the recipes that come along.

use gscript::error::Exit;
use gscript::library::RECIPES;

use crate::DONE;

pub(crate) fn list() -> Exit {
    for recipe in RECIPES {
        println!("{:<34} {}", recipe.name, recipe.title());
    }
    DONE
}
