//! A recipe, read but not run.

use std::fs;
use std::path::{Path, PathBuf};

use super::bad::{BadRecipe, LIST};
use super::front::Front;
use super::modules::{Shelf, folder_of, modules, text_of};
use crate::event::Site;
use crate::journal::Texts;
use crate::script::{Language, Module, Script};
use crate::system::{Input, read_input};
use crate::types::Map;

/// A guide that runs.
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
    /// What is run in the place of the text of a layout, with the modules of that.
    pub main: Option<(String, Vec<Module>)>,
}

/// Where a recipe was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, by its path from the root.
    File(PathBuf),
    /// The program itself.
    Bundled,
    /// A text without a file: typed, or recorded in a journal.
    Text,
}

impl Origin {
    fn file(path: &Path) -> Self {
        let whole = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
        Self::File(whole.unwrap_or_else(|_| path.to_owned()))
    }
}

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

    /// Reads the text of a bundled recipe.
    pub(super) fn of_bundled(
        name: &str,
        language: Language,
        text: &str,
    ) -> Result<Self, BadRecipe> {
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
        let modules = modules(name, language, &text, shelf)?;
        let front = Front::parse(name, language, &text, &modules)?;
        let main = front.layout.then(|| main_of_layout(name, language, &text, &modules));
        let texts = Texts { text, modules };
        let digest = texts.digest();
        let Texts { text, modules } = texts;
        Ok(Self { name: name.to_owned(), origin, language, text, front, modules, digest, main })
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
        let (text, modules) = match &self.main {
            Some((text, modules)) => (text, modules),
            None => (&self.text, &self.modules),
        };
        Script { language: self.language, file: &self.name, text, variables, modules }
    }

    /// The recipe's short name: `encrypted-root` for `recipes/encrypted-root.rhai`.
    pub fn stem(&self) -> String {
        let path = PathBuf::from(&self.name);
        path.file_stem().map_or_else(|| "recipe".into(), |stem| stem.to_string_lossy().into_owned())
    }
}

/// What a layout does where it is run by itself: it calls its own `prepare`, on the line of that, so that errors
/// lead there.
fn main_of_layout(
    name: &str,
    language: Language,
    text: &str,
    modules: &[Module],
) -> (String, Vec<Module>) {
    let mut itself = "this-layout".to_owned();
    while modules.iter().any(|module| module.name == itself) {
        itself.push('-');
    }
    let line = text.lines().take_while(|line| !line.contains("prepare(")).count();
    let call = match language {
        Language::Rhai => format!("import {itself:?} as layout; layout::prepare(params);"),
        Language::Lua => format!("require({itself:?}).prepare(params)"),
    };
    let itself = Module { name: itself, file: name.to_owned(), text: text.to_owned() };
    let modules = modules.iter().cloned().chain([itself]).collect();
    (format!("{}{call}", "\n".repeat(line)), modules)
}
