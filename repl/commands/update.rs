//! `gscript diff` and `gscript update`: copies of recipes, compared and merged with them.

use std::fs;
use std::path::{Path, PathBuf};

use gscript::error::Exit;
use gscript::recipe::{ForkOrigin, Merged, Recipe, merge, summary};
use gscript::types::unified_diff;

use super::fork::{named, write_new};
use super::load;
use crate::cli::{DiffArgs, UpdateArgs};
use crate::originals::{self, Original};
use crate::render::Problem;
use crate::screen::{output, print_stderr, print_stdout};
use crate::whole::write_whole;

/// A copy of a recipe, with its original and the present version of the recipe.
struct Fork {
    file: PathBuf,
    recipe: Recipe,
    origin: ForkOrigin,
    /// The original as it was copied, with the line that records the origin.
    original: String,
    upstream: Original,
}

pub(crate) fn diff(args: &DiffArgs) -> Exit {
    let fork = match Fork::read(&args.file) {
        Ok(fork) => fork,
        Err(exit) => return exit,
    };
    let (name, file) = (&fork.origin.of, fork.file.display().to_string());
    let text = match args.upstream {
        true => {
            let old = format!("{name} as it was copied");
            unified_diff((&old, name), &fork.original, &fork.upstream.copy(), 3)
        }
        false => unified_diff((name, &file), &fork.original, &fork.recipe.text, 3),
    };
    for line in text.lines() {
        print_stdout(&output().diff(line));
    }
    Exit::Done
}

pub(crate) fn update(args: &UpdateArgs) -> Exit {
    if let Some(updated) = args.file.to_str().and_then(super::add::update) {
        return updated.err().unwrap_or(Exit::Done);
    }
    Fork::read(&args.file).and_then(|fork| fork.update()).err().unwrap_or(Exit::Done)
}

impl Fork {
    fn read(file: &Path) -> Result<Self, Exit> {
        let usage = |why: String, help: String| {
            Problem::new(format!("{}: {why}", file.display())).help(help).print();
            Exit::Usage
        };
        if file.is_symlink() {
            let help = "name the file that the link leads to".to_owned();
            return Err(usage("a symbolic link".into(), help));
        }
        let recipe = load(file)?;
        let Some(origin) = recipe.front.fork.clone() else {
            let help = "write a copy of a recipe: gscript fork RECIPE FILE".to_owned();
            return Err(usage("not a copy that gscript fork has made".into(), help));
        };
        let Some(upstream) = Original::now(&origin)? else {
            let why = format!("there is no recipe {} any more", origin.of);
            return Err(usage(why, "see all recipes: gscript list".into()));
        };
        let original = originals::find(&origin).map_err(|why| {
            let mut problem = Problem::new(format!(
                "{}: the original that it was copied from is not available",
                file.display()
            ));
            problem.notes.push(("cause", why));
            let name = upstream.name();
            let help = format!("compare it yourself: gscript fork {name} NEW, then diff both");
            problem.help(help).print();
            Exit::Failed
        })?;
        let original = origin.copy(recipe.language, &original);
        Ok(Self { file: file.to_owned(), recipe, origin, original, upstream })
    }

    fn update(&self) -> Result<(), Exit> {
        let (file, name) = (self.file.display(), self.upstream.name());
        if self.upstream.origin == self.origin {
            print_stderr(&format!("{file} is up to date with {name}."));
            return Ok(());
        }
        self.upstream.keep().map_err(|error| failed("failed to keep the new original", &error))?;
        let merged = merge(&self.original, &self.recipe.text, &self.upstream.copy());
        if merged.conflicts > 0 {
            return Err(self.leave_conflicts(&merged));
        }
        self.write(&merged)?;
        print_stderr(&format!("Merged the changes of {name} into {file}."));
        self.show_new_needs()?;
        print_stderr(&format!("To see its plan: gscript plan {}", named(&self.file)));
        Ok(())
    }

    fn write(&self, merged: &Merged) -> Result<(), Exit> {
        let mode = fs::metadata(&self.file).map(|found| found.permissions()).ok();
        let written = write_whole(&self.file, &merged.text, mode);
        written.map_err(|error| failed(&format!("failed to write {}", self.file.display()), &error))
    }

    /// Writes both versions of every conflict, and keeps the own version in a file beside it.
    fn leave_conflicts(&self, merged: &Merged) -> Exit {
        let (file, count) = (self.file.display(), merged.conflicts);
        let own = PathBuf::from(format!("{file}.orig"));
        if let Err(error) = write_new(&own, &self.recipe.text) {
            let what = format!("failed to keep the present version as {}", own.display());
            return failed(&what, &error);
        }
        if let Err(exit) = self.write(merged) {
            // It is the same as the file itself.
            let _ = fs::remove_file(&own);
            return exit;
        }
        let conflicts = if count == 1 { "conflict" } else { "conflicts" };
        let upstream = self.upstream.name();
        let mut problem = Problem::new(format!("{file}: {count} {conflicts} with {upstream}"));
        let state = format!(
            "{file} has both versions between <<<<<<< and >>>>>>>; {} is as {file} was",
            own.display()
        );
        problem.notes.push(("state", state));
        let help = format!("edit the file, then check it: gscript check {}", named(&self.file));
        problem.help(help).print();
        Exit::Failed
    }

    /// Shows what the recipe declares now and did not before the update.
    fn show_new_needs(&self) -> Result<(), Exit> {
        let now = load(&self.file)?;
        let needs = |recipe: &Recipe| summary(recipe, &[]).needs;
        match (needs(&self.recipe), needs(&now)) {
            (Some(before), Some(after)) => {
                for need in after.iter().filter(|need| !before.contains(need)) {
                    print_stderr(&format!("note: with the update, the recipe {need}"));
                }
            }
            (Some(_), None) => print_stderr("warning: with the update, the recipe has no [needs]"),
            (None, _) => {}
        }
        Ok(())
    }
}

fn failed(what: &str, error: &std::io::Error) -> Exit {
    let mut problem = Problem::new(format!("{what}: {error}"));
    problem.nothing_changed();
    problem.print();
    Exit::Failed
}
