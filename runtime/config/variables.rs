//! Variables and their values, as passed by a recipe for a file of assignments.

use std::collections::BTreeMap;

use super::{portage, shell};
use crate::types::{ConfText, Mismatch, ParamType, ParamValue, Value};

/// Decodes a map of names and values; each value is decoded by `accept`.
fn decode<T>(
    ty: &ParamType,
    value: &Value,
    accept: impl Fn(&Value) -> Result<T, Mismatch>,
) -> Result<BTreeMap<String, T>, Mismatch> {
    let map = match value {
        Value::Map(map) => map.as_slice(),
        // Lua has no distinct empty map: an empty table may arrive as an empty list.
        Value::List(list) if list.is_empty() => &[],
        other => return Err(Mismatch::kind(ty, other)),
    };
    let entry = |(name, value): &(String, Value)| {
        if !shell::is_name(name) || name.len() > 255 {
            let fault = "a variable name of letters, digits and _ that does not begin with a digit";
            return Err(Mismatch::refused(ty, name, fault));
        }
        let value = accept(value).map_err(|mismatch| mismatch.inside(&format!(".{name}")))?;
        Ok((name.clone(), value))
    };
    map.iter().map(entry).collect()
}

/// Variables of a file that is read by a shell, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfVariables(BTreeMap<String, ConfText>);

impl ConfVariables {
    /// Returns the names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl ParamValue for ConfVariables {
    const TYPE: ParamType =
        ParamType::new("variables", "a map from variable names to single-line strings");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        decode(&Self::TYPE, value, ConfText::decode).map(Self)
    }

    fn encode(&self) -> Value {
        Value::Map(self.0.iter().map(|(name, value)| (name.clone(), value.encode())).collect())
    }
}

/// Variables of make.conf, by name. Portage parses the file with Python's shlex, so syntax that
/// only a shell supports is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeConfVariables(BTreeMap<String, String>);

impl MakeConfVariables {
    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the names and the values as written to the file, including quotes.
    pub fn quoted(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(name, value)| (name.as_str(), format!("\"{value}\"")))
    }
}

impl ParamValue for MakeConfVariables {
    const TYPE: ParamType = ParamType::new(
        "variables",
        "a map from variable names to single-line strings that Portage understands",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let accept = |value: &Value| {
            let text = ConfText::decode(value)?;
            match portage::fault(&text) {
                None => Ok(text.to_string()),
                Some(why) => Err(Mismatch::refused(&Self::TYPE, &text, &why.to_string())),
            }
        };
        decode(&Self::TYPE, value, accept).map(Self)
    }

    fn encode(&self) -> Value {
        let entry = |(name, value): (&String, &String)| (name.clone(), Value::from(value.as_str()));
        Value::Map(self.0.iter().map(entry).collect())
    }
}
