//! `gscript fork`: a copy of a bundled recipe to edit.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use gscript::error::Exit;
use gscript::recipe::advice;
use gscript::recipe::bundled::find;
use gscript::types::printable;

use crate::cli::ForkArgs;
use crate::originals;
use crate::render::Problem;
use crate::screen::print_stderr;

pub(crate) fn fork(args: &ForkArgs) -> Exit {
    let name = &args.name;
    let Some(recipe) = find(name) else {
        let why = format!("{}: no such bundled recipe", printable(name));
        Problem::new(why).help(advice(name)).print();
        return Exit::Usage;
    };
    let path = args.file.clone().unwrap_or_else(|| PathBuf::from(recipe.file_name()));
    let origin = recipe.as_origin();
    match write_new(&path, &recipe.copy()) {
        Ok(()) => {
            if let Err(error) = originals::keep(&origin, recipe.text) {
                print_stderr(&format!(
                    "warning: the original is not kept, so a later version cannot be merged: {error}"
                ));
            }
            print_stderr(&format!("Written. To see its plan: gscript plan {}", named(&path)));
            Exit::Done
        }
        Err(error) => {
            let mut problem = Problem::new(format!("failed to write {}: {error}", path.display()));
            if error.kind() == ErrorKind::AlreadyExists {
                problem.help = Some(format!("choose another file: gscript fork {name} FILE"));
            }
            problem.print();
            Exit::Failed
        }
    }
}

/// Returns a path as an argument: without a directory, a file name could select the bundled recipe.
pub(super) fn named(path: &Path) -> String {
    let here = path.parent().is_none_or(|parent| parent.as_os_str().is_empty());
    let path = if here { Path::new(".").join(path) } else { path.to_owned() };
    path.display().to_string()
}

/// Writes a file that must not exist yet.
pub(super) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
