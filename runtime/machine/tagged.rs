//! Reading data of which each part knows some tags.

use serde::de::DeserializeOwned;
use serde_json::{Error, Value};

/// The tag of a value.
pub(crate) fn tag<'a>(field: &str, value: &'a Value) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// Reads a value whose tag this type knows; `None` where the tag is one of another type.
pub(crate) fn by_tag<T: DeserializeOwned>(field: &str, value: &Value) -> Option<Result<T, Error>> {
    match T::deserialize(value) {
        Err(error) if is_foreign(field, value, &error) => None,
        read => Some(read),
    }
}

/// Whether reading failed at the tag itself.
fn is_foreign(field: &str, value: &Value, error: &Error) -> bool {
    tag(field, value)
        .is_some_and(|tag| error.to_string().starts_with(&format!("unknown variant `{tag}`")))
}
