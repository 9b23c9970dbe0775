//! The global environment of Lua scripts: primitives, chapters, and the standard library without
//! access to the system.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use mlua::{Error, Function, Lua, MultiValue, Table, Value as LuaValue};

use super::bounds::{caller, record_position};
use super::errors::Unknown;
use super::values::{PRIMITIVE, from_lua, nested, to_lua};
use crate::operation::spec::Spec;
use crate::script::meter::Metered;
use crate::script::{Language, domains, suggest_name};
use crate::types::Value;

const SEAL: &str = include_str!("seal.lua");

/// The names of variables, for suggestions on misspelled names.
pub(super) type VariableNames = Rc<RefCell<Vec<String>>>;

/// Adds `print`, `step` and the primitives to the globals of all scripts.
pub(super) fn fill(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let globals = lua.globals();
    let say = Rc::clone(host);
    let print = lua.create_function(move |lua, values: MultiValue| {
        let tostring: Function = lua.globals().get("tostring")?;
        let words = values
            .into_iter()
            .map(|value| tostring.call::<String>(value))
            .collect::<mlua::Result<Vec<String>>>()?;
        if !say.say(&words.join("\t")) {
            record_position(lua, &say);
        }
        Ok(())
    })?;
    globals.set("print", print)?;
    if host.tests().is_none() {
        let chapter = Rc::clone(host);
        let step = lua.create_function(move |_, title: String| {
            chapter.chapter(&title);
            Ok(())
        })?;
        globals.set("step", step)?;
    }
    register(lua, host)
}

fn register(lua: &Lua, host: &Metered) -> mlua::Result<()> {
    let specs: Rc<[&'static Spec]> = host.specs().into();
    let mut tables: BTreeMap<&str, Table> = BTreeMap::new();
    for (index, spec) in specs.iter().enumerate() {
        let domain = spec.domain();
        let table = match tables.get(domain) {
            Some(table) => table,
            None => tables.entry(domain).or_insert(lua.create_table()?),
        };
        let host = Rc::clone(host);
        let function =
            lua.create_function(move |lua, values: MultiValue| call(index, &host, lua, &values))?;
        table.set(spec.verb(), function)?;
    }
    for (domain, table) in tables {
        let meta = lua.create_table()?;
        let specs = Rc::clone(&specs);
        let unknown =
            lua.create_function(move |_, (_, verb): (Table, String)| -> mlua::Result<()> {
                let name = format!("{domain}.{verb}");
                let remedy = Some(suggest_name(&name, Language::Lua, &specs, []));
                Err(Error::external(Unknown { what: "function", name, remedy }))
            })?;
        meta.set("__index", unknown)?;
        table.set_metatable(Some(meta))?;
        lua.globals().set(domain, table)?;
    }
    Ok(())
}

fn call(index: usize, host: &Metered, lua: &Lua, values: &MultiValue) -> mlua::Result<LuaValue> {
    let site = caller(lua, host);
    let values =
        values.iter().map(|value| from_lua(value, PRIMITIVE)).collect::<mlua::Result<Vec<Value>>>();
    let values = nested(values, host, &site)?;
    match host.call(index, site, values) {
        Ok(value) => to_lua(lua, &value),
        Err(failure) => Err(Error::external(failure)),
    }
}

/// Protects built-in names from being replaced; returns the function that creates the environment
/// of a script.
pub(super) fn seal(lua: &Lua, host: &Metered, known: &VariableNames) -> mlua::Result<Function> {
    let libraries = ["string", "table", "math", "utf8"];
    let names: Vec<&str> = libraries.into_iter().chain(domains(&host.specs())).collect();
    let environment = lua.load(SEAL).set_name("=limits").call((lua.globals(), names))?;
    // Reading an undefined variable is an error instead of nil.
    let meta = lua.create_table()?;
    let (specs, known) = (host.specs(), Rc::clone(known));
    let unknown =
        lua.create_function(move |_, (_, name): (Table, LuaValue)| -> mlua::Result<()> {
            let name = name.to_string()?;
            let known = known.borrow();
            // A parameter that does not apply is nil.
            if known.contains(&name) {
                return Ok(());
            }
            let variables = known.iter().map(String::as_str);
            let remedy = Some(suggest_name(&name, Language::Lua, &specs, variables));
            Err(Error::external(Unknown { what: "variable", name, remedy }))
        })?;
    meta.set("__index", unknown)?;
    lua.globals().set_metatable(Some(meta))?;
    Ok(environment)
}
