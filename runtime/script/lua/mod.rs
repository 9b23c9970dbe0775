//! Lua 5.4: text chunks only, without `io`, `os`, `load`, `debug`, chance or garbage control, with
//! every primitive as `domain.verb`. `bounds` keeps a script within its limits, `values` is what
//! crosses.

mod bounds;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use mlua::chunk::ChunkMode;
use mlua::{
    Error, Function, Lua, LuaOptions, MetaMethod, MultiValue, StdLib, Table, UserData,
    UserDataMethods, Value as LuaValue,
};

use bounds::{bounded, is_final, line_number, seen, watch};
use values::{from_lua, nested, to_lua};

use super::limits::{self, Limit};
use super::meter::Metered;
use super::{Language, ScriptError, hang, limited, meant};
use crate::event::Site;
use crate::session::Failure;
use crate::spec::Spec;
use crate::types::{Map, Secret, Value};

const PRELUDE: &str = include_str!("../../../stdlib/prelude.lua");

/// A failed primitive as a Lua error.
#[derive(Debug, Clone)]
struct Caught(Failure);

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.error.fmt(f)
    }
}

impl std::error::Error for Caught {}

/// Something in a script that does not exist.
#[derive(Debug, Clone)]
struct Unknown {
    what: &'static str,
    name: String,
    remedy: Option<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {} {}", self.what, self.name)
    }
}

impl std::error::Error for Unknown {}

/// The person asked to stop.
#[derive(Debug, Clone, Copy)]
struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped on request")
    }
}

impl std::error::Error for Stopped {}

impl UserData for Secret {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, secret, ()| Ok(secret.to_string()));
    }
}

/// A script at work, and what it leaves for the next text: its globals.
pub(super) struct Engine {
    host: Metered,
    lua: Lua,
    /// What was there before any script: not a variable.
    own: BTreeSet<String>,
}

impl Engine {
    pub(super) fn new(host: &Metered, variables: &Map) -> Result<Self, ScriptError> {
        let made = engine(variables, host).map(|lua| {
            let given = |name: &String| variables.iter().any(|(known, _)| known == name);
            let own = globals(&lua).into_iter().filter(|name| !given(name)).collect();
            Self { host: Rc::clone(host), lua, own }
        });
        made.map_err(|error| explain(&error, &host.file(), 0))
    }

