//! The modules of a recipe: they are found by their names in the source, and read before anything
//! runs.

use crate::failure::Failure;
use std::path::Path;

use super::bad::BadRecipe;
use super::files::{LAYOUTS, layouts};
use crate::event::Site;
use crate::script::{Import, Language, Module, imports};
use crate::system::{Input, read_below};
use crate::types::nearest;

/// The places where modules are searched.
#[derive(Clone, Copy)]
pub(super) enum ModuleSource<'a> {
    /// The directory of the recipe, then the bundled modules.
    Directory(&'a Path),
    /// The bundled modules.
    Shipped,
    /// The modules recorded in a journal.
    Recorded(&'a [Module]),
    /// The modules of collections, then the bundled ones.
    Collection(&'a dyn ModuleShelf),
}

/// Modules of collections.
pub(crate) trait ModuleShelf {
    /// Returns the module that a script imports by this name, or `None` if it can only be a bundled
    /// one. `importer` is the file of the script, which begins with the name of its collection.
    fn module(&self, importer: &str, name: &str) -> Result<Option<Module>, String>;
}

/// The directory beside that of the recipes in which the author of a collection keeps modules.
const MODULES_BESIDE: &str = "../modules";

/// The generated module that calls a bundled layout by its name.
const LAYOUTS_MODULE: &str = "layouts";

/// The maximum number of modules of a recipe.
const MAX_MODULES: usize = 64;
/// The maximum depth of nested imports.
const DEPTH: usize = 8;

/// A script whose imports are resolved.
struct Importing<'a> {
    file: &'a str,
    language: Language,
    text: &'a str,
}

/// Returns all modules that a script needs, each after its own dependencies.
pub(super) fn modules(
    file: &str,
    language: Language,
    text: &str,
    source: ModuleSource<'_>,
) -> Result<Vec<Module>, BadRecipe> {
    let mut found = Vec::new();
    let chain = [file.to_owned()];
    follow(&Importing { file, language, text }, source, &chain, &mut found)?;
    Ok(found)
}

fn follow(
    script: &Importing<'_>,
    source: ModuleSource<'_>,
    chain: &[String],
    found: &mut Vec<Module>,
) -> Result<(), BadRecipe> {
    let all = imports(script.language, script.file, script.text).map_err(unreadable)?;
    for import in all {
        if found.iter().any(|known| known.name == import.name) {
            continue;
        }
        let bad = |why: String, remedy: &str| BadRecipe {
            site: Site { file: script.file.into(), line: import.line },
            why,
            remedy: remedy.into(),
        };
        let module = match look_up(source, script.file, &import.name) {
            Ok(Some(module)) => module,
            Ok(None) => return Err(missing(script, &import)),
            Err(why) => {
                return Err(bad(why, "keep modules next to the recipe, each in one language"));
            }
        };
        let mut longer = chain.to_vec();
        longer.push(module.file.clone());
        if chain.contains(&module.file) {
            let why = format!("import cycle: {}", longer.join(" → "));
            return Err(bad(why, "move the shared code into a separate module"));
        }
        if longer.len() > DEPTH + 1 {
            let why = format!("more than {DEPTH} nested imports: {}", longer.join(" → "));
            return Err(bad(why, "reduce the depth of imports"));
        }
        if found.len() >= MAX_MODULES {
            return Err(bad(format!("more than {MAX_MODULES} modules"), "import less"));
        }
        let (language, file, text) = (module.language(), &module.file, &module.text);
        follow(&Importing { file, language, text }, source, &longer, found)?;
        found.push(module);
    }
    Ok(())
}

fn unreadable(failure: Failure) -> BadRecipe {
    let (why, remedy) = (failure.to_string(), failure.error.remedy().unwrap_or_default());
    let site = failure.site.unwrap_or_else(|| Site { file: "".into(), line: 0 });
    BadRecipe { site, why, remedy }
}

fn missing(script: &Importing<'_>, import: &Import) -> BadRecipe {
    let shipped = Module::all_shipped();
    let names = shipped.iter().map(|module| module.name.as_str());
    let files = Language::ALL.map(|language| language.file(&import.name)).join(" or ");
    let remedy = match nearest(&import.name, names) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("expected {files} in the directory of the recipe"),
    };
    BadRecipe {
        site: Site { file: script.file.into(), line: import.line },
        why: format!("there is no module {}", import.name),
        remedy,
    }
}

