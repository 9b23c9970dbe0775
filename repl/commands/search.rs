//! `gscript search`: recipes by a part of their name or title.

use gscript::error::Exit;
use gscript::recipe::bundled::recipes;

use super::list::{line, of_collections};
use crate::cli::SearchArgs;
use crate::render::Problem;
use crate::screen::print_stdout;

pub(crate) fn search(args: &SearchArgs) -> Exit {
    let wanted = args.text.to_lowercase();
    let bundled = recipes().into_iter().map(|recipe| (recipe.stem().to_owned(), recipe.title()));
    let installed = match of_collections() {
        Ok(installed) => installed.into_iter().map(|(name, title, _)| (name, title)),
        Err(exit) => return exit,
    };
    let matches = |(name, title): &(String, String)| {
        name.to_lowercase().contains(&wanted) || title.to_lowercase().contains(&wanted)
    };
    let found: Vec<(String, String)> = bundled.chain(installed).filter(matches).collect();
    if found.is_empty() {
        Problem::new(format!("no recipe has {:?} in its name or title", args.text))
            .help("see all recipes: gscript list")
            .print();
        return Exit::Failed;
    }
    for (name, title) in found {
        print_stdout(&line(&name, &title));
    }
    Exit::Done
}
