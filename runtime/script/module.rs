//! Modules: scripts that other scripts take functions from, whichever of the two languages either is
//! in. They are read before anything runs; the engines get their texts and never look for files.

use crate::failure::Failure;
use std::path::Path;

use include_dir::{Dir, File, include_dir};
use serde::{Deserialize, Serialize};

use super::Language;
use super::tokens::{Kind, Token, tokens};
use crate::event::Site;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// The folder of the modules that come along, as messages name it.
const STDLIB: &str = "stdlib";

/// A script that others take functions from, read but not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// As it is imported: `storage`.
    pub name: String,
    /// Its file, as messages name it.
    pub file: String,
    /// Its text.
    pub text: String,
}

impl Module {
    /// Its language, by the name of its file.
    pub fn language(&self) -> Language {
        Language::of(Path::new(&self.file)).unwrap_or(Language::Rhai)
    }

    /// Whether it is the same script, wherever its file is.
    pub fn same_text(&self, other: &Self) -> bool {
        self.name == other.name && self.language() == other.language() && self.text == other.text
    }

    /// The module of this name that comes along.
    pub fn shipped(name: &str) -> Option<Self> {
        Language::ALL.into_iter().find_map(|language| {
            let file = FOLDER.get_file(language.file(name))?;
            Self::of(file)
        })
    }

    /// All modules that come along, by name.
    pub fn all_shipped() -> Vec<Self> {
        let mut modules: Vec<Self> = FOLDER.files().filter_map(Self::of).collect();
        modules.sort_by(|a, b| a.name.cmp(&b.name));
        modules
    }

    fn of(file: &File<'_>) -> Option<Self> {
        let path = file.path();
        Language::of(path)?;
        Some(Self {
            name: path.file_stem()?.to_str()?.to_owned(),
            file: format!("{STDLIB}/{}", path.display()),
            text: file.contents_utf8()?.to_owned(),
        })
    }
}

/// An `import "NAME" as ALIAS` or `require "NAME"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The module.
    pub name: String,
    /// What Rhai calls it from there on.
    pub alias: Option<String>,
    /// From 1.
    pub line: u32,
}

/// What a script imports. The names are written out in it, so that what belongs to a recipe is
/// known before it runs.
pub fn imports(language: Language, file: &str, text: &str) -> Result<Vec<Import>, Failure> {
    let tokens = tokens(language, text);
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign("{" | "#{" | "(" | "[") => depth += 1,
            Kind::Sign("}" | ")" | "]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        let part = index
            .checked_sub(1)
            .is_some_and(|before| [".", ":", "?."].iter().any(|sign| tokens[before].is(sign)));
        let rest = &tokens[index + 1..];
        let wrong = |why: &str, remedy: &str| {
            let site = Site { file: file.into(), line: token.line };
            Failure::of_script(why, site, Some(remedy.into()))
        };
        let import = match (language, token.name()) {
            (Language::Rhai, Some("import")) if !part => {
                if depth > 0 {
                    let why = "an import can't depend on what happens before";
                    return Err(wrong(why, "write it outside of all brackets"));
                }
                imported(rest, token.line)
            }
            (Language::Lua, Some("require")) if !part && !is_key(rest) => {
                required(rest, token.line)
            }
            _ => continue,
        };
        let Some(import) = import else {
            let why = "the name of a module has to be written out as a text";
            return Err(wrong(why, language.import_example()));
        };
        if let Some(why) = unfit(&import.name) {
            let why = format!("{:?} can't be the name of a module: {why}", import.name);
            return Err(wrong(&why, language.import_example()));
        }
        found.push(import);
    }
    Ok(found)
}

fn is_key(rest: &[Token]) -> bool {
    rest.first().is_some_and(|next| next.is("="))
}

/// `"NAME" as ALIAS;`
fn imported(rest: &[Token], line: u32) -> Option<Import> {
    let Kind::Text(name) = &rest.first()?.kind else { return None };
    let named = rest.get(1).is_some_and(|word| word.name() == Some("as"));
    if !named && rest.get(1).is_some_and(|sign| !sign.is(";")) {
        return None;
    }
    let alias = rest.get(2).filter(|_| named).and_then(Token::name).map(str::to_owned);
    Some(Import { name: name.clone(), alias, line })
}

/// `"NAME"`, with parentheses or without.
fn required(rest: &[Token], line: u32) -> Option<Import> {
    let bracketed = rest.first()?.is("(");
    let rest = &rest[usize::from(bracketed)..];
    let Kind::Text(name) = &rest.first()?.kind else { return None };
    let whole = !bracketed || rest.get(1)?.is(")");
    whole.then(|| Import { name: name.clone(), alias: None, line })
}

/// Why this can't be the name of a module.
fn unfit(name: &str) -> Option<&'static str> {
    let odd = |c: char| !c.is_ascii_alphanumeric() && !"_-/".contains(c);
    if name.starts_with('/') {
        return Some("modules are beside the recipe, or come along with gscript");
    }
    if name.contains("..") {
        return Some("it can't lead out of the recipe's folder");
    }
    if name.split('/').any(str::is_empty) {
        return Some("a part of it is empty");
    }
    if name.contains(odd) {
        return Some("it may have letters, digits, _, - and / between them, and no ending");
    }
    None
}