/// Finds a module by name; returns an error if it is ambiguous or cannot be read.
fn look_up(shelf: ModuleSource<'_>, importer: &str, name: &str) -> Result<Option<Module>, String> {
    let directory = match shelf {
        ModuleSource::Collection(shelf) => {
            return Ok(shelf.module(importer, name)?.or_else(|| shipped(name)));
        }
        ModuleSource::Shipped => return Ok(shipped(name)),
        ModuleSource::Recorded(modules) => {
            return Ok(modules.iter().find(|module| module.name == name).cloned());
        }
        ModuleSource::Directory(directory) => directory,
    };
    if let Some(module) = in_directory(directory, name)? {
        return Ok(Some(module));
    }
    let collection =
        directory.ends_with("recipes") && directory.join("../collection.toml").exists();
    let own = match collection {
        true => in_directory(&directory.join(MODULES_BESIDE), name)?,
        false => None,
    };
    Ok(own.or_else(|| shipped(name)))
}

/// Finds a module in a directory.
fn in_directory(directory: &Path, name: &str) -> Result<Option<Module>, String> {
    let mut beside = Vec::new();
    for language in Language::ALL {
        let path = language.file(name);
        let file = directory.join(&path);
        // Omit a leading `./`, which adds no information.
        let file = file.strip_prefix("./").unwrap_or(&file).display().to_string();
        match read_below(directory, Path::new(&path), Input::Script.max_size()) {
            Ok(Some(bytes)) => {
                let text = text_of(bytes).ok_or_else(|| format!("{file} is not a text file"))?;
                beside.push(Module { name: name.to_owned(), file, text });
            }
            Ok(None) => {}
            Err(error) => return Err(format!("failed to read the module {file}: {error}")),
        }
    }
    match beside.as_slice() {
        [a, b] => Err(format!("ambiguous module {name}: {} and {}", a.file, b.file)),
        _ => Ok(beside.pop()),
    }
}

/// Returns the bundled module of this name: from `stdlib/`, a layout, or the table of all layouts.
pub(super) fn shipped(name: &str) -> Option<Module> {
    if name == LAYOUTS_MODULE {
        return Some(table());
    }
    let layout = || layouts().into_iter().find(|layout| layout.name == name);
    Module::shipped(name).or_else(layout)
}

/// Generates the table of all layouts, so that their names are only defined by their files.
fn table() -> Module {
    let layouts: Vec<String> = layouts().into_iter().map(|layout| layout.name).collect();
    let mut text =
        String::from("//! Calls the layout of this name: one of the bundled layouts.\n\n");
    for (index, layout) in layouts.iter().enumerate() {
        text += &format!("import {layout:?} as l{index};\n");
    }
    text += "\n/// Prepares the disks by the layout of this name, and returns the map of the layout.\n\
             fn prepare(name, params) {\n    switch name {\n";
    for (index, layout) in layouts.iter().enumerate() {
        let name = layout.strip_prefix(LAYOUTS).unwrap_or(layout);
        text += &format!("        {name:?} => l{index}::prepare(params),\n");
    }
    text += "        _ => throw `there is no layout ${name}`,\n    }\n}\n";
    Module { name: LAYOUTS_MODULE.into(), file: format!("{LAYOUTS_MODULE}.rhai"), text }
}

/// Returns the modules of a script that is not a recipe.
pub(crate) fn modules_of(
    path: &Path,
    language: Language,
    text: &str,
) -> Result<Vec<Module>, BadRecipe> {
    modules(
        &path.display().to_string(),
        language,
        text,
        ModuleSource::Directory(directory_of(path)),
    )
}

/// Returns the modules of a bundled script that is not a recipe.
pub(crate) fn bundled_modules_of(
    name: &str,
    language: Language,
    text: &str,
) -> Result<Vec<Module>, BadRecipe> {
    modules(name, language, text, ModuleSource::Shipped)
}

pub(super) fn directory_of(path: &Path) -> &Path {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}

pub(super) fn text_of(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
