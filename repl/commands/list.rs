//! `gscript list`: the bundled recipes, each by the shortest name that selects it, the copies of
//! them in this directory, and the recipes of installed collections; or the guests of this machine.

use std::fs;
use std::path::Path;

use gscript::error::Exit;
use gscript::machine::guest::path_and_name;
use gscript::recipe::bundled::{find, is_test, recipes};
use gscript::recipe::{ForkOrigin, Recipe};
use gscript::script::Language;

use super::{interrupts, this_machine};
use crate::cli::ListArgs;
use crate::collections::{installed, print_bad_collection};
use crate::originals::Original;
use crate::screen::print_stdout;

pub(crate) fn list(args: &ListArgs) -> Exit {
    if args.guests {
        return guests(args).unwrap_or_else(|exit| exit);
    }
    for recipe in recipes() {
        let by_stem = find(recipe.stem()).is_some_and(|found| found == recipe);
        let name = if by_stem { recipe.stem() } else { recipe.name };
        print_stdout(&line(name, &recipe.title()));
    }
    let forks = forks();
    if !forks.is_empty() {
        print_stdout("");
        print_stdout("Copies in this directory:");
    }
    for (recipe, origin) in forks {
        // A collection that cannot be read has been reported.
        let Ok(now) = Original::now(&origin) else { continue };
        let state = match now.map(|now| now.origin == origin) {
            Some(true) => String::new(),
            Some(false) => ", which has changed since: gscript update".to_owned(),
            None => ", which no longer exists".to_owned(),
        };
        let (name, title) = (&recipe.name, &recipe.front.title);
        print_stdout(&line(name, &format!("{title} (copy of {}{state})", origin.of)));
    }
    match of_collections() {
        Ok(found) if found.is_empty() => Exit::Done,
        Ok(found) => {
            print_stdout("");
            print_stdout("Recipes of collections:");
            for (name, title, signed) in found {
                let state = if signed { "" } else { " (not signed)" };
                print_stdout(&line(&name, &format!("{title}{state}")));
            }
            Exit::Done
        }
        Err(exit) => exit,
    }
}

/// Returns the line of a recipe.
pub(super) fn line(name: &str, title: &str) -> String {
    format!("{name:<34} {title}")
}

/// Returns the names and titles of all recipes of collections, and whether they are signed. A
/// collection that cannot be read is reported.
pub(super) fn of_collections() -> Result<Vec<(String, String, bool)>, Exit> {
    let Some(installed) = installed()? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (name, locked) in &installed.lock.collections {
        match installed.titles(name) {
            Ok(titles) => {
                let signed = locked.key.is_some();
                found.extend(titles.into_iter().map(|(name, title)| (name, title, signed)));
            }
            Err(bad) => {
                print_bad_collection(bad);
            }
        }
    }
    Ok(found)
}

/// Prints the guests of this machine, which a probe finds.
fn guests(args: &ListArgs) -> Result<Exit, Exit> {
    let (machine, _) = this_machine(interrupts()?, args.patience)?;
    let found = machine.guest.found.unwrap_or_default();
    if found.is_empty() {
        print_stdout("This machine has no guests.");
    }
    for (directory, guest) in found {
        let process = guest.init.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        let (name, kind, state) =
            (path_and_name(&directory).1, guest.kind.name(), guest.state.name());
        print_stdout(&format!("{name:<20} {kind:<5} {state:<8} {process:>8} {directory}"));
    }
    Ok(Exit::Done)
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
