//! The two languages. Each registers the same primitives by one loop over the registry; values
//! cross as plain data ([`crate::types::Value`]).

mod backstop;
mod engines;
mod error;
mod evaluator;
mod hang;
mod host;
mod language;
mod limits;
mod lua;
mod memory;
mod meter;
mod module;
mod names;
mod order;
mod rhai;
mod room;
mod secrets;
pub mod source;
mod tokens;

use crate::types::{Map, Value};

pub use error::ScriptError;
use error::{Caught, limited};
pub use evaluator::{Evaluator, is_open};
pub use hang::{Abandoned, on_hang, stack_used_up};
pub use host::{Host, Shared, Tests};
pub use language::Language;
pub use module::{Import, Module, imports};
pub(crate) use names::{domains, meant};
pub use secrets::has_secret;
pub(crate) use tokens::{Kind, Token, comments, tokens};

/// The table of all parameters in Lua: for those whose names are taken by what every script finds.
pub(crate) const PARAMS: &str = "params";

/// A script to run.
pub struct Script<'a> {
    /// Its language.
    pub language: Language,
    /// Its name in messages.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Variables that it finds.
    pub variables: &'a Map,
    /// The modules that it can take functions from.
    pub modules: &'a [Module],
}

/// Runs a script to its end; its last value is the result.
pub fn run(script: &Script<'_>, host: &Shared) -> Result<Value, ScriptError> {
    let Script { language, variables, modules, .. } = *script;
    Evaluator::with_modules(language, variables, modules, host)?.run(script.file, script.text)
}

/// Checks that a script can be parsed.
pub fn parse(language: Language, file: &str, text: &str) -> Result<(), ScriptError> {
    match language {
        Language::Rhai => rhai::parse(file, text),
        Language::Lua => lua::parse(file, text),
    }
}
