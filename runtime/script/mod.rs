//! The two languages. Each registers the same primitives by one loop over the registry; values
//! cross as plain data ([`crate::types::Value`]).

mod evaluator;
mod hang;
mod host;
mod limits;
mod lua;
mod memory;
mod meter;
mod rhai;
pub mod source;

use std::fmt;
use std::path::Path;

use crate::error::{Error, Exit};
use crate::event::Site;
use crate::session::Failure;
use crate::spec::Spec;
use crate::types::{Map, Value, nearest};

pub use evaluator::{Evaluator, is_open};
pub use hang::on_hang;
pub use host::{Host, Shared, Tests};
use limits::Limit;

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

impl ScriptError {
    /// Where in the script.
    pub fn site(&self) -> Option<Site> {
        match self {
            Self::Script { site, .. } | Self::Stopped { site } => Some(site.clone()),
            Self::Failure(failure) => failure.site.clone(),
        }
    }

    /// The device that can't be touched because something holds it, if that is what is wrong.
    pub fn device_in_use(&self) -> Option<&str> {
        match self {
            Self::Failure(failure) => match failure.error.as_ref() {
                Error::InUse(in_use) => Some(&in_use.device),
                _ => None,
            },
            _ => None,
        }
    }

    /// How a run that meets it ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Script { .. } => Exit::Usage,
            Self::Stopped { .. } => Exit::Stopped,
            Self::Failure(failure) => failure.error.exit(),
        }
    }
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
pub fn run(script: &Script<'_>, host: &Shared) -> Result<Value, ScriptError> {
    Evaluator::new(script.language, script.variables, host)?.run(script.file, script.text)
}

/// A script that was stopped at a limit.
fn limited(limit: Limit, site: Site) -> ScriptError {
    let remedy = Some(limit.remedy().to_owned());
    ScriptError::Script { message: limit.to_string(), site, remedy }
}

/// Checks that a script can be parsed.
pub fn parse(language: Language, file: &str, text: &str) -> Result<(), ScriptError> {
    match language {
        Language::Rhai => rhai::parse(file, text),
        Language::Lua => lua::parse(file, text),
    }
}

/// The domains of a list, each once, in its order.
pub(crate) fn domains(specs: &[&'static Spec]) -> Vec<&'static str> {
    let mut domains: Vec<&str> = specs.iter().map(|spec| spec.domain()).collect();
    domains.dedup();
    domains
}

/// The remedy for a name that does not exist: something to call, a domain, or a variable.
pub(crate) fn meant<'a>(
    name: &str,
    language: Language,
    specs: &[&'static Spec],
    variables: impl IntoIterator<Item = &'a str>,
) -> String {
    let dotted = name.replacen("::", ".", 1);
    let domains = domains(specs);
    let suggestion = match dotted.split_once('.') {
        Some((domain, _)) => match nearest(&dotted, specs.iter().map(|spec| spec.name)) {
            Some(near) => Some(language.call(near)),
            None if domains.contains(&domain) => {
                let own = specs.iter().filter(|spec| spec.domain() == domain);
                let verbs: Vec<&str> = own.map(|spec| spec.verb()).collect();
                return format!("{domain} has: {}", verbs.join(", "));
            }
            None => nearest(domain, domains).map(str::to_owned),
        },
        None if domains.contains(&name) => {
            return format!("{name} is a module: write {}", language.call(&format!("{name}.…")));
        }
        None => {
            let known = ["step", "print"].into_iter().chain(domains).chain(variables);
            nearest(name, known).map(str::to_owned)
        }
    };
    match suggestion {
        Some(near) => format!("did you mean {near}?"),
        None => "see what there is: gscript doc".into(),
    }
}
