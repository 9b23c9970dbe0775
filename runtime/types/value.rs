//! Values that are exchanged between a script and the core: plain data, and opaque secrets.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Secret, rhai_literal};

/// An ordered map: scripts see the keys in insertion order.
pub type Map = Vec<(String, Value)>;

/// A script value. Devices are represented by strings (their paths).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value: `()` in Rhai, `nil` in Lua.
    Unit,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Map),
    /// A passphrase or key, which is always printed as `***`.
    Secret(Secret),
}

impl Value {
    /// Returns the name of this kind of value for error messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unit => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Secret(_) => "a secret",
        }
    }

    /// Returns the entry of a map, if the value is a map and has the key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(map) => map.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns the string, if the value is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the value in the form in which it may be stored: a secret is replaced by its name.
    pub fn recorded(&self) -> serde_json::Value {
        match self {
            Self::Secret(secret) => serde_json::json!({ "secret": secret.name() }),
            Self::List(items) => items.iter().map(Self::recorded).collect(),
            Self::Map(map) => map.iter().map(|(k, value)| (k.clone(), value.recorded())).collect(),
            Self::Unit => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Float(value) => (*value).into(),
            Self::Text(text) => text.clone().into(),
        }
    }

    /// Converts any serializable output of a primitive.
    ///
    /// Outputs are plain structs, strings and numbers, which always serialize; if serialization
    /// failed nevertheless, the script would get a string with the reason.
    pub fn from_output(output: &impl Serialize) -> Self {
        match serde_json::to_value(output) {
            Ok(json) => json.into(),
            Err(error) => Self::Text(format!("unprintable: {error}")),
        }
    }
}

/// Formats the value in Rhai syntax.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit => f.write_str("()"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(text) => f.write_str(&rhai_literal(text)),
            Self::Secret(secret) => write!(f, "{secret}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(map) => {
                f.write_str("#{")?;
                for (index, (key, value)) in map.iter().enumerate() {
                    write!(f, "{} {key}: {value}", if index == 0 { "" } else { "," })?;
                }
                f.write_str(" }")
            }
        }
    }
}

/// Serializes secrets as `***`, so that no file format can contain one.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Int(value) => to.serialize_i64(*value),
            Self::Float(value) => to.serialize_f64(*value),
            Self::Text(text) => to.serialize_str(text),
            Self::Secret(secret) => to.collect_str(secret),
            Self::List(items) => to.collect_seq(items),
            Self::Map(map) => to.collect_map(map.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Unit,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(value),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(items) => {
                Self::List(items.into_iter().map(Self::from).collect())
            }
            serde_json::Value::Object(map) => {
                Self::Map(map.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_leak_through_any_format() {
        let value = Value::Map(vec![(
            "passphrase".into(),
            Value::List(vec![Value::Secret(Secret::new("luks", b"hunter2".to_vec()))]),
        )]);
        assert_eq!(value.to_string(), "#{ passphrase: [***] }");
        assert!(!format!("{value:?}").contains("hunter2"));
        let json = serde_json::to_string(&value).expect("plain data");
        assert_eq!(json, r#"{"passphrase":["***"]}"#);
    }
}
