//! Modules: scripts that provide functions to other scripts, in either language. They are read
//! before anything runs; the engines receive their sources and never search for files.

use crate::failure::Failure;
use std::path::Path;

use include_dir::{Dir, File, include_dir};
use serde::{Deserialize, Serialize};

use super::Language;
use super::token::{Token, TokenKind};
use super::tokens::tokens;
use crate::event::Site;

static DIRECTORY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// The directory of the bundled modules, as named in messages.
const STDLIB: &str = "stdlib";

/// A script that provides functions to other scripts, read but not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// The name in imports: `storage`.
    pub name: String,
    /// The file name for messages.
    pub file: String,
    /// The source.
    pub text: String,
}

impl Module {
    /// Returns the language, by the file extension.
    pub fn language(&self) -> Language {
        Language::of(Path::new(&self.file)).unwrap_or(Language::Rhai)
    }

    /// Returns whether two modules are the same script, ignoring the directory of the file.
    pub fn same_text(&self, other: &Self) -> bool {
        self.name == other.name && self.language() == other.language() && self.text == other.text
    }

    /// Returns the bundled module of this name.
    pub fn shipped(name: &str) -> Option<Self> {
        Language::ALL.into_iter().find_map(|language| {
            let file = DIRECTORY.get_file(language.file(name))?;
            Self::of(file)
        })
    }

    /// Returns all bundled modules, sorted by name.
    pub fn all_shipped() -> Vec<Self> {
        let mut modules: Vec<Self> = DIRECTORY.files().filter_map(Self::of).collect();
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
    /// The name of the module.
    pub name: String,
    /// The alias in Rhai.
    pub alias: Option<String>,
    /// The line number, starting at 1.
    pub line: u32,
}

/// Returns the beginning of a script, to the end of the line in which the statement that begins here
/// ends. Imports are at the top of a script, and reading all of its tokens takes as long as parsing it.
fn until_statement_ends(text: &str, start: usize) -> &str {
    let semicolon = text[start..].find(';').map_or(text.len(), |at| start + at);
    let end = text[semicolon..].find('\n').map_or(text.len(), |at| semicolon + at);
    &text[..end]
}

/// Returns the imports of a script. Their names are literals, so that everything that belongs to a
/// recipe is known before it runs.
pub fn imports(language: Language, file: &str, text: &str) -> Result<Vec<Import>, Failure> {
    let keyword = match language {
        Language::Rhai => "import",
        Language::Lua => "require",
    };
    let Some(last) = text.rfind(keyword) else { return Ok(Vec::new()) };
    let tokens = match language {
        Language::Rhai => tokens(language, until_statement_ends(text, last)),
        Language::Lua => tokens(language, text),
    };
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Sign("{" | "#{" | "(" | "[") => depth += 1,
            TokenKind::Sign("}" | ")" | "]") => depth = depth.saturating_sub(1),
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
            (Language::Rhai, Some(word)) if word == keyword && !part => {
                if depth > 0 {
                    let why = "imports must be at the top level of a file";
                    return Err(wrong(why, "move it outside all blocks"));
                }
                imported(rest, token.line)
            }
            (Language::Lua, Some(word)) if word == keyword && !part && !is_key(rest) => {
                required(rest, token.line)
            }
            _ => continue,
        };
        let Some(import) = import else {
            let why = "a module name must be a string literal";
            return Err(wrong(why, language.import_example()));
        };
        if let Some(why) = name_flaw(&import.name) {
            let why = format!("invalid module name {:?}: {why}", import.name);
            return Err(wrong(&why, language.import_example()));
        }
        found.push(import);
    }
    Ok(found)
}

fn is_key(rest: &[Token]) -> bool {
    rest.first().is_some_and(|next| next.is("="))
}

/// Parses `"NAME" as ALIAS;`.
fn imported(rest: &[Token], line: u32) -> Option<Import> {
    let TokenKind::Text(name) = &rest.first()?.kind else { return None };
    let named = rest.get(1).is_some_and(|word| word.name() == Some("as"));
    if !named && rest.get(1).is_some_and(|sign| !sign.is(";")) {
        return None;
    }
    let alias = rest.get(2).filter(|_| named).and_then(Token::name).map(str::to_owned);
    Some(Import { name: name.clone(), alias, line })
}

/// Parses `"NAME"`, with or without parentheses.
fn required(rest: &[Token], line: u32) -> Option<Import> {
    let parenthesized = rest.first()?.is("(");
    let rest = &rest[usize::from(parenthesized)..];
    let TokenKind::Text(name) = &rest.first()?.kind else { return None };
    let whole = !parenthesized || rest.get(1)?.is(")");
    whole.then(|| Import { name: name.clone(), alias: None, line })
}

/// Returns the reason why a module name is invalid.
fn name_flaw(name: &str) -> Option<&'static str> {
    let odd = |c: char| !c.is_ascii_alphanumeric() && !"_-/".contains(c);
    if name.starts_with('/') {
        return Some("modules are next to the recipe or bundled with gscript");
    }
    if name.contains("..") {
        return Some("it must not lead out of the recipe's directory");
    }
    if name.split('/').any(str::is_empty) {
        return Some("it has an empty component");
    }
    if name.contains(odd) {
        return Some(
            "allowed are letters, digits, _, - and / as separator, without a file \
            extension",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(language: Language, text: &str) -> Vec<String> {
        let found = imports(language, "m", text).expect("imports");
        found.into_iter().map(|import| import.name).collect()
    }

    #[test]
    fn imports_are_found_wherever_the_word_is_last() {
        let rhai = |text| names(Language::Rhai, text);
        assert_eq!(
            rhai("import \"a\" as a; import\n\"b\"\nas b;\nfn f() { g(`x;\n${1}`) }\n"),
            ["a", "b"]
        );
        assert_eq!(rhai("import \"a\" as a;\n/* import; \n */ let x = 1;\n"), ["a"]);
        assert_eq!(rhai("import \"a\" as a;\nlet x = `\n import ${f(1)}; \n`;\n"), ["a"]);
        assert_eq!(rhai("let x = 1;\nimport \"a\" as a"), ["a"]);
        assert_eq!(rhai("let x = 1;"), [] as [&str; 0]);
        assert!(imports(Language::Rhai, "m", "fn f() { import \"a\" as a; }\n").is_err());
        assert_eq!(
            names(Language::Lua, "local a = require \"a\"\nlocal b = require('b')\n"),
            ["a", "b"]
        );
    }
}
