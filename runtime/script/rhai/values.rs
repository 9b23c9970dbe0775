//! Conversion of values between Rhai and primitives, as plain data.

use rhai::{
    Array, Dynamic, EvalAltResult, ImmutableString, Map as RhaiMap, NativeCallContext, Position,
};

use super::thrown::{NESTED, Temporary};
use crate::script::limits::Limit;
use crate::script::size_budget::SizeBudget;
use crate::types::{Secret, Value};

pub(super) fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Unit => Dynamic::UNIT,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => text.clone().into(),
        Value::Secret(secret) => Dynamic::from(secret.clone()),
        Value::List(items) => items.iter().map(to_dynamic).collect::<Array>().into(),
        Value::Map(map) => map
            .iter()
            .map(|(key, value)| (key.as_str().into(), to_dynamic(value)))
            .collect::<RhaiMap>()
            .into(),
    }
}

/// Converts the arguments of a call.
pub(super) fn from_dynamics(
    values: &[Dynamic],
    context: &NativeCallContext<'_>,
    receiver: &str,
) -> Result<Vec<Value>, Temporary> {
    let values = values.iter().map(|value| from_dynamic(value, receiver));
    values.collect::<Result<_, Temporary>>().map_err(|mut thrown| {
        thrown.set_position(context.call_position());
        thrown
    })
}

/// Converts a value to plain data; `whom` is the receiver for error messages.
pub(super) fn from_dynamic(value: &Dynamic, receiver: &str) -> Result<Value, Temporary> {
    convert(value, &mut SizeBudget::default(), receiver)
}

#[expect(clippy::unnecessary_box_returns, reason = "Rhai's errors are boxed")]
fn too_large(limit: Limit) -> Temporary {
    let what = match limit {
        Limit::Nesting => NESTED,
        Limit::Text => "string",
        _ => "elements",
    };
    EvalAltResult::ErrorDataTooLarge(what.into(), Position::NONE).into()
}

fn convert(value: &Dynamic, budget: &mut SizeBudget, receiver: &str) -> Result<Value, Temporary> {
    budget.count_value().map_err(too_large)?;
    if value.is_unit() {
        return Ok(Value::Unit);
    }
    if let Ok(value) = value.as_bool() {
        return Ok(Value::Bool(value));
    }
    if let Ok(value) = value.as_int() {
        return Ok(Value::Int(value));
    }
    if let Ok(value) = value.as_float() {
        return Ok(Value::Float(value));
    }
    if let Ok(value) = value.as_char() {
        return Ok(Value::Text(value.to_string()));
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        budget.count_string(text.len()).map_err(too_large)?;
        return Ok(Value::Text(text.to_string()));
    }
    if let Some(items) = value.read_lock::<Array>() {
        budget.enter_nested().map_err(too_large)?;
        let items =
            items.iter().map(|item| convert(item, budget, receiver)).collect::<Result<_, _>>()?;
        budget.leave_nested();
        return Ok(Value::List(items));
    }
    if let Some(map) = value.read_lock::<RhaiMap>() {
        budget.enter_nested().map_err(too_large)?;
        let entries =
            map.iter().map(|(key, value)| Ok((key.to_string(), convert(value, budget, receiver)?)));
        let entries = entries.collect::<Result<_, Temporary>>()?;
        budget.leave_nested();
        return Ok(Value::Map(entries));
    }
    if let Some(secret) = value.read_lock::<Secret>() {
        return Ok(Value::Secret(secret.clone()));
    }
    let text = format!("{receiver} does not accept a value of type {}", value.type_name());
    Err(EvalAltResult::ErrorRuntime(text.into(), Position::NONE).into())
}