    pub(super) fn run(&mut self, text: &str) -> Result<Value, ScriptError> {
        let host = &self.host;
        let file = host.file();
        let chunk = self.lua.load(text).set_name(format!("@{file}"));
        let listening = host.only_plans().then(|| hang::listen(&file, text, &host.pulse));
        let result = chunk.set_mode(ChunkMode::Text).eval::<LuaValue>();
        let result = result.and_then(|value| from_lua(&value, 0));
        drop(listening);
        match (host.hit(), result) {
            (None, Ok(value)) => Ok(value),
            (None, Err(error)) => Err(explain(&error, &file, host.line.get())),
            // Whatever the script made of it.
            (Some(limit), _) => {
                // A tail call hides where it was; in a single line it can only be there.
                let only = u32::from(text.lines().count() == 1);
                Err(limited(limit, Site { file, line: host.line.get().max(only) }))
            }
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &Value) -> Result<(), ScriptError> {
        let set = to_lua(&self.lua, value).and_then(|value| self.lua.globals().set(name, value));
        set.map_err(|error| explain(&error, &self.host.file(), 0))
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut names = globals(&self.lua);
        names.retain(|name| !self.own.contains(name));
        names.sort_unstable();
        names
    }
}

fn globals(lua: &Lua) -> Vec<String> {
    let globals = lua.globals();
    let pairs = globals.pairs::<String, LuaValue>();
    pairs.filter_map(|pair| Some(pair.ok()?.0)).collect()
}

/// Whether a text is only the beginning of one.
pub(super) fn is_open(text: &str) -> bool {
    let Ok(lua) = Lua::new_with(StdLib::NONE, LuaOptions::new()) else { return false };
    let chunk = lua.load(text).set_mode(ChunkMode::Text);
    matches!(chunk.into_function(), Err(Error::SyntaxError { incomplete_input: true, .. }))
}

pub(super) fn parse(file: &str, text: &str) -> Result<(), ScriptError> {
    let lua = Lua::new_with(StdLib::NONE, LuaOptions::new())
        .map_err(|error| explain(&error, &file.into(), 0))?;
    let chunk = lua.load(text).set_name(format!("@{file}")).set_mode(ChunkMode::Text);
    chunk.into_function().map(drop).map_err(|error| explain(&error, &file.into(), 0))
}

fn engine(variables: &Map, host: &Metered) -> mlua::Result<Lua> {
    let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::UTF8;
    let lua = Lua::new_with(libraries, LuaOptions::new())?;
    lua.set_memory_limit(limits::MEMORY)?;
    watch(&lua, host)?;
    lua.load(PRELUDE).set_name("=prelude").exec()?;
    bounded(&lua, host)?;
    let globals = lua.globals();
    let say = Rc::clone(host);
    let print = lua.create_function(move |lua, values: MultiValue| {
        let tostring: mlua::Function = lua.globals().get("tostring")?;
        let words = values
            .into_iter()
            .map(|value| tostring.call::<String>(value))
            .collect::<mlua::Result<Vec<String>>>()?;
        if !say.say(&words.join("\t")) {
            seen(lua, &say);
        }
        Ok(())
    })?;
    globals.set("print", print)?;
    if host.tests().is_some() {
        let host = Rc::clone(host);
        let test = lua.create_function(move |lua, (name, body): (String, Function)| {
            test(lua, &host, &name, &body)
        })?;
        globals.set("test", test)?;
    } else {
        let chapter = Rc::clone(host);
        let step = lua.create_function(move |_, title: String| {
            chapter.chapter(&title);
            Ok(())
        })?;
        globals.set("step", step)?;
    }
    register(&lua, host)?;
    for (name, value) in variables {
        globals.set(name.as_str(), to_lua(&lua, value)?)?;
    }
    strict(&lua, &globals, host, variables)?;
    Ok(lua)
}

fn register(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let specs: Rc<[&'static Spec]> = host.specs().into();
    let mut domains: BTreeMap<&str, Table> = BTreeMap::new();
    for (index, spec) in specs.iter().enumerate() {
        let domain = spec.domain();
        let table = match domains.get(domain) {
            Some(table) => table,
            None => domains.entry(domain).or_insert(lua.create_table()?),
        };
        let host = Rc::clone(host);
        let function =
            lua.create_function(move |lua, values: MultiValue| call(index, &host, lua, &values))?;
        table.set(spec.verb(), function)?;
    }
    for (domain, table) in domains {
        let meta = lua.create_table()?;
        let specs = Rc::clone(&specs);
        let unknown =
            lua.create_function(move |_, (_, verb): (Table, String)| -> mlua::Result<()> {
                let name = format!("{domain}.{verb}");
                let remedy = Some(meant(&name, Language::Lua, &specs, []));
                Err(Error::external(Unknown { what: "function", name, remedy }))
            })?;
        meta.set("__index", unknown)?;
        table.set_metatable(Some(meta))?;
        lua.globals().set(domain, table)?;
    }
    Ok(())
}

/// A misspelt variable is an error, not nothing.
fn strict(lua: &Lua, globals: &Table, host: &Metered, variables: &Map) -> mlua::Result<()> {
    let meta = lua.create_table()?;
    let variables: Vec<String> = variables.iter().map(|(name, _)| name.clone()).collect();
    let specs = host.specs();
    let unknown =
        lua.create_function(move |_, (_, name): (Table, String)| -> mlua::Result<()> {
            let variables = variables.iter().map(String::as_str);
            let remedy = Some(meant(&name, Language::Lua, &specs, variables));
            Err(Error::external(Unknown { what: "variable", name, remedy }))
        })?;
    meta.set("__index", unknown)?;
    meta.set("__metatable", false)?;
    globals.set_metatable(Some(meta))
}

/// The place from which the function at work was called.
fn caller(lua: &Lua, host: &Metered) -> Site {
    // Level 0 is this function, level 1 whoever called it.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the path lacks the lifetime")]
    let line = lua.inspect_stack(1, |frame| frame.current_line()).flatten();
    Site { file: host.file(), line: line_number(line) }
}

fn call(index: usize, host: &Metered, lua: &Lua, values: &MultiValue) -> mlua::Result<LuaValue> {
    let site = caller(lua, host);
    let values =
        values.iter().map(|value| from_lua(value, 0)).collect::<mlua::Result<Vec<Value>>>();
    let values = nested(values, host, site.line)?;
    match host.call(index, site, values) {
        Ok(value) => to_lua(lua, &value),
        Err(failure) => Err(Error::external(Caught(failure))),
    }
}

/// Runs a test, and goes on after it whatever became of it.
fn test(lua: &Lua, host: &Metered, name: &str, body: &Function) -> mlua::Result<()> {
    let Some(tests) = host.tests() else { return Ok(()) };
    if !tests.begin(name, caller(lua, host)) {
        return Ok(());
    }
    let result = body.call::<()>(());
    let (file, line) = (host.file(), host.line.get());
    tests.end(result.clone().map_err(|error| match host.hit() {
        Some(limit) => limited(limit, Site { file, line }),
        None => explain(&error, &file, line),
    }));
    // A limit that is reached is reached for the whole file.
    result.or_else(|error| {
        let ends = is_final(&LuaValue::Error(Box::new(error.clone())), host);
        if ends { Err(error) } else { Ok(()) }
    })
}

/// What went wrong, with the line that Lua put in front of its message.
/// Where Lua does not tell, it is the line at which the script was seen last.
fn explain(error: &Error, file: &Rc<str>, seen: u32) -> ScriptError {
    if let Some(caught) = error.downcast_ref::<Caught>() {
        return ScriptError::Failure(Box::new(caught.0.clone()));
    }
    if error.downcast_ref::<Stopped>().is_some() {
        return ScriptError::Stopped { site: Site { file: Rc::clone(file), line: 0 } };
    }
    let unknown = error.downcast_ref::<Unknown>();
    let text = match error {
        Error::SyntaxError { message, .. } | Error::RuntimeError(message) => message.clone(),
        Error::MemoryError(_) => {
            return limited(Limit::Memory, Site { file: Rc::clone(file), line: seen });
        }
        Error::CallbackError { traceback, cause } => {
            // The traceback's first line of the recipe is where it happened.
            let line = traceback.lines().find_map(|line| line_of(line.trim(), file));
            let message = match (unknown, cause.as_ref()) {
                (Some(unknown), _) => unknown.to_string(),
                (None, Error::RuntimeError(message)) => message.clone(),
                (None, other) => other.to_string(),
            };
            let site = Site { file: Rc::clone(file), line: line.map_or(0, |(line, _)| line) };
            if message.contains("stack overflow") {
                return limited(Limit::Stack, site);
            }
            let message = message.lines().next().unwrap_or_default().to_owned();
            let remedy = unknown.and_then(|unknown| unknown.remedy.clone());
            return ScriptError::Script { message, site, remedy };
        }
        other => other.to_string(),
    };
    let first = text.lines().next().unwrap_or_default();
    // What our own replacements of Lua's functions complain about is the recipe's doing.
    let first = first
        .strip_prefix("limits:")
        .and_then(|rest| rest.split_once(": "))
        .map_or(first, |(_, text)| text);
    let traced =
        || text.lines().skip(1).find_map(|line| line_of(line.trim(), file)).map(|(line, _)| line);
    if first.contains("stack overflow") {
        let line = line_of(first, file).map(|(line, _)| line).or_else(traced).unwrap_or(seen);
        return limited(Limit::Stack, Site { file: Rc::clone(file), line });
    }
    let (line, message) = match line_of(first, file) {
        Some((line, rest)) => (line, rest.trim_start_matches([':', ' ']).to_owned()),
        None => (traced().unwrap_or(0), first.to_owned()),
    };
    ScriptError::Script { message, site: Site { file: Rc::clone(file), line }, remedy: None }
}

/// `FILE:12: rest` → 12 and the rest.
fn line_of<'a>(text: &'a str, file: &str) -> Option<(u32, &'a str)> {
    let rest = text.strip_prefix(file)?.strip_prefix(':')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    Some((rest[..digits].parse().ok()?, &rest[digits..]))
}
