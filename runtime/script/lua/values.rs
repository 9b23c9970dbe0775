//! What crosses between Lua and the core.

use std::collections::BTreeMap;

use mlua::{Error, Lua, Table, Value as LuaValue};

use super::bounds::Limited;
use crate::event::Site;
use crate::script::limits::{self, Limit};
use crate::script::meter::Metered;
use crate::types::{Secret, Value};

/// Whom values are given to, for messages.
pub(super) const PRIMITIVE: &str = "a primitive";

pub(super) fn to_lua(lua: &Lua, value: &Value) -> mlua::Result<LuaValue> {
    Ok(match value {
        Value::Unit => LuaValue::Nil,
        Value::Bool(value) => LuaValue::Boolean(*value),
        Value::Int(value) => LuaValue::Integer(*value),
        Value::Float(value) => LuaValue::Number(*value),
        Value::Text(text) => LuaValue::String(lua.create_string(text)?),
        Value::Secret(secret) => LuaValue::UserData(lua.create_userdata(secret.clone())?),
        Value::List(items) => {
            let table = lua.create_table_with_capacity(items.len(), 0)?;
            for item in items {
                table.push(to_lua(lua, item)?)?;
            }
            LuaValue::Table(table)
        }
        Value::Map(map) => {
            let table = lua.create_table_with_capacity(0, map.len())?;
            for (key, value) in map {
                table.set(key.as_str(), to_lua(lua, value)?)?;
            }
            LuaValue::Table(table)
        }
    })
}

/// Values that are nested without an end are stopped at a limit.
pub(super) fn nested<T>(values: mlua::Result<T>, host: &Metered, site: &Site) -> mlua::Result<T> {
    values.inspect_err(|error| {
        if error.downcast_ref::<Limited>().is_some() {
            host.exceed(Limit::Nesting);
            host.at(&site.file, site.line);
        }
    })
}

/// A value as plain data; `whom` it is given to is for messages.
pub(super) fn from_lua(value: &LuaValue, depth: usize, whom: &str) -> mlua::Result<Value> {
    if depth > limits::NESTING {
        return Err(Error::external(Limited));
    }
    Ok(match value {
        LuaValue::Nil => Value::Unit,
        LuaValue::Boolean(value) => Value::Bool(*value),
        LuaValue::Integer(value) => Value::Int(*value),
        LuaValue::Number(value) => Value::Float(*value),
        LuaValue::String(text) => Value::Text(text.to_str()?.to_owned()),
        LuaValue::UserData(data) if data.is::<Secret>() => {
            Value::Secret(data.borrow::<Secret>()?.clone())
        }
        LuaValue::Table(table) => from_table(table, depth + 1, whom)?,
        other => {
            let kind = other.type_name();
            return Err(Error::runtime(format!("a {kind} can't be given to {whom}")));
        }
    })
}

/// A table with elements is a list, one with names is a map; with both it is neither.
fn from_table(table: &Table, depth: usize, whom: &str) -> mlua::Result<Value> {
    let length = table.raw_len();
    let mut list = Vec::with_capacity(length);
    for item in table.sequence_values::<LuaValue>() {
        list.push(from_lua(&item?, depth, whom)?);
    }
    let mut map = BTreeMap::new();
    for pair in table.pairs::<LuaValue, LuaValue>() {
        match pair? {
            (LuaValue::Integer(index), _)
                if usize::try_from(index).is_ok_and(|i| (1..=length).contains(&i)) => {}
            (LuaValue::String(key), value) => {
                map.insert(key.to_str()?.to_owned(), from_lua(&value, depth, whom)?);
            }
            (key, _) => {
                let kind = key.type_name();
                return Err(Error::runtime(format!("a table with a {kind} as a key is no map")));
            }
        }
    }
    match (list.is_empty(), map.is_empty()) {
        (false, true) => Ok(Value::List(list)),
        (true, _) => Ok(Value::Map(map.into_iter().collect())),
        (false, false) => Err(Error::runtime("a table can't be a list and a map at once")),
    }
}
