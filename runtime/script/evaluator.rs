//! A language at work: texts are run one after the other, and each finds what those before it left.

use super::lua::{self, Engine};
use super::meter::{Meter, Metered};
use super::rhai::{self, Rhai};
use super::{Language, ScriptError, Shared};
use crate::types::{Map, Value};

/// See the module.
pub struct Evaluator {
    host: Shared,
    meter: Metered,
    tongue: Tongue,
}

enum Tongue {
    Rhai(Box<Rhai>),
    Lua(Engine),
}

impl Evaluator {
    /// An evaluator in which texts find these variables.
    pub fn new(language: Language, variables: &Map, host: &Shared) -> Result<Self, ScriptError> {
        let meter = Meter::new(host);
        let tongue = match language {
            Language::Rhai => Tongue::Rhai(Box::new(Rhai::new(&meter, variables))),
            Language::Lua => Tongue::Lua(Engine::new(&meter, variables)?),
        };
        Ok(Self { host: host.clone(), meter, tongue })
    }

    /// Runs a text; its last value is the result. Each text has all limits ahead of it.
    pub fn run(&mut self, file: &str, text: &str) -> Result<Value, ScriptError> {
        self.meter.begin(file);
        let result = match &mut self.tongue {
            Tongue::Rhai(rhai) => rhai.run(text),
            Tongue::Lua(lua) => lua.run(text),
        };
        // Whatever the script made of it: the first failure is what happened.
        match self.host.failure() {
            Some(failure) => Err(ScriptError::Failure(Box::new(failure))),
            None => result,
        }
    }

    /// The language.
    pub fn language(&self) -> Language {
        match self.tongue {
            Tongue::Rhai(_) => Language::Rhai,
            Tongue::Lua(_) => Language::Lua,
        }
    }

    /// Adds a variable.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), ScriptError> {
        match &mut self.tongue {
            Tongue::Rhai(rhai) => {
                rhai.set(name, value);
                Ok(())
            }
            Tongue::Lua(lua) => lua.set(name, value),
        }
    }

    /// The variables that the next text finds.
    pub fn names(&self) -> Vec<String> {
        match &self.tongue {
            Tongue::Rhai(rhai) => rhai.names(),
            Tongue::Lua(lua) => lua.names(),
        }
    }
}

/// Whether a text is only the beginning of one: a bracket is open, a word is missing.
pub fn is_open(language: Language, text: &str) -> bool {
    match language {
        Language::Rhai => rhai::is_open(text),
        Language::Lua => lua::is_open(text),
    }
}
