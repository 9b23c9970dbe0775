//! The resolution of a command line argument to a recipe, and the origin of a recipe.
//!
//! An argument with a `/` is a path, unless it is a name in `gscript list`. An argument with an
//! extension is the file of that name in the current directory, or otherwise a bundled recipe. An
//! argument without an extension is always a bundled recipe: a file in the current directory never
//! takes precedence. `bundled:NAME` always is the bundled recipe.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::bad::{BadRecipe, LIST};
use super::text::{Origin, Recipe};
use crate::event::Site;
use crate::recipe::bundled::{self, Bundled};
use crate::script::Language;

/// The prefix of bundled recipes in journals and saved plans, in which files have absolute paths.
const BUNDLED: &str = "bundled:";
/// The prefix of recipes of collections in journals and saved plans.
pub const COLLECTION: &str = "collection:";

/// A command line argument, and the recipe that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRecipe {
    recipe: RecipePlace,
    /// A note for the user about another recipe that the argument could refer to.
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum RecipePlace {
    File(PathBuf),
    Bundled(Bundled),
}

impl NamedRecipe {
    /// Finds the recipe that `word` names.
    ///
    /// # Errors
    ///
    /// Returns an error if it is neither a file nor the name of a bundled recipe.
    pub fn find(argument: &Path) -> Result<Self, BadRecipe> {
        let text = argument.to_str().unwrap_or_default();
        if let Some(name) = text.strip_prefix(BUNDLED) {
            let bundled = bundled::find(name).ok_or_else(|| unknown(Path::new(name), false))?;
            return Ok(Self { recipe: RecipePlace::Bundled(bundled), note: None });
        }
        let bundled = bundled::find(text);
        let Some(bundled) = bundled else {
            let is_path = argument.as_os_str().as_encoded_bytes().contains(&b'/');
            return match argument.exists() {
                true => Ok(Self { recipe: RecipePlace::File(argument.to_owned()), note: None }),
                false => Err(unknown(argument, is_path)),
            };
        };
        if Language::of(argument).is_none() {
            return Ok(Self { recipe: RecipePlace::Bundled(bundled), note: beside(argument) });
        }
        if !argument.exists() {
            return Ok(Self { recipe: RecipePlace::Bundled(bundled), note: None });
        }
        let (file, name) = (argument.display(), bundled.stem());
        let note =
            format!("using the file ./{file}; the bundled recipe is {name}, without the ending");
        Ok(Self { recipe: RecipePlace::File(argument.to_owned()), note: Some(note) })
    }

    /// Reads the recipe.
    pub fn load(&self) -> Result<Recipe, BadRecipe> {
        match &self.recipe {
            RecipePlace::File(path) => Recipe::load(path),
            RecipePlace::Bundled(bundled) => bundled.recipe(),
        }
    }

    /// Returns the bundled recipe, if it is one.
    pub fn bundled(&self) -> Option<&Bundled> {
        match &self.recipe {
            RecipePlace::File(_) => None,
            RecipePlace::Bundled(bundled) => Some(bundled),
        }
    }
}

/// Returns a note about a file with the same name as a bundled recipe.
fn beside(argument: &Path) -> Option<String> {
    let name = argument.to_string_lossy();
    let files = Language::ALL.map(|language| language.file(&name));
    let file = files.into_iter().find(|file| Path::new(file).exists())?;
    Some(format!("using the bundled recipe {name}, not the file ./{file}"))
}

fn unknown(argument: &Path, is_path: bool) -> BadRecipe {
    let name = argument.display().to_string();
    let (why, remedy) = if is_path {
        let last = argument.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let remedy = match bundled::find(last) {
            Some(bundled) => format!("did you mean the bundled recipe {}?", bundled.stem()),
            None => LIST.to_owned(),
        };
        (format!("{name}: no such file"), remedy)
    } else {
        (format!("{name}: no such file and no bundled recipe of that name"), advice(&name))
    };
    BadRecipe { site: Site { file: name.as_str().into(), line: 0 }, why, remedy }
}

/// Returns a suggestion for a name that no bundled recipe has.
pub fn advice(name: &str) -> String {
    match bundled::suggestion(name) {
        Some(near) => format!("did you mean {near}? See all bundled recipes: gscript list"),
        None => LIST.to_owned(),
    }
}

impl Recipe {
    /// Returns the origin of the recipe in the form that is recorded in journals and saved plans.
    pub fn location(&self) -> String {
        match &self.origin {
            Origin::File(path) => path.to_string_lossy().into_owned(),
            Origin::Bundled => format!("{BUNDLED}{}", self.name),
            Origin::Collection { .. } => format!("{COLLECTION}{}", self.name),
            Origin::Text => self.name.clone(),
        }
    }

    /// Reads the recipe at a recorded location; returns `None` if it no longer exists.
    pub fn at(location: &str) -> Option<Result<Self, BadRecipe>> {
        match location.strip_prefix(BUNDLED) {
            Some(name) => bundled::find(name).map(|bundled| bundled.recipe()),
            None => Path::new(location).exists().then(|| Self::load(Path::new(location))),
        }
    }
}
