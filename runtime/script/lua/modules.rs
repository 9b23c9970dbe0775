//! Modules in either language as required by Lua scripts, and Lua modules as called from Rhai.

use crate::failure::Failure;
use std::any::Any;
use std::rc::{Rc, Weak};

use mlua::chunk::ChunkMode;
use mlua::{Error, Function, Lua, MultiValue, Table, Value as LuaValue};

use super::bounds::caller;
use super::driver::{load_failure, reject_hidden_code};
use super::engine::LuaEngine;
use super::errors::{Unknown, own_message};
use super::values::{from_lua, nested, to_lua};
use crate::event::Site;
use crate::script::engines::{CrossLanguageCall, Engines, Exports, ScriptEngine};
use crate::script::{Language, Module};
use crate::types::{Map, Value, nearest};

/// The receiver of values, for error messages.
const RECEIVER: &str = "a module in another language";

/// Creates the function `require`.
pub(super) fn require(lua: &Lua, engines: &Weak<Engines>) -> mlua::Result<Function> {
    let engines = Weak::clone(engines);
    lua.create_function(move |lua, name: String| {
        let engines = engines.upgrade().ok_or_else(|| unknown(&name, None))?;
        let module =
            engines.module(&name).ok_or_else(|| unknown(&name, nearest(&name, engines.names())))?;
        let engine = engines.of::<LuaEngine>(Language::Lua).map_err(Error::external)?;
        match module.language() {
            Language::Lua => engine.load(module),
            Language::Rhai => engine.foreign(lua, &engines, module),
        }
    })
}

fn unknown(name: &str, near: Option<&str>) -> Error {
    let remedy = Some(match near {
        Some(near) => format!("did you mean {near}?"),
        None => "modules are next to the recipe or bundled with gscript".into(),
    });
    Error::external(Unknown { what: "module", name: name.to_owned(), remedy })
}

impl LuaEngine {
    /// Returns the table of a Lua module, which is shared by all scripts that require it.
    fn load(&self, module: &Module) -> mlua::Result<Table> {
        if let Some(table) = self.loaded.borrow().get(&module.name) {
            return Ok(table.clone());
        }
        let file = module.file.as_str().into();
        let text = self.lua.load(module.text.as_str()).set_name(format!("@{}", module.file));
        let environment: Table = self.environment.call(())?;
        let text = text.set_mode(ChunkMode::Text).set_environment(environment);
        let text =
            text.into_function().map_err(|error| Error::external(load_failure(&error, &file)))?;
        reject_hidden_code(&file, &module.text).map_err(Error::external)?;
        let LuaValue::Table(table) = text.call(())? else {
            let why = "a module must return a table of its functions";
            return Err(Error::external(module_failure(module, why.into())));
        };
        self.loaded.borrow_mut().insert(module.name.clone(), table.clone());
        Ok(table)
    }

    /// Returns the table of a Rhai module, in which each function calls the other engine.
    fn foreign(&self, lua: &Lua, engines: &Rc<Engines>, module: &Module) -> mlua::Result<Table> {
        if let Some(table) = self.loaded.borrow().get(&module.name) {
            return Ok(table.clone());
        }
        let thrown = |error: Failure| Error::external(error);
        let exports = engines.exports(module).map_err(thrown)?;
        let table = lua.create_table()?;
        for (name, value) in &exports.data {
            table.set(name.as_str(), to_lua(lua, value)?)?;
        }
        for function in exports.functions {
            let (engines, module) = (Rc::downgrade(engines), module.clone());
            let name = function.clone();
            let call = lua.create_function(move |lua, values: MultiValue| {
                let Some(engines) = engines.upgrade() else { return Ok(LuaValue::Nil) };
                let host = &engines.meter;
                let site = caller(lua, host);
                let values = values.iter().map(|value| from_lua(value, RECEIVER));
                let values = nested(values.collect::<mlua::Result<Vec<Value>>>(), host, &site)?;
                let from = CrossLanguageCall { site, level: 0 };
                let value = engines.call(&module, &name, &values, from).map_err(thrown)?;
                to_lua(lua, &value)
            })?;
            table.set(function, call)?;
        }
        self.loaded.borrow_mut().insert(module.name.clone(), table.clone());
        Ok(table)
    }

    /// Returns the table of a Lua module, for the other language.
    fn table(&self, module: &Module) -> Result<Table, Failure> {
        let file = module.file.as_str().into();
        if let Some(table) = self.loaded.borrow().get(&module.name) {
            return Ok(table.clone());
        }
        let name = module.name.as_str();
        let table = self.protected(&self.require, name, None);
        let table = table.map_err(|fault| self.explain(&fault, &file))?;
        table.as_table().cloned().ok_or_else(|| module_failure(module, "not a module".into()))
    }
}

impl ScriptEngine for LuaEngine {
    /// Returns the exports of a Lua module, for Rhai.
    fn exports(&self, module: &Module) -> Result<Exports, Failure> {
        let failed = |error: Error| module_failure(module, own_message(&error));
        let (mut functions, mut data) = (Vec::new(), Map::new());
        for pair in self.table(module)?.pairs::<LuaValue, LuaValue>() {
            match pair.map_err(failed)? {
                (LuaValue::String(name), LuaValue::Function(_)) => {
                    functions.push(name.to_string_lossy());
                }
                (LuaValue::String(name), value) => {
                    let name = name.to_string_lossy();
                    let value = from_lua(&value, RECEIVER).map_err(|error| {
                        let why = own_message(&error);
                        module_failure(module, format!("{name}: {why}"))
                    })?;
                    data.push((name, value));
                }
                (key, _) => {
                    let kind = key.type_name();
                    let why = format!("a module's table must have string keys, not a {kind}");
                    return Err(module_failure(module, why));
                }
            }
        }
        functions.sort();
        data.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Exports { functions, data })
    }

    /// Calls a function of a Lua module.
    fn call(&self, module: &Module, function: &str, values: &[Value]) -> Result<Value, Failure> {
        let file = module.file.as_str().into();
        let failed = |error: Error| self.explain(&error.into(), &file);
        let body: Function = self.table(module)?.get(function).map_err(failed)?;
        let values = values.iter().map(|value| to_lua(&self.lua, value));
        let values = values.collect::<mlua::Result<MultiValue>>().map_err(failed)?;
        let value = self.protected(&body, values, None);
        let value = value.map_err(|fault| self.explain(&fault, &file))?;
        let place = Site { file: Rc::clone(&file), line: 0 };
        nested(from_lua(&value, RECEIVER), &self.host, &place).map_err(failed)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn module_failure(module: &Module, message: String) -> Failure {
    let site = Site { file: module.file.as_str().into(), line: 0 };
    Failure::of_script(message, site, None)
}
