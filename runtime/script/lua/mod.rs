//! Lua 5.4: source chunks only, without `io`, `os`, `load`, `debug`, random numbers or garbage
//! collector control, and with every primitive as `domain.verb`. `base` defines the globals of
//! scripts, `modules` implements `require`, `bounds` enforces the limits, `library` (with `pattern`
//! and `plain`) replaces functions that could circumvent them, `driver` calls scripts and explains
//! errors, `values` converts values.

mod base;
mod bounds;
mod driver;
mod engine;
mod errors;
pub(super) mod lexer;
mod library;
mod modules;
mod pattern;
mod plain;
mod values;

use crate::failure::Failure;
use std::cell::RefCell;
use std::rc::Rc;

use mlua::chunk::ChunkMode;
use mlua::{
    Error, Function, Lua, LuaOptions, MetaMethod, StdLib, Table, UserData, UserDataMethods,
    Value as LuaValue,
};

use base::VariableNames;
use bounds::{caller, install_limited_functions, is_final, watch};
use driver::{load_failure, reject_hidden_code};
use engine::LuaEngine;
use errors::LuaStopped;
use values::{PRIMITIVE, from_lua, nested, to_lua};

use super::engines::{Engines, ScriptEngine};
use super::{Language, PARAMS, limits};
use crate::types::{Map, Secret, Value};

const PRELUDE: &str = include_str!("prelude.lua");
const LIBRARY: &str = include_str!("library.lua");

impl UserData for Secret {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, secret, ()| Ok(secret.to_string()));
    }
}

/// Creates the engine of a run.
pub(super) fn make_engine(engines: &Rc<Engines>) -> Result<Box<dyn ScriptEngine>, Failure> {
    match LuaEngine::new(engines) {
        Ok(engine) => Ok(Box::new(engine)),
        Err(error) => Err(load_failure(&error, &engines.meter.file())),
    }
}

impl LuaEngine {
    fn new(engines: &Rc<Engines>) -> mlua::Result<Self> {
        let host = Rc::clone(&engines.meter);
        let (lua, debug) = state()?;
        lua.set_memory_limit(limits::MEMORY)?;
        watch(&lua, &host)?;
        let metatable: Function = debug.get("getmetatable")?;
        let driver = driver::driver(&lua, debug)?;
        let (seek, charge) = (library::seeker(&lua, &host)?, library::charge(&lua, &host)?);
        let sort = library::sort(&lua, &host)?;
        lua.load(PRELUDE).set_name("=limits").call::<()>(&charge)?;
        lua.load(LIBRARY).set_name("=limits").call::<()>((seek, charge, sort, metatable))?;
        install_limited_functions(&lua, &host)?;
        base::fill(&lua, &host)?;
        if host.tests().is_some() {
            let engines = Rc::downgrade(engines);
            let test = lua.create_function(move |lua, (name, body): (String, Function)| {
                match engines.upgrade() {
                    Some(engines) => test(lua, &engines, &name, &body),
                    None => Ok(()),
                }
            })?;
            lua.globals().set("test", test)?;
        }
        let require = modules::require(&lua, &Rc::downgrade(engines))?;
        lua.globals().set("require", &require)?;
        let known = VariableNames::default();
        let environment = base::seal(&lua, &host, &known)?;
        let loaded = RefCell::default();
        Ok(Self { host, driver, environment, require, loaded, known, lua })
    }
}

/// Creates an empty Lua state; returns it with the `debug` library, which scripts cannot access.
fn state() -> mlua::Result<(Lua, Table)> {
    let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::UTF8 | StdLib::DEBUG;
    // SAFETY: the unsafe part of these libraries is `debug`. It is removed before any script runs;
    // `driver.lua` keeps two of its functions, which only read, where no script can reach them.
    #[expect(unsafe_code, reason = "`debug` reads the variables of a failed script")]
    let lua = unsafe { Lua::unsafe_new_with(libraries, LuaOptions::new()) };
    let debug = lua.globals().get("debug")?;
    lua.globals().raw_remove("debug")?;
    Ok((lua, debug))
}

/// A sequence of sources with the variables that they share.
pub(super) struct LuaSources {
    engines: Rc<Engines>,
    variables: Table,
}

impl LuaSources {
    pub(super) fn new(engines: &Rc<Engines>, variables: &Map) -> Result<Self, Failure> {
        let engine = engines.of::<LuaEngine>(Language::Lua)?;
        let made = engine.variables(variables);
        let variables = made.map_err(|error| load_failure(&error, &engines.meter.file()))?;
        Ok(Self { engines: Rc::clone(engines), variables })
    }

    pub(super) fn run(&mut self, text: &str) -> Result<Value, Failure> {
        let file = self.engines.meter.file();
        let body = self.read(text).map_err(|error| load_failure(&error, &file))?;
        reject_hidden_code(&file, text)?;
        self.call(&body, text)
    }

