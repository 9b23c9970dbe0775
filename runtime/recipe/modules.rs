//! The modules that belong to a recipe: found by the names that are written in it, and read before
//! anything runs.

use std::path::Path;

use super::bad::BadRecipe;
use super::files::{LAYOUTS, layouts};
use crate::event::Site;
use crate::script::{Import, Language, Module, ScriptError, imports};
use crate::system::{Input, read_below};
use crate::types::nearest;

/// Where modules are looked up.
#[derive(Clone, Copy)]
pub(super) enum Shelf<'a> {
    /// In the folder of the recipe, and then among those that come along.
    Folder(&'a Path),
    /// Among those that come along.
    Shipped,
    /// Among those that a journal has.
    Recorded(&'a [Module]),
}

/// The module that calls any bundled layout by its name.
const TABLE: &str = "layouts";

/// No recipe has more.
const MOST: usize = 64;
/// How many import one another in a row.
const DEPTH: usize = 8;

/// A script whose imports are looked up.
struct Importing<'a> {
    file: &'a str,
    language: Language,
    text: &'a str,
}

/// All modules that a script needs, those first that others need.
pub(super) fn modules(
    file: &str,
    language: Language,
    text: &str,
    shelf: Shelf<'_>,
) -> Result<Vec<Module>, BadRecipe> {
    let mut found = Vec::new();
    let chain = [file.to_owned()];
    follow(&Importing { file, language, text }, shelf, &chain, &mut found)?;
    Ok(found)
}

fn follow(
    script: &Importing<'_>,
    shelf: Shelf<'_>,
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
        let module = match look_up(shelf, &import.name) {
            Ok(Some(module)) => module,
            Ok(None) => return Err(missing(script, &import)),
            Err(why) => {
                return Err(bad(why, "keep modules beside the recipe, in one language each"));
            }
        };
        let mut longer = chain.to_vec();
        longer.push(module.file.clone());
        if chain.contains(&module.file) {
            let why =
                format!("modules can't import one another in a circle: {}", longer.join(" → "));
            return Err(bad(why, "move what both need into a module of its own"));
        }
        if longer.len() > DEPTH + 1 {
            let why =
                format!("more than {DEPTH} modules import one another: {}", longer.join(" → "));
            return Err(bad(why, "import less, or from fewer places"));
        }
        if found.len() >= MOST {
            return Err(bad(format!("more than {MOST} modules"), "import less"));
        }
        let (language, file, text) = (module.language(), &module.file, &module.text);
        follow(&Importing { file, language, text }, shelf, &longer, found)?;
        found.push(module);
    }
    Ok(())
}

fn unreadable(error: ScriptError) -> BadRecipe {
    let site = error.site().unwrap_or_else(|| Site { file: "".into(), line: 0 });
    let why = error.to_string();
    let remedy = match error {
        ScriptError::Script { remedy, .. } => remedy.unwrap_or_default(),
        _ => String::new(),
    };
    BadRecipe { site, why, remedy }
}

fn missing(script: &Importing<'_>, import: &Import) -> BadRecipe {
    let shipped = Module::all_shipped();
    let names = shipped.iter().map(|module| module.name.as_str());
    let files = Language::ALL.map(|language| language.file(&import.name)).join(" or ");
    let remedy = match nearest(&import.name, names) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("it would be {files} in the folder of the recipe"),
    };
    BadRecipe {
        site: Site { file: script.file.into(), line: import.line },
        why: format!("there is no module {}", import.name),
        remedy,
    }
}

/// A module by its name; an error says why none can be had.
fn look_up(shelf: Shelf<'_>, name: &str) -> Result<Option<Module>, String> {
    let folder = match shelf {
        Shelf::Shipped => return Ok(shipped(name)),
        Shelf::Recorded(modules) => {
            return Ok(modules.iter().find(|module| module.name == name).cloned());
        }
        Shelf::Folder(folder) => folder,
    };
    let mut beside = Vec::new();
    for language in Language::ALL {
        let path = language.file(name);
        let file = folder.join(&path);
        // `.` in front of every name helps nobody.
        let file = file.strip_prefix("./").unwrap_or(&file).display().to_string();
        match read_below(folder, Path::new(&path), Input::Script.most()) {
            Ok(Some(bytes)) => {
                let text = text_of(bytes).ok_or_else(|| format!("{file} is not a text file"))?;
                beside.push(Module { name: name.to_owned(), file, text });
            }
            Ok(None) => {}
            Err(error) => return Err(format!("can't read the module {file}: {error}")),
        }
    }
    match beside.as_slice() {
        [a, b] => Err(format!("{name} is {} and {}: which one is meant?", a.file, b.file)),
        _ => Ok(beside.pop().or_else(|| shipped(name))),
    }
}

/// The bundled module of this name: of `stdlib/`, a layout, or the table of all layouts.
fn shipped(name: &str) -> Option<Module> {
    if name == TABLE {
        return Some(table());
    }
    let layout = || layouts().into_iter().find(|layout| layout.name == name);
    Module::shipped(name).or_else(layout)
}

/// Writes the table of all layouts, so that their names are written down nowhere but in their files.
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
    Module { name: TABLE.into(), file: format!("{TABLE}.rhai"), text }
}

/// The modules of a script that is no recipe.
pub(crate) fn modules_of(
    path: &Path,
    language: Language,
    text: &str,
) -> Result<Vec<Module>, BadRecipe> {
    modules(&path.display().to_string(), language, text, Shelf::Folder(folder_of(path)))
}

/// The modules of a bundled script that is no recipe.
pub(crate) fn bundled_modules_of(
    name: &str,
    language: Language,
    text: &str,
) -> Result<Vec<Module>, BadRecipe> {
    modules(name, language, text, Shelf::Shipped)
}

pub(super) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

pub(super) fn text_of(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
