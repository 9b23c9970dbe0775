//! A recipe: a guide that runs.
//!
//! `front` reads its front matter, `params` turns answers into variables, `needs` holds the plan
//! against what the recipe says it needs.

mod chapters;
mod front;
mod needs;
mod params;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::event::Site;
use crate::script::Language;
use crate::types::sha256;

pub use chapters::Chapter;
pub use front::{Front, ParamDecl};
pub use needs::{Exceeded, Need, Needs};
pub use params::{Answers, ParamError, ParamKind};

/// A recipe, read but not run.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// As it was named.
    pub name: String,
    /// Its language.
    pub language: Language,
    /// Its text.
    pub text: String,
    /// What its front matter says.
    pub front: Front,
    /// SHA-256 of its text.
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

/// No recipe is longer; a disk image given by mistake is.
const MOST: u64 = 4 << 20;

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
        let meta = fs::metadata(path).map_err(|error| {
            bad(
                format!("can't read {name}: {error}"),
                "see the recipes that come along: gscript list",
            )
        })?;
        if !meta.is_file() {
            return Err(bad(format!("{name} is not a file"), choose));
        }
        let Some(language) = Language::of(path) else {
            return Err(bad(format!("{name} is not a recipe by its name"), choose));
        };
        if meta.len() > MOST {
            return Err(bad(format!("{name} is larger than any recipe"), choose));
        }
        let bytes =
            fs::read(path).map_err(|error| bad(format!("can't read {name}: {error}"), choose))?;
        let text = match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text,
            _ => {
                let remedy = "a recipe is a text: is it the right file?";
                return Err(bad(format!("{name} is not a text file"), remedy));
            }
        };
        Self::parse(&name, language, text)
    }

    /// Reads a recipe from its text.
    pub fn parse(name: &str, language: Language, text: String) -> Result<Self, BadRecipe> {
        let front = Front::parse(name, language, &text)?;
        let digest = sha256(text.as_bytes());
        Ok(Self { name: name.to_owned(), language, text, front, digest })
    }

    /// The recipe's short name: `encrypted-root` for `recipes/encrypted-root.rhai`.
    pub fn stem(&self) -> String {
        let path = PathBuf::from(&self.name);
        path.file_stem().map_or_else(|| "recipe".into(), |stem| stem.to_string_lossy().into_owned())
    }
}
