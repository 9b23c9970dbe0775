//! `gscript list`: the bundled recipes, each by the shortest name that selects it, and the copies of
//! them in this directory.

use std::fs;
use std::path::Path;

use gscript::error::Exit;
use gscript::recipe::bundled::{find, is_test, recipes, upstream};
use gscript::recipe::{ForkOrigin, Recipe};
use gscript::script::Language;

use crate::screen::print_stdout;

pub(crate) fn list() -> Exit {
    for recipe in recipes() {
        let by_stem = find(recipe.stem()).is_some_and(|found| found == recipe);
        let name = if by_stem { recipe.stem() } else { recipe.name };
        print_stdout(&format!("{name:<34} {}", recipe.title()));
    }
    let forks = forks();
    if !forks.is_empty() {
        print_stdout("");
        print_stdout("Copies in this directory:");
    }
    for (recipe, origin) in forks {
        let current = upstream(&origin).map(|upstream| upstream.as_origin() == origin);
        let state = match current {
            Some(true) => String::new(),
            Some(false) => ", which has changed since: gscript update".to_owned(),
            None => ", which is no longer bundled".to_owned(),
        };
        let (name, title) = (&recipe.name, &recipe.front.title);
        print_stdout(&format!("{name:<34} {title} (copy of {}{state})", origin.of));
    }
    Exit::Done
}

/// Returns the copies in this directory by name. A file that is not a valid recipe is not one.
fn forks() -> Vec<(Recipe, ForkOrigin)> {
    let entries = fs::read_dir(".").into_iter().flatten().flatten();
    let paths = entries.map(|entry| Path::new(".").join(entry.file_name()));
    let scripts = paths.filter(|path| Language::of(path).is_some() && !is_test(path));
    let read = |path: std::path::PathBuf| {
        let recipe = Recipe::load(&path).ok()?;
        let origin = recipe.front.fork.clone()?;
        Some((recipe, origin))
    };
    let mut forks: Vec<_> = scripts.filter_map(read).collect();
    forks.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    forks
}
