//! A recipe that has been read but not run.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::bad::{BadRecipe, LIST};
use super::fork::check_resolved;
use super::front::Front;
use super::modules::{ModuleShelf, ModuleSource, directory_of, modules, shipped, text_of};
use crate::event::Site;
use crate::journal::RecipeSource;
use crate::script::{Language, Module, Script};
use crate::system::{Input, read_input};
use crate::types::Map;

/// A guide that can be run.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The name as specified by the user.
    pub name: String,
    /// The origin of the recipe.
    pub origin: Origin,
    /// The language.
    pub language: Language,
    /// The source.
    pub text: String,
    /// The parsed front matter.
    pub front: Front,
    /// The imported modules, each after its own dependencies.
    pub modules: Vec<Module>,
    /// The SHA-256 digest of the source and the sources of the modules.
    pub digest: String,
    /// The source that is run instead of that of a layout, with its modules.
    pub main: Option<(String, Vec<Module>)>,
}

/// The origin of a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, by its absolute path.
    File(PathBuf),
    /// The program itself.
    Bundled,
    /// An installed collection; `doubt` is why the recipe must be confirmed before it runs.
    Collection {
        /// The reason, if there is one.
        doubt: Option<Doubt>,
    },
    /// A source without a file: typed by the user, or recorded in a journal.
    Text,
}

/// Why a recipe of a collection must be confirmed before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// Its collection has no signature.
    Unsigned {
        /// The name of the collection.
        collection: String,
    },
    /// One of its files is not the one that was installed.
    Changed {
        /// The file.
        file: String,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned { collection } => write!(f, "the collection {collection} is not signed"),
            Self::Changed { file } => write!(f, "{file} has changed since it was installed"),
        }
    }
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
        let choose = "the file name must end in .rhai or .lua";
        let meta = fs::metadata(path)
            .map_err(|error| bad(format!("failed to read {name}: {error}"), LIST))?;
        if !meta.is_file() {
            return Err(bad(format!("{name} is not a file"), choose));
        }
        let Some(language) = Language::of(path) else {
            return Err(bad(format!("{name}: not a recipe file"), choose));
        };
        if meta.len() > Input::Script.max_size() {
            return Err(bad(format!("{name}: too large for a recipe"), choose));
        }
        let bytes = read_input(path, Input::Script)
            .map_err(|error| bad(format!("failed to read {name}: {error}"), choose))?;
        let Some(text) = text_of(bytes) else {
            let remedy = "check the file name; a recipe is a text file";
            return Err(bad(format!("{name} is not a text file"), remedy));
        };
        let origin = Origin::file(path);
        Self::with(&name, origin, language, text, ModuleSource::Directory(directory_of(path)))
    }

    /// Parses a recipe from its source; its modules are bundled ones.
    pub fn parse(name: &str, language: Language, text: String) -> Result<Self, BadRecipe> {
        Self::with(name, Origin::Text, language, text, ModuleSource::Shipped)
    }

    /// Parses a bundled recipe.
    pub(super) fn of_bundled(
        name: &str,
        language: Language,
        text: &str,
    ) -> Result<Self, BadRecipe> {
        Self::with(name, Origin::Bundled, language, text.to_owned(), ModuleSource::Shipped)
    }

    /// Parses a recipe of a collection; `name` begins with the name of the collection.
    pub(crate) fn of_collection(
        name: &str,
        language: Language,
        text: String,
        shelf: &dyn ModuleShelf,
    ) -> Result<Self, BadRecipe> {
        let origin = Origin::Collection { doubt: None };
        Self::with(name, origin, language, text, ModuleSource::Collection(shelf))
    }

    /// Returns the recipe of a collection with the reason why it must be confirmed.
    #[must_use]
    pub(crate) fn doubted(self, doubt: Option<Doubt>) -> Self {
        Self { origin: Origin::Collection { doubt }, ..self }
    }

    /// Returns why the recipe must be confirmed before it runs.
    pub fn doubt(&self) -> Option<&Doubt> {
        match &self.origin {
            Origin::Collection { doubt } => doubt.as_ref(),
            Origin::File(_) | Origin::Bundled | Origin::Text => None,
        }
    }

    /// Parses a recipe as recorded in a journal.
    pub fn recorded(name: &str, texts: RecipeSource) -> Result<Self, BadRecipe> {
        let language = Language::of(Path::new(name)).unwrap_or(Language::Rhai);
        Self::with(name, Origin::Text, language, texts.text, ModuleSource::Recorded(&texts.modules))
    }

    fn with(
        name: &str,
        origin: Origin,
        language: Language,
        text: String,
        shelf: ModuleSource<'_>,
    ) -> Result<Self, BadRecipe> {
        check_resolved(name, &text)?;
        let modules = modules(name, language, &text, shelf)?;
        let front = Front::parse(name, language, &text, &modules)?;
        let main = front.layout.then(|| main_of_layout(name, language, &text, &modules));
        let texts = RecipeSource { text, modules };
        let digest = texts.digest();
        let RecipeSource { text, modules } = texts;
        Ok(Self { name: name.to_owned(), origin, language, text, front, modules, digest, main })
    }

    /// Returns the modules that are not bundled.
    pub fn own_modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(|module| shipped(&module.name).as_ref() != Some(*module))
    }

    /// Returns the sources of the recipe and its modules, for a journal.
    pub fn texts(&self) -> RecipeSource {
        RecipeSource { text: self.text.clone(), modules: self.modules.clone() }
    }

    /// Returns the source of the file of `site`: a module, or otherwise the recipe itself.
    pub fn source(&self, site: Option<&Site>) -> &str {
        let file = site.map(|site| &*site.file);
        let module = self.modules.iter().find(|module| Some(module.file.as_str()) == file);
        module.map_or(&self.text, |module| &module.text)
    }

    /// Returns the recipe as a script to run.
    pub fn script<'a>(&'a self, variables: &'a Map) -> Script<'a> {
        let (text, modules) = match &self.main {
            Some((text, modules)) => (text, modules),
            None => (&self.text, &self.modules),
        };
        Script { language: self.language, file: &self.name, text, variables, modules }
    }

    /// Returns the short name of the recipe: `encrypted-root` for `recipes/encrypted-root.rhai`.
    pub fn stem(&self) -> String {
        let path = PathBuf::from(&self.name);
        path.file_stem().map_or_else(|| "recipe".into(), |stem| stem.to_string_lossy().into_owned())
    }
}

/// Returns the source that runs a layout directly: it calls the layout's own `prepare`, on the line
/// of that function, so that errors refer to that line.
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
