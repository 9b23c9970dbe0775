//! The two languages. Each registers the same primitives by one loop over the registry; values
//! cross as plain data ([`crate::types::Value`]).

mod backstop;
mod engines;
mod evaluator;
mod hang;
mod host;
mod limits;
mod lua;
mod memory;
mod meter;
mod module;
mod order;
mod rhai;
mod room;
mod secrets;
pub mod source;
mod tokens;

use std::fmt;
use std::path::Path;
use std::rc::Rc;

use crate::error::{Error, Exit};
use crate::event::Site;
use crate::session::Failure;
use crate::spec::Spec;
use crate::types::{Map, Value, nearest};

pub use evaluator::{Evaluator, is_open};
pub use hang::{Abandoned, on_hang, stack_used_up};
pub use host::{Host, Shared, Tests};
use limits::Limit;
pub use module::{Import, Module, imports};
pub use secrets::has_secret;
pub(crate) use tokens::{Kind, Token, comments, tokens};

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
    fn import_example(self) -> &'static str {
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

/// A place that a script was at, when something went wrong further down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Where.
    pub site: Site,
    /// The function that this is in; nothing outside of all functions.
    pub function: Option<String>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.site.fmt(f)?;
        match &self.function {
            Some(function) => write!(f, " in {function}"),
            None => Ok(()),
        }
    }
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
        /// The functions at work, from the innermost outwards.
        traceback: Vec<Frame>,
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

    /// The functions at work, from the innermost outwards.
    pub fn traceback(&self) -> &[Frame] {
        match self {
            Self::Script { traceback, .. } => traceback,
            Self::Failure(failure) => &failure.traceback,
            Self::Stopped { .. } => &[],
        }
    }

    /// From where the place of the error was called: a line for each, from the innermost outwards.
    pub fn called_from(&self) -> Option<String> {
        let lines: Vec<String> = self.traceback().iter().skip(1).map(ToString::to_string).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// It at this place, where it has none of its own.
    fn at(mut self, place: Site) -> Self {
        if let Self::Script { site, traceback, .. } = &mut self
            && site.line == 0
            && traceback.is_empty()
        {
            *site = place;
        }
        self
    }

    /// It with the functions that called what it was found in.
    fn within(mut self, mut frames: Vec<Frame>) -> Self {
        match &mut self {
            Self::Script { traceback, .. } => traceback.append(&mut frames),
            Self::Failure(failure) => Rc::make_mut(&mut failure.traceback).append(&mut frames),
            Self::Stopped { .. } => {}
        }
        self
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

impl std::error::Error for ScriptError {}

/// Runs a script to its end; its last value is the result.
pub fn run(script: &Script<'_>, host: &Shared) -> Result<Value, ScriptError> {
    let Script { language, variables, modules, .. } = *script;
    Evaluator::with_modules(language, variables, modules, host)?.run(script.file, script.text)
}

/// A script that was stopped at a limit.
fn limited(limit: Limit, site: Site) -> ScriptError {
    let remedy = Some(limit.remedy().to_owned());
    ScriptError::Script { message: limit.to_string(), site, remedy, traceback: Vec::new() }
}

/// An error of a script as the other language, and what catches errors in its own, sees it.
#[derive(Debug, Clone)]
struct Caught(Rc<ScriptError>);

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Caught {}

impl From<ScriptError> for Caught {
    fn from(error: ScriptError) -> Self {
        Self(Rc::new(error))
    }
}

impl From<Failure> for Caught {
    fn from(failure: Failure) -> Self {
        ScriptError::Failure(Box::new(failure)).into()
    }
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
