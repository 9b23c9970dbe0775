//! A recipe: a guide that runs.
//!
//! `front` reads its front matter, `modules` finds what it imports, `params` turns answers into variables, `needs` holds the plan
//! against what the recipe says it needs.

mod block;
pub mod bundled;
mod chapters;
mod front;
mod modules;
mod origin;
mod params;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::event::Site;
use crate::journal::Texts;
use crate::recipe::bundled::Bundled;
use crate::script::{Language, Module, Script};
use crate::system::{Input, read_input};
use crate::types::Map;

use modules::{Shelf, modules};

pub use chapters::Chapter;
pub use front::{Front, ParamDecl};
pub use origin::{Named, Origin, advice};
pub use params::{Answers, ParamError, ParamKind, answers_table};

/// A recipe, read but not run.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// As it was named.
    pub name: String,
    /// Where it was read from.
    pub origin: Origin,
    /// Its language.
    pub language: Language,
    /// Its text.
    pub text: String,
    /// What its front matter says.
    pub front: Front,
    /// The modules that it takes functions from, those first that others need.
    pub modules: Vec<Module>,
    /// SHA-256 of its text, and of the texts of its modules.
    pub digest: String,
}

/// A recipe that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRecipe {
    /// Where.
    pub site: Site,
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for BadRecipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for BadRecipe {}

/// What to do about a recipe that is not there.
const LIST: &str = "see the bundled recipes: gscript list";

impl Recipe {
    /// Reads a recipe from a file.
    pub fn load(path: &Path) -> Result<Self, BadRecipe> {
        let name = path.display().to_string();
        let bad = |why: String, remedy: &str| BadRecipe {
            site: Site { file: name.as_str().into(), line: 0 },
            why,
            remedy: remedy.to_owned(),
        };
        let choose = "name a file that ends in .rhai or .lua";
        let meta =
            fs::metadata(path).map_err(|error| bad(format!("can't read {name}: {error}"), LIST))?;
        if !meta.is_file() {
            return Err(bad(format!("{name} is not a file"), choose));
        }
        let Some(language) = Language::of(path) else {
            return Err(bad(format!("{name} is not a recipe by its name"), choose));
        };
        if meta.len() > Input::Script.most() {
            return Err(bad(format!("{name} is larger than any recipe"), choose));
        }
        let bytes = read_input(path, Input::Script)
            .map_err(|error| bad(format!("can't read {name}: {error}"), choose))?;
        let Some(text) = text_of(bytes) else {
            let remedy = "a recipe is a text: is it the right file?";
            return Err(bad(format!("{name} is not a text file"), remedy));
        };
        let origin = Origin::file(path);
        Self::with(&name, origin, language, text, Shelf::Folder(folder_of(path)))
    }

    /// Reads a recipe from its text; its modules are among those that come along.
    pub fn parse(name: &str, language: Language, text: String) -> Result<Self, BadRecipe> {
        Self::with(name, Origin::Text, language, text, Shelf::Shipped)
    }

    /// Reads a bundled recipe.
    pub fn bundled(recipe: &Bundled) -> Result<Self, BadRecipe> {
        let Bundled { name, text, language } = *recipe;
        Self::with(name, Origin::Bundled, language, text.to_owned(), Shelf::Shipped)
    }

    /// Reads a recipe from what a journal has of it.
    pub fn recorded(name: &str, texts: Texts) -> Result<Self, BadRecipe> {
        let language = Language::of(Path::new(name)).unwrap_or(Language::Rhai);
        Self::with(name, Origin::Text, language, texts.text, Shelf::Recorded(&texts.modules))
    }

    fn with(
        name: &str,
        origin: Origin,
        language: Language,
        text: String,
        shelf: Shelf<'_>,
    ) -> Result<Self, BadRecipe> {
        let front = Front::parse(name, language, &text)?;
        let modules = modules(name, language, &text, shelf)?;
        let texts = Texts { text, modules };
        let digest = texts.digest();
        let Texts { text, modules } = texts;
        Ok(Self { name: name.to_owned(), origin, language, text, front, modules, digest })
    }

    /// All that is written of it, for a journal.
    pub fn texts(&self) -> Texts {
        Texts { text: self.text.clone(), modules: self.modules.clone() }
    }

    /// The text of one of its files: of a module, or else its own.
    pub fn source(&self, site: Option<&Site>) -> &str {
        let file = site.map(|site| &*site.file);
        let module = self.modules.iter().find(|module| Some(module.file.as_str()) == file);
        module.map_or(&self.text, |module| &module.text)
    }

    /// It as a script to run.
    pub fn script<'a>(&'a self, variables: &'a Map) -> Script<'a> {
        Script {
            language: self.language,
            file: &self.name,
            text: &self.text,
            variables,
            modules: &self.modules,
        }
    }

    /// The recipe's short name: `encrypted-root` for `recipes/encrypted-root.rhai`.
    pub fn stem(&self) -> String {
        let path = PathBuf::from(&self.name);
        path.file_stem().map_or_else(|| "recipe".into(), |stem| stem.to_string_lossy().into_owned())
    }
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

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn text_of(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
