//! The two languages. Each registers the same primitives by one loop over the registry; values
//! cross as plain data ([`crate::types::Value`]).

mod limits;
mod lua;
mod rhai;

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::rc::Rc;

use crate::event::Site;
use crate::registry::{PRIMITIVES, domains, nearest_primitive};
use crate::session::{Failure, Session};
use crate::types::{Map, Value, nearest};

/// A script language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `.rhai`
    Rhai,
    /// `.lua`, version 5.4
    Lua,
}

impl Language {
    /// The language of a file, by its name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "rhai" => Some(Self::Rhai),
            "lua" => Some(Self::Lua),
            _ => None,
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

/// A session that a script engine calls into.
pub type Shared = Rc<RefCell<Session>>;

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
}

/// Why a script did not reach its end.
#[derive(Debug, Clone)]
pub enum ScriptError {
    /// The script itself is wrong.
    Script {
        /// What is wrong.
        message: String,
        /// Where.
        site: Site,
        /// What to do about it.
        remedy: Option<String>,
    },
    /// A primitive failed.
    Failure(Box<Failure>),
    /// The person asked to stop.
    Stopped {
        /// Where.
        site: Site,
    },
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script { message, .. } => f.write_str(message),
            Self::Failure(failure) => failure.error.fmt(f),
            Self::Stopped { .. } => f.write_str("stopped on request"),
        }
    }
}

/// Runs a script to its end; its last value is the result.
pub fn run(script: &Script<'_>, session: &Shared) -> Result<Value, ScriptError> {
    let result = match script.language {
        Language::Rhai => rhai::run(script, session),
        Language::Lua => lua::run(script, session),
    };
    // Whatever the script made of it: the first failure is what happened.
    match session.borrow().failure() {
        Some(failure) => Err(ScriptError::Failure(Box::new(failure.clone()))),
        None => result,
    }
}

/// Checks that a script can be parsed.
pub fn parse(language: Language, file: &str, text: &str) -> Result<(), ScriptError> {
    match language {
        Language::Rhai => rhai::parse(file, text),
        Language::Lua => lua::parse(file, text),
    }
}

/// The remedy for a name that does not exist: a primitive, a domain, or a variable.
fn meant(name: &str, language: Language, variables: &Map) -> String {
    let dotted = name.replacen("::", ".", 1);
    let suggestion = match dotted.split_once('.') {
        Some((domain, _)) => match nearest_primitive(&dotted) {
            Some(near) => Some(language.call(near)),
            None if domains().contains(&domain) => {
                let verbs: Vec<&str> = PRIMITIVES
                    .iter()
                    .filter(|primitive| primitive.spec.domain() == domain)
                    .map(|primitive| primitive.spec.verb())
                    .collect();
                return format!("{domain} has: {}", verbs.join(", "));
            }
            None => nearest(domain, domains()).map(str::to_owned),
        },
        None if domains().contains(&name) => {
            return format!("{name} is a module: write {}", language.call(&format!("{name}.…")));
        }
        None => {
            let variables = variables.iter().map(|(name, _)| name.as_str());
            let known = ["step", "print"].into_iter().chain(domains()).chain(variables);
            nearest(name, known).map(str::to_owned)
        }
    };
    match suggestion {
        Some(near) => format!("did you mean {near}?"),
        None => "see what there is: gscript doc".into(),
    }
}
