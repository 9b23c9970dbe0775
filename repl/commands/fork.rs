//! `gscript fork`: a copy of a bundled recipe or of one of a collection, to edit.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use gscript::error::Exit;
use gscript::recipe::bundled::find;
use gscript::recipe::{Recipe, advice};
use gscript::types::printable;

use crate::cli::ForkArgs;
use crate::collections;
use crate::originals::Original;
use crate::render::Problem;
use crate::screen::print_stderr;

pub(crate) fn fork(args: &ForkArgs) -> Exit {
    copy(args).err().unwrap_or(Exit::Done)
}

fn copy(args: &ForkArgs) -> Result<(), Exit> {
    let name = &args.name;
    let shared = collections::recipe(Path::new(name)).transpose()?;
    let original = match (&shared, find(name)) {
        (Some(recipe), _) => Original::from(recipe),
        (None, Some(bundled)) => Original::from(&bundled),
        (None, None) => {
            let why = format!("{}: no such bundled recipe", printable(name));
            Problem::new(why).help(advice(name)).print();
            return Err(Exit::Usage);
        }
    };
    let file_name = Path::new(&original.origin.of).file_name().map(PathBuf::from);
    let path = args.file.clone().or(file_name).unwrap_or_default();
    let written = write_new(&path, &original.copy());
    written.map_err(|error| not_written(name, &path, &error))?;
    if let Some(recipe) = &shared {
        copy_modules(recipe, &path).inspect_err(|_| {
            // It was written above, and does not work without its modules.
            let _ = fs::remove_file(&path);
        })?;
        if let Some(doubt) = recipe.doubt() {
            print_stderr(&format!("warning: {doubt}; read the copy before it runs"));
        }
    }
    if let Err(error) = original.keep() {
        print_stderr(&format!(
            "warning: the original is not kept, so a later version cannot be merged: {error}"
        ));
    }
    print_stderr(&format!("Written. To see its plan: gscript plan {}", named(&path)));
    Ok(())
}

/// Copies the modules of a recipe of a collection to where the copy imports them from.
fn copy_modules(recipe: &Recipe, copy: &Path) -> Result<(), Exit> {
    let directory = copy.parent().unwrap_or(Path::new(""));
    let mut written: Vec<PathBuf> = Vec::new();
    for module in recipe.own_modules() {
        let at = directory.join(module.language().file(&module.name));
        let parent = at.parent().filter(|parent| !parent.as_os_str().is_empty());
        let made = parent.map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = made.and_then(|()| write_new(&at, &module.text)) {
            for module in &written {
                let _ = fs::remove_file(module);
            }
            return Err(not_written(&recipe.name, &at, &error));
        }
        print_stderr(&format!("Copied the module {}.", at.display()));
        written.push(at);
    }
    Ok(())
}

fn not_written(name: &str, path: &Path, error: &io::Error) -> Exit {
    let mut problem = Problem::new(format!("failed to write {}: {error}", path.display()));
    if error.kind() == ErrorKind::AlreadyExists {
        let name = Path::new(name).with_extension("");
        problem.help = Some(format!("choose another file: gscript fork {} FILE", name.display()));
    }
    problem.print();
    Exit::Failed
}

/// Returns a path as an argument: without a directory, a file name could select the bundled recipe.
pub(super) fn named(path: &Path) -> String {
    let here = path.parent().is_none_or(|parent| parent.as_os_str().is_empty());
    let path = if here { Path::new(".").join(path) } else { path.to_owned() };
    path.display().to_string()
}

/// Writes a file that must not exist yet.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
