//! Conversion of values between Lua and the core.

use std::collections::BTreeMap;
use std::fmt;

use mlua::{Error, Lua, Table, Value as LuaValue};

use crate::event::Site;
use crate::script::limits::Limit;
use crate::script::meter::Metered;
use crate::script::size_budget::SizeBudget;
use crate::types::{Secret, Value};

/// The receiver of values, for error messages.
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

/// The error for a value that exceeds the limits of values passed to the core.
#[derive(Debug, Clone, Copy)]
struct TooLarge(Limit);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for TooLarge {}

/// Reports the limit that a value exceeds, e.g. because it contains itself or the same value many
/// times.
pub(super) fn nested<T>(values: mlua::Result<T>, host: &Metered, site: &Site) -> mlua::Result<T> {
    values.inspect_err(|error| {
        if let Some(TooLarge(limit)) = error.downcast_ref() {
            host.exceed(*limit);
            host.at(&site.file, site.line);
        }
    })
}

/// Converts a value to plain data; `whom` is the receiver for error messages.
pub(super) fn from_lua(value: &LuaValue, receiver: &str) -> mlua::Result<Value> {
    convert(value, &mut SizeBudget::default(), receiver)
}

fn convert(value: &LuaValue, budget: &mut SizeBudget, receiver: &str) -> mlua::Result<Value> {
    let large = |limit| Error::external(TooLarge(limit));
    budget.count_value().map_err(large)?;
    Ok(match value {
        LuaValue::Nil => Value::Unit,
        LuaValue::Boolean(value) => Value::Bool(*value),
        LuaValue::Integer(value) => Value::Int(*value),
        LuaValue::Number(value) => Value::Float(*value),
        LuaValue::String(text) => {
            budget.count_string(text.as_bytes().len()).map_err(large)?;
            Value::Text(text.to_str()?.to_owned())
        }
        LuaValue::UserData(data) if data.is::<Secret>() => {
            Value::Secret(data.borrow::<Secret>()?.clone())
        }
        LuaValue::Table(table) => {
            budget.enter_nested().map_err(large)?;
            let value = from_table(table, budget, receiver)?;
            budget.leave_nested();
            value
        }
        other => {
            let kind = other.type_name();
            return Err(Error::runtime(format!("{receiver} does not accept a {kind}")));
        }
    })
}

/// Converts a table to a list if it has elements, or to a map if it has string keys; a table with
/// both is an error.
fn from_table(table: &Table, budget: &mut SizeBudget, receiver: &str) -> mlua::Result<Value> {
    let sealed = |with: &Table| matches!(with.raw_get("__metatable"), Ok(LuaValue::Boolean(false)));
    if table.metatable().as_ref().is_some_and(sealed) {
        return Err(Error::runtime(format!(
            "{receiver} does not accept a built-in table of gscript; a parameter with the same name \
             is params.NAME"
        )));
    }
    let length = table.raw_len();
    let mut list = Vec::new();
    for item in table.sequence_values::<LuaValue>() {
        list.push(convert(&item?, budget, receiver)?);
    }
    let mut map = BTreeMap::new();
    for pair in table.pairs::<LuaValue, LuaValue>() {
        match pair? {
            (LuaValue::Integer(index), _)
                if usize::try_from(index).is_ok_and(|i| (1..=length).contains(&i)) => {}
            (LuaValue::String(key), value) => {
                map.insert(key.to_str()?.to_owned(), convert(&value, budget, receiver)?);
            }
            (key, _) => {
                let kind = key.type_name();
                return Err(Error::runtime(format!("a table with a {kind} as a key is not a map")));
            }
        }
    }
    match (list.is_empty(), map.is_empty()) {
        (false, true) => Ok(Value::List(list)),
        (true, _) => Ok(Value::Map(map.into_iter().collect())),
        (false, false) => Err(Error::runtime("a table cannot be both a list and a map")),
    }
}
