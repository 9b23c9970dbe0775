//! The evaluation of scripts: sources are evaluated in sequence, and each one sees the variables
//! and functions of the previous ones.

use crate::failure::Failure;
use std::rc::Rc;
use std::sync::Arc;

use super::engines::{EngineConstructors, Engines, Vocabulary};
use super::hang::{self, Watched};
use super::limits::limited;
use super::lua;
use super::rhai;
use super::{Language, Module, Shared};
use crate::types::{Map, Value};

/// A script to run.
pub struct Script<'a> {
    /// The language.
    pub language: Language,
    /// The file name for messages.
    pub file: &'a str,
    /// The source.
    pub text: &'a str,
    /// Variables that are defined for the script.
    pub variables: &'a Map,
    /// The modules that the script can import.
    pub modules: &'a [Module],
}

/// An evaluator for a sequence of sources in one language.
pub struct Evaluator {
    host: Shared,
    engines: Rc<Engines>,
    state: EngineState,
}

enum EngineState {
    Rhai(Box<rhai::RhaiSources>),
    Lua(lua::LuaSources),
}

impl Evaluator {
    /// Creates an evaluator with these variables and the bundled modules.
    pub fn new(language: Language, variables: &Map, host: &Shared) -> Result<Self, Failure> {
        Self::with_modules(language, variables, &Module::all_shipped(), host)
    }

    /// Creates an evaluator with these variables and modules.
    pub fn with_modules(
        language: Language,
        variables: &Map,
        modules: &[Module],
        host: &Shared,
    ) -> Result<Self, Failure> {
        Self::with_vocabulary(language, variables, modules, host, Vocabulary::All)
    }

    /// Creates an evaluator for one expression, which knows no variables, and the primitives of
    /// these domains only.
    pub fn for_expression(
        language: Language,
        domains: Vec<&'static str>,
        host: &Shared,
    ) -> Result<Self, Failure> {
        let vocabulary = Vocabulary::Named(domains);
        Self::with_vocabulary(language, &Map::new(), &Module::all_shipped(), host, vocabulary)
    }

    fn with_vocabulary(
        language: Language,
        variables: &Map,
        modules: &[Module],
        host: &Shared,
        vocabulary: Vocabulary,
    ) -> Result<Self, Failure> {
        let makers = EngineConstructors { rhai: rhai::make_engine, lua: lua::make_engine };
        let engines = Engines::new(host, modules, makers, vocabulary);
        let state = match language {
            Language::Rhai => {
                EngineState::Rhai(Box::new(rhai::RhaiSources::new(&engines, variables)))
            }
            Language::Lua => EngineState::Lua(lua::LuaSources::new(&engines, variables)?),
        };
        Ok(Self { host: host.clone(), engines, state })
    }

    /// Runs a source; its last value is the result. The limits apply to each source separately.
    pub fn run(&mut self, file: &str, text: &str) -> Result<Value, Failure> {
        let watched = self.begin(file, text);
        let result = match &mut self.state {
            EngineState::Rhai(rhai) => rhai.run(text),
            EngineState::Lua(lua) => lua.run(text),
        };
        drop(watched);
        self.ended(result)
    }

    /// Runs interactive input: in Lua as well, the value of an expression is the result.
    pub fn line(&mut self, file: &str, text: &str) -> Result<Value, Failure> {
        let watched = self.begin(file, text);
        let result = match &mut self.state {
            EngineState::Rhai(rhai) => rhai.run(text),
            EngineState::Lua(lua) => lua.line(text),
        };
        drop(watched);
        self.ended(result)
    }

    /// Starts a source, which is monitored for hangs until the returned value is dropped.
    fn begin(&self, file: &str, text: &str) -> Option<Watched> {
        let meter = &self.engines.meter;
        meter.begin(file);
        hang::watch(hang::WatchedScript {
            file: file.to_owned(),
            text: text.to_owned(),
            only_plans: meter.only_plans(),
            interrupts: meter.interrupts(),
            pulse: Arc::clone(&meter.heartbeat),
        })
    }

    /// Returns the first failure of the host, if there is one, even if the script has caught it;
    /// otherwise the result of the script.
    fn ended(&self, result: Result<Value, Failure>) -> Result<Value, Failure> {
        match (self.host.failure(), result) {
            // The same failure, with its call stack.
            (Some(first), Err(told)) if !told.is_of_script() && told.site == first.site => {
                Err(told)
            }
            (Some(first), _) => Err(first),
            (None, Ok(value)) => match self.engines.meter.limit_reached() {
                // A function of the language's library discarded the error that ended the script.
                Some(limit) => Err(limited(limit, self.engines.meter.place())),
                None => Ok(value),
            },
            (None, Err(error)) => Err(error),
        }
    }

    /// Returns the language.
    pub fn language(&self) -> Language {
        match self.state {
            EngineState::Rhai(_) => Language::Rhai,
            EngineState::Lua(_) => Language::Lua,
        }
    }

    /// Adds a variable.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), Failure> {
        match &mut self.state {
            EngineState::Rhai(rhai) => {
                rhai.set(name, value);
                Ok(())
            }
            EngineState::Lua(lua) => lua.set(name, value),
        }
    }

    /// Returns the names of the variables that are defined for the next source.
    pub fn names(&self) -> Vec<String> {
        match &self.state {
            EngineState::Rhai(rhai) => rhai.names(),
            EngineState::Lua(lua) => lua.names(),
        }
    }
}

/// Runs a script to its end; its last value is the result.
pub fn run(script: &Script<'_>, host: &Shared) -> Result<Value, Failure> {
    let Script { language, variables, modules, .. } = *script;
    Evaluator::with_modules(language, variables, modules, host)?.run(script.file, script.text)
}

/// Checks that a script can be parsed.
pub fn parse(language: Language, file: &str, text: &str) -> Result<(), Failure> {
    match language {
        Language::Rhai => rhai::parse(file, text),
        Language::Lua => lua::parse(file, text),
    }
}

/// Returns whether a source is incomplete, e.g. because of an open bracket or a missing word.
pub fn is_open(language: Language, text: &str) -> bool {
    match language {
        Language::Rhai => rhai::is_open(text),
        Language::Lua => lua::is_open(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_time_is_stopped() {
        for (language, script) in
            [(Language::Rhai, "loop { }"), (Language::Lua, "while true do end")]
        {
            let host = crate::run::job::detached_host();
            let mut evaluator = Evaluator::new(language, &Map::new(), &host).expect("an engine");
            evaluator.engines.meter.expire();
            let error = evaluator.run("r", script).expect_err("no time");
            assert_eq!(error.to_string(), "the script exceeded its limit of 0 s of computing");
        }
    }
}
