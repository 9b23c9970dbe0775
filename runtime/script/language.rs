//! The two script languages.

use std::path::Path;

/// A script language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rhai (`.rhai`).
    Rhai,
    /// Lua 5.4 (`.lua`).
    Lua,
}

impl Language {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::Rhai, Self::Lua];

    /// Returns the file name of a script.
    pub fn file(self, name: &str) -> String {
        match self {
            Self::Rhai => format!("{name}.rhai"),
            Self::Lua => format!("{name}.lua"),
        }
    }

    /// Returns an example of an import for error messages.
    pub(super) fn import_example(self) -> &'static str {
        match self {
            Self::Rhai => "write it like this: import \"storage\" as storage;",
            Self::Lua => "write it like this: local storage = require \"storage\"",
        }
    }

    /// Returns the language of a file, by its extension.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "rhai" => Some(Self::Rhai),
            "lua" => Some(Self::Lua),
            _ => None,
        }
    }

    /// Returns the prefix of a line in the header comment of a recipe.
    pub fn front_mark(self) -> &'static str {
        match self {
            Self::Rhai => "//!",
            Self::Lua => "---",
        }
    }

    /// Returns the name of a primitive in this language: `luks::open` or `luks.open`.
    pub fn call(self, name: &str) -> String {
        match self {
            Self::Rhai => name.replacen('.', "::", 1),
            Self::Lua => name.to_owned(),
        }
    }
}

/// The table of all parameters in Lua, for parameters with the same name as a built-in.
pub(crate) const PARAMS: &str = "params";