    /// Runs interactive input: first as an expression, which is not a valid Lua chunk by itself.
    pub(super) fn line(&mut self, text: &str) -> Result<Value, Failure> {
        match self.read(&format!("return {text}")) {
            Ok(body) => {
                reject_hidden_code(&self.engines.meter.file(), text)?;
                self.call(&body, text)
            }
            Err(_) => self.run(text),
        }
    }

    fn read(&self, text: &str) -> mlua::Result<Function> {
        let engine = self.engines.of::<LuaEngine>(Language::Lua).map_err(Error::external)?;
        let name = format!("@{}", self.engines.meter.file());
        let chunk = engine.lua.load(text).set_name(name).set_mode(ChunkMode::Text);
        chunk.set_environment(self.variables.clone()).into_function()
    }

    fn call(&self, body: &Function, text: &str) -> Result<Value, Failure> {
        let (host, engine) = (&self.engines.meter, self.engines.of::<LuaEngine>(Language::Lua)?);
        let file = host.file();
        let result = engine
            .protected(body, (), Some(&self.variables))
            .and_then(|value| Ok(nested(from_lua(&value, PRIMITIVE), host, &host.place())?));
        match (host.limit_reached(), result) {
            (None, Ok(value)) => Ok(value),
            (None, Err(fault)) => Err(engine.explain(&fault, &file)),
            // A limit was reached, even if the script caught the error.
            (Some(_), result) => {
                let fault = result.err().unwrap_or_else(|| Error::external(LuaStopped).into());
                // A tail call hides the position, but a source with a single line has only one.
                if host.place().line == 0 && text.lines().count() == 1 {
                    host.at(&file, 1);
                }
                Err(engine.explain(&fault, &file))
            }
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &Value) -> Result<(), Failure> {
        let lua = &self.engines.of::<LuaEngine>(Language::Lua)?.lua;
        let set = to_lua(lua, value).and_then(|value| self.variables.set(name, value));
        set.map_err(|error| load_failure(&error, &self.engines.meter.file()))
    }

    pub(super) fn names(&self) -> Vec<String> {
        let pairs = self.variables.pairs::<String, LuaValue>();
        let names = pairs.filter_map(|pair| Some(pair.ok()?.0));
        let mut names: Vec<String> = names.filter(|name| name != "_G" && name != PARAMS).collect();
        names.sort_unstable();
        names
    }
}

impl LuaEngine {
    /// Creates the environment of a script with variables. Built-in names are not replaced: a
    /// parameter with such a name is only available in the table of all parameters.
    fn variables(&self, variables: &Map) -> mlua::Result<Table> {
        let environment: Table = self.environment.call(())?;
        let all = self.lua.create_table()?;
        for (name, value) in variables {
            let value = to_lua(&self.lua, value)?;
            all.raw_set(name.as_str(), &value)?;
            if self.lua.globals().raw_get::<LuaValue>(name.as_str())?.is_nil() {
                environment.raw_set(name.as_str(), value)?;
            }
        }
        if !variables.is_empty() && environment.raw_get::<LuaValue>(PARAMS)?.is_nil() {
            environment.raw_set(PARAMS, all)?;
        }
        self.known.borrow_mut().extend(variables.iter().map(|(name, _)| name.clone()));
        Ok(environment)
    }
}

/// Returns whether interactive input is an incomplete expression or chunk.
pub(super) fn is_open(text: &str) -> bool {
    let Ok(lua) = Lua::new_with(StdLib::NONE, LuaOptions::new()) else { return false };
    let read = |text: &str| lua.load(text).set_mode(ChunkMode::Text).into_function();
    let ways = [read(&format!("return {text}")), read(text)];
    let open = |way: &mlua::Result<_>| {
        matches!(way, Err(Error::SyntaxError { incomplete_input: true, .. }))
    };
    !ways.iter().any(Result::is_ok) && ways.iter().any(open)
}

pub(super) fn parse(file: &str, text: &str) -> Result<(), Failure> {
    let file = file.into();
    let lua = Lua::new_with(StdLib::NONE, LuaOptions::new());
    let lua = lua.map_err(|error| load_failure(&error, &file))?;
    let chunk = lua.load(text).set_name(format!("@{file}")).set_mode(ChunkMode::Text);
    chunk.into_function().map_err(|error| load_failure(&error, &file))?;
    reject_hidden_code(&file, text)
}

/// Runs a test; the file continues with the next test even if it fails.
fn test(lua: &Lua, engines: &Rc<Engines>, name: &str, body: &Function) -> mlua::Result<()> {
    let host = &engines.meter;
    let Some(tests) = host.tests() else { return Ok(()) };
    if !tests.begin(name, caller(lua, host)) {
        return Ok(());
    }
    let engine = engines.of::<LuaEngine>(Language::Lua).map_err(Error::external)?;
    let Err(fault) = engine.protected(body, (), None) else {
        tests.end(Ok(()));
        return Ok(());
    };
    tests.end(Err(engine.explain(&fault, &host.file())));
    // A limit applies to the whole file.
    match is_final(fault.error(), host) {
        true => Err(Error::external(LuaStopped)),
        false => Ok(()),
    }
}
