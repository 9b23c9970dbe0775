//! The two languages.

use std::path::Path;

/// A script language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `.rhai`
    Rhai,
    /// `.lua`, version 5.4
    Lua,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Rhai, Self::Lua];

    /// The file of a script of this name.
    pub fn file(self, name: &str) -> String {
        match self {
            Self::Rhai => format!("{name}.rhai"),
            Self::Lua => format!("{name}.lua"),
        }
    }

    /// How a module is taken in.
    pub(super) fn import_example(self) -> &'static str {
        match self {
            Self::Rhai => "write it like this: import \"storage\" as storage;",
            Self::Lua => "write it like this: local storage = require \"storage\"",
        }
    }

    /// The language of a file, by its name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "rhai" => Some(Self::Rhai),
            "lua" => Some(Self::Lua),
            _ => None,
        }
    }

    /// What begins a line of the comment at the top of a recipe.
    pub fn front_mark(self) -> &'static str {
        match self {
            Self::Rhai => "//!",
            Self::Lua => "---",
        }
    }

    /// How a primitive is called in this language: `luks::open` or `luks.open`.
    pub fn call(self, name: &str) -> String {
        match self {
            Self::Rhai => name.replacen('.', "::", 1),
            Self::Lua => name.to_owned(),
        }
    }
}

/// The table of all parameters in Lua: for those whose names are taken by what every script finds.
pub(crate) const PARAMS: &str = "params";
