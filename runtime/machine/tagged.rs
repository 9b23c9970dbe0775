//! Deserialization of tagged data whose tags are divided among the parts.

use serde::de::DeserializeOwned;
use serde_json::{Error, Value};

/// Returns the tag of a value.
pub(crate) fn tag<'a>(field: &str, value: &'a Value) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// Reads a value whose tag belongs to this type; `None` if the tag belongs to another type.
pub(crate) fn by_tag<T: DeserializeOwned>(field: &str, value: &Value) -> Option<Result<T, Error>> {
    match T::deserialize(value) {
        Err(error) if is_foreign(field, value, &error) => None,
        read => Some(read),
    }
}

/// Returns whether reading failed because of an unknown tag.
fn is_foreign(field: &str, value: &Value, error: &Error) -> bool {
    tag(field, value)
        .is_some_and(|tag| error.to_string().starts_with(&format!("unknown variant `{tag}`")))
}
